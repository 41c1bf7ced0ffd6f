import { inItsWords, SyncError } from '../../crm/sync-error.ts';

/** A login that came to nothing; the message is for the person, and nothing was changed. */
export class AuthorizationRefused extends Error {
  override readonly name = 'AuthorizationRefused';
}

/** What a vendor or its connector refused, as a message for the person; any other failure as it is. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof SyncError)) return error;
  const { nextStep } = error.details;
  return new AuthorizationRefused(`${inItsWords(error.details)}. ${nextStep ?? 'Begin again.'}`, {
    cause: error,
  });
}

/** What a vendor's redirect says instead of a code (RFC 6749, 4.1.2.1), in plain words. */
export function declined(
  label: string,
  error: string,
  description: string | undefined,
): AuthorizationRefused {
  const reason = reasons[error] ?? `${label} answered "${(description ?? error).slice(0, 200)}".`;
  return new AuthorizationRefused(`${reason} Nothing was changed; begin again when that is settled.`);
}

const reasons: Readonly<Record<string, string>> = {
  access_denied: 'Access was declined, by the person who logged in or by a policy of the app.',
  inactive_user: 'This user is deactivated and cannot log in.',
  inactive_org: 'This org is locked, closed or suspended.',
  redirect_uri_mismatch: 'The callback address is not registered in the app.',
};
