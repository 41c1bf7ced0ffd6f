import { authorize } from './authorize.ts';
import { identity, userInfo } from './identity.ts';
import type { OauthRoute } from './oauth-request.ts';
import { introspect, issueToken, revokeToken } from './token.ts';

const ROUTES: Readonly<Record<string, OauthRoute['run']>> = {
  'POST token': issueToken,
  'POST revoke': revokeToken,
  'GET revoke': revokeToken,
  'POST introspect': introspect,
  'GET userinfo': userInfo,
  'POST userinfo': userInfo,
  'GET authorize': authorize,
  'POST authorize': authorize,
};

/** Finds the OAuth or identity endpoint of a path. */
export function findOauthRoute(method: string, segments: readonly string[]): OauthRoute | undefined {
  if (segments[0] === 'services' && segments[1] === 'oauth2' && segments.length === 3) {
    const run = ROUTES[`${method} ${segments[2] ?? ''}`];
    return run === undefined ? undefined : { endpoint: `${method} /${segments.join('/')}`, run };
  }
  const isIdentity = segments[0] === 'id' && segments.length === 3 && (method === 'GET' || method === 'POST');
  return isIdentity ? { endpoint: `${method} /id/{organization}/{user}`, run: identity } : undefined;
}
