import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from '../rest/request.ts';
import type { Sandbox } from '../sandbox.ts';
import { authorize } from './authorize.ts';
import { identity, userInfo } from './identity.ts';
import { introspect, issueToken, revokeToken } from './token.ts';

/** A request outside the data API. */
export interface OauthRequest {
  sandbox: Sandbox;
  requestId: string;
  method: string;
  segments: readonly string[];
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** An endpoint outside the data API. `endpoint` is its name in the request log. */
export interface OauthRoute {
  endpoint: string;
  run(request: OauthRequest): Promise<Reply> | Reply;
}

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
