/** SyncErrors of logging in to Salesforce; nothing was asked of the org's records yet. */
import { SyncError } from '../../src/crm/sync-error.ts';
import { meaningOfStatus, type Meaning } from './error-codes.ts';
import { refusedCall } from './errors.ts';
import { build, clean, retryAfter, type Answer, type Purpose } from './make-error.ts';
import { TokenRefusal } from './schema.ts';

/** The token endpoint refused us: only a person can help. Anything else there leaves the call itself unsent. */
export function refusedToken(answer: Answer, purpose: Purpose): SyncError {
  const refusal = TokenRefusal.safeParse(answer.body);
  if (answer.status >= 500 || answer.status === 429 || !refusal.success) {
    const meaning = answer.status < 400 ? meaningOfStatus(502) : meaningOfStatus(answer.status);
    return build(meaning, purpose, { httpStatus: answer.status, ...retryAfter(answer) });
  }
  const meaning: Meaning = {
    kind: 'auth-expired',
    plain: `Salesforce refused to log us in (${refusal.data.error})`,
    nextStep:
      'Connect it again: tributary connect salesforce, or the button on the page. With a signed login, check the app, the user and the certificate.',
  };
  return build(meaning, purpose, {
    httpStatus: answer.status,
    vendorCode: refusal.data.error,
    ...(refusal.data.error_description === undefined
      ? {}
      : { vendorMessage: clean(refusal.data.error_description) }),
  });
}

/** The refusal of a token that was perhaps replaced by a newer one, which nobody has. */
export function refusedAfterInterruption(refused: SyncError): SyncError {
  const { plain } = refused.details;
  return new SyncError({
    ...refused.details,
    plain: `${plain}, after a renewal whose outcome was lost (a process ended, or no answer came): where Salesforce replaces refresh tokens, the new one is lost with it`,
    cause: refused,
  });
}

/** Nobody has logged in yet. */
export function neverConnected(purpose: Purpose): SyncError {
  const meaning: Meaning = {
    kind: 'auth-expired',
    plain: 'nobody has connected Salesforce yet',
    nextStep: 'Connect it: tributary connect salesforce, or the button on the page.',
  };
  return build(meaning, purpose, {});
}

/** A one-time login cannot be renewed. */
export function endedSession(purpose: Purpose): SyncError {
  const meaning: Meaning = {
    kind: 'auth-expired',
    plain: 'the one-time login has ended',
    nextStep: 'Run the command again and log in again.',
  };
  return build(meaning, purpose, {});
}

/** The person let us in, but not for longer than this session. */
export function grantsNoRenewal(purpose: Purpose): SyncError {
  const meaning: Meaning = {
    kind: 'auth-expired',
    plain: 'Salesforce granted no lasting access (no refresh token)',
    nextStep:
      'Give the app the scope "Perform requests at any time (refresh_token, offline_access)" and let its refresh tokens last, then connect again.',
  };
  return build(meaning, purpose, {});
}

/** A login that succeeded but names a server outside Salesforce: nothing is sent there. */
export function untrustedInstance(host: string, purpose: Purpose): SyncError {
  return build(
    {
      kind: 'auth-expired',
      plain: `the login answer points to ${host}, which is not a Salesforce address`,
      nextStep: 'Check the login URL of the connection.',
    },
    purpose,
    {},
  );
}

/** A freshly issued token was refused. Once may be a race with a revocation, again and again is a lost permission. */
export function refusedSession(answer: Answer, purpose: Purpose, again: boolean): SyncError {
  const refused = refusedCall(answer, purpose);
  if (again) return refused;
  return build({ kind: 'unavailable', plain: 'Salesforce refused a session it had just issued' }, purpose, {
    httpStatus: answer.status,
  });
}
