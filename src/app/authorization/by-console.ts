import { addressToOpen, flowOf, loadAuthorizable, type AuthorizingApp } from './connection-to-authorize.ts';
import { keepPending, takePending } from './pending.ts';
import { AuthorizationRefused, declined } from './refused.ts';
import { redeemAndStore, type Connected } from './store-login.ts';

/** Where vendors send people back to, of the server at `publicUrl`. To be registered in the app. */
export function callbackUrl(publicUrl: string, vendor: string): string {
  return `${publicUrl}/oauth/${vendor}/callback`;
}

/** Begins a login through this server. @returns the address to open, good for ten minutes and one try */
export async function beginAuthorization(
  app: AuthorizingApp,
  connectionId: string,
  publicUrl: string,
): Promise<{ url: string; redirectUri: string; expiresAt: Date }> {
  const target = await loadAuthorizable(app, connectionId);
  const redirectUri = callbackUrl(publicUrl, target.row.vendor);
  const errand = { connectionId, redirectUri, app: target.app };
  const { state, challenge, expiresAt } = await keepPending(app.db, app.keyring, errand, app.clock.now());
  const url = addressToOpen(target, {
    app: target.app,
    redirectUri,
    state,
    challenge,
    lasting: true,
  });
  return { url, redirectUri, expiresAt };
}

export interface Callback {
  state?: string | undefined;
  code?: string | undefined;
  error?: string | undefined;
  error_description?: string | undefined;
}

/** Ends it: the person is back. @throws AuthorizationRefused, in words for that person */
export async function finishAuthorization(
  app: AuthorizingApp,
  vendor: string,
  callback: Callback,
): Promise<Connected> {
  const { definition } = flowOf(app, vendor);
  const errand = await takePending(app.db, app.keyring, callback.state ?? '', app.clock.now());
  if (callback.error !== undefined)
    throw declined(definition.label, callback.error, callback.error_description);
  if (callback.code === undefined)
    throw new AuthorizationRefused(`${definition.label} sent neither a code nor a reason. Begin again.`);
  const target = await loadAuthorizable(app, errand.connectionId);
  if (target.row.vendor !== vendor) throw new AuthorizationRefused('This login was begun for another CRM.');
  const { code } = callback;
  const { verifier, redirectUri } = errand;
  return redeemAndStore(app, target, { app: errand.app, redirectUri, code, verifier });
}
