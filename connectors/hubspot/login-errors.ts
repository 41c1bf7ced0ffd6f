/** SyncErrors of logging in to HubSpot; nothing was asked of the portal's records yet. */
import { SyncError } from '../../src/crm/sync-error.ts';
import type { Answer } from './client.ts';
import { RECONNECT_STEP, type CallSite } from './error-verdicts.ts';
import { fromRefusal, fromUnreadableAnswer, make, said } from './errors.ts';
import { VendorError } from './schema.ts';

export const connecting: CallSite = { stage: 'connect', write: false };

const APP_STEP =
  "Put the app's client id and client secret (its Auth page in HubSpot) into .env, start again, then connect the portal.";

/**
 * The token endpoint refused us: only a person can help. Two bodies were seen for one fault (`BAD_REFRESH_TOKEN` and
 * `invalid_grant`: facts, Auth), so what is not about the app itself is taken for a login that has ended. What is not in
 * HubSpot's words comes from something in between and says nothing about the login.
 */
export function refusedToken(answer: Answer): SyncError {
  const error = VendorError.safeParse(answer.json).data;
  const code = `${error?.status ?? ''} ${error?.error ?? ''} ${error?.category ?? ''}`.trim();
  if (answer.status < 400) return fromUnreadableAnswer({ ...answer, text: '' }, connecting, 'token');
  if (answer.status >= 500 || answer.status === 429 || error === undefined || code === '')
    return notAboutTheLogin(answer);
  const isApp = /BAD_CLIENT|INVALID_CLIENT/i.test(code);
  return make(connecting, {
    kind: 'auth-expired',
    plain: isApp
      ? 'HubSpot does not know this client id, or not with this client secret'
      : 'HubSpot no longer accepts the refresh token: the app was uninstalled or its credentials changed',
    nextStep: isApp ? APP_STEP : RECONNECT_STEP,
    httpStatus: answer.status,
    ...said(error, answer.text),
  });
}

/** The token endpoint refused a code: it was used, is too old, or the address of return differs. */
export function refusedCode(answer: Answer): SyncError {
  const refused = refusedToken(answer);
  if (refused.kind !== 'auth-expired' || refused.details.nextStep === APP_STEP) return refused;
  return new SyncError({
    ...refused.details,
    plain: 'HubSpot did not take the code of this login',
    nextStep: 'Begin again, and check that the redirect URL of the app is exactly the one you came back to.',
  });
}

function notAboutTheLogin(answer: Answer): SyncError {
  const error = fromRefusal(answer, connecting);
  if (error.kind !== 'auth-expired' && error.kind !== 'bug') return error;
  const plain = `something between here and HubSpot answered ${answer.status} to the login`;
  return make(connecting, { kind: 'unavailable', plain, httpStatus: answer.status });
}

/** The refusal of a token that was perhaps replaced by a newer one, which nobody has. */
export function refusedAfterInterruption(refused: SyncError): SyncError {
  const { plain } = refused.details;
  return new SyncError({
    ...refused.details,
    plain: `${plain}; or a renewal whose outcome was lost (a process ended, or no answer came) has replaced it`,
    cause: refused,
  });
}

/** A renewed login could not be stored; going on would lose it with this process. */
export function renewalNotStored(cause: unknown): SyncError {
  const plain = 'the refresh token that HubSpot renewed could not be stored';
  return make(connecting, { kind: 'unavailable', plain, cause });
}

/** Nobody has logged in yet. */
export function neverConnected(): SyncError {
  return make(connecting, {
    kind: 'auth-expired',
    plain: 'nobody has connected HubSpot yet',
    nextStep: 'Connect it: tributary connect hubspot, or the button on the page.',
  });
}

/** A private app's token or a service key was answered with 401: nothing renews it. */
export function refusedStaticToken(refused: SyncError): SyncError {
  return new SyncError({
    ...refused.details,
    plain:
      'HubSpot refuses the token: the private app or service key was deactivated, deleted or its token rotated',
    nextStep: 'Put its current token into HUBSPOT_PRIVATE_APP_TOKEN in .env and start again.',
    cause: refused,
  });
}

/** The login went through, and its answer does not say to which portal. */
export function unnamedPortal(): SyncError {
  return make(connecting, {
    kind: 'unavailable',
    plain: 'HubSpot did not say which portal was logged in to, so nothing was stored',
    nextStep: 'Begin again.',
  });
}

/** The person let us in, but not for longer than this token. */
export function grantsNoRenewal(): SyncError {
  return make(connecting, {
    kind: 'unavailable',
    plain: 'HubSpot gave no refresh token, so this login would end within the hour; nothing was stored',
    nextStep: 'Begin again.',
  });
}

/** Logging in through an app is asked for, and what is configured is no app. */
export function isNoApp(): SyncError {
  return make(connecting, {
    kind: 'auth-expired',
    plain: 'this connection uses the token of a private app or a service key, which nobody logs in with',
    nextStep:
      'Put another token into HUBSPOT_PRIVATE_APP_TOKEN; or leave it out and set HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET of an OAuth app, start again, and connect.',
  });
}

/** HubSpot exchanges no code without the app's secret. */
export function lacksClientSecret(): SyncError {
  return make(connecting, {
    kind: 'auth-expired',
    plain: 'the client secret of the HubSpot app is not known',
    nextStep: APP_STEP,
  });
}
