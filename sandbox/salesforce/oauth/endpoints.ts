import type { IncomingHttpHeaders } from 'node:http';
import type { Sandbox } from '../sandbox.ts';
import { renderDatetime } from '../rest/render.ts';
import type { Reply } from '../rest/request.ts';
import { notFound } from '../rest/rest-error.ts';
import { checkGrant, sameSecret } from './grants.ts';
import { OauthError } from './oauth-error.ts';

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

/** An OAuth endpoint. `endpoint` is its name in the request log. */
export interface OauthRoute {
  endpoint: string;
  run(request: OauthRequest): Promise<Reply> | Reply;
}

/** Finds the OAuth or identity endpoint of a path. */
export function findOauthRoute(method: string, segments: readonly string[]): OauthRoute | undefined {
  const path = segments.join('/');
  if (path === 'services/oauth2/token' && method === 'POST')
    return { endpoint: 'POST /services/oauth2/token', run: issueToken };
  if (path === 'services/oauth2/revoke')
    return { endpoint: `${method} /services/oauth2/revoke`, run: revokeToken };
  if (path === 'services/oauth2/userinfo')
    return { endpoint: `${method} /services/oauth2/userinfo`, run: userInfo };
  if (segments[0] === 'id' && segments.length === 3)
    return { endpoint: `${method} /id/{organization}/{user}`, run: identity };
  return undefined;
}

async function issueToken(request: OauthRequest): Promise<Reply> {
  const { sandbox } = request;
  const { credentials, clock } = sandbox;
  const form = readForm(request);
  const grant = await checkGrant(
    { credentials, clock, loginUrl: sandbox.url, refreshTokenValid: () => sandbox.refreshTokenValid },
    form,
  );
  const session = sandbox.sessions.open(sandbox.users.integration);
  const body: Record<string, unknown> = {
    access_token: session.token,
    scope: 'refresh_token api id',
    instance_url: sandbox.url,
    id: `https://login.salesforce.com/id/${credentials.organizationId}/${session.userId}`,
    token_type: 'Bearer',
  };
  // The assertion flow answers without these two; no flow here hands out a new refresh token.
  if (!grant.includes('jwt-bearer'))
    Object.assign(body, { issued_at: String(clock.ms()), signature: signature(session.token) });
  return { status: 200, body, records: 0 };
}

function signature(token: string): string {
  return Buffer.from(token.slice(-32)).toString('base64');
}

/** Revokes an access token, or the refresh token and with it every access token. */
function revokeToken(request: OauthRequest): Reply {
  const { sandbox } = request;
  const token = request.method === 'GET' ? request.query.get('token') : readForm(request).get('token');
  if (token !== null && sameSecret(token, sandbox.credentials.refreshToken) && sandbox.refreshTokenValid) {
    sandbox.refreshTokenValid = false;
    sandbox.journal.append({ t: 'refresh-revoked' });
    sandbox.sessions.revokeAll();
    return { status: 200, records: 0 };
  }
  if (token === null || !sandbox.sessions.revoke(token))
    throw new OauthError('unsupported_token_type', 'this token type is not supported');
  return { status: 200, records: 0 };
}

function userInfo(request: OauthRequest): Reply {
  const user = currentUser(request);
  const { sandbox } = request;
  const organizationId = sandbox.credentials.organizationId;
  const body = {
    sub: `https://login.salesforce.com/id/${organizationId}/${user.id}`,
    user_id: user.id,
    organization_id: organizationId,
    preferred_username: user.username,
    nickname: user.nickname,
    name: user.name,
    email: user.email,
    email_verified: true,
    zoneinfo: 'UTC',
    language: 'en_US',
    active: true,
    user_type: 'STANDARD',
    urls: urls(sandbox.url, organizationId, user.id),
  };
  return { status: 200, body, records: 0 };
}

function identity(request: OauthRequest): Reply {
  const user = currentUser(request);
  const { sandbox } = request;
  const organizationId = sandbox.credentials.organizationId;
  if (request.segments[1] !== organizationId || request.segments[2] !== user.id) throw notFound();
  const photo = `${sandbox.url}/profilephoto/005/F`;
  const body = {
    id: `https://login.salesforce.com/id/${organizationId}/${user.id}`,
    asserted_user: true,
    user_id: user.id,
    organization_id: organizationId,
    username: user.username,
    nick_name: user.nickname,
    display_name: user.name,
    email: user.email,
    first_name: null,
    last_name: user.name,
    photos: { picture: photo, thumbnail: photo },
    urls: urls(sandbox.url, organizationId, user.id),
    active: true,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: 0,
    last_modified_date: renderDatetime(user.modifiedAt),
    is_app_installed: true,
  };
  return { status: 200, body, records: 0 };
}

function urls(base: string, organizationId: string, userId: string): Record<string, string> {
  const data = `${base}/services/data/v{version}/`;
  return {
    rest: data,
    sobjects: `${data}sobjects/`,
    query: `${data}query/`,
    search: `${data}search/`,
    profile: `${base}/${userId}`,
    enterprise: `${base}/services/Soap/c/{version}/${organizationId.slice(0, 15)}`,
    partner: `${base}/services/Soap/u/{version}/${organizationId.slice(0, 15)}`,
  };
}

function currentUser(request: OauthRequest) {
  const { sandbox, headers, query } = request;
  const token = bearerToken(headers['authorization']) ?? query.get('oauth_token') ?? '';
  const session = sandbox.sessions.find(token);
  if (session === undefined) throw new OauthError('invalid_token', 'Bad_OAuth_Token', 403);
  const row = sandbox.org.table('User').get(session.userId);
  return {
    id: session.userId,
    username: String(row?.['Username']),
    nickname: String(row?.['Alias']),
    name: String(row?.['Name']),
    email: String(row?.['Email']),
    modifiedAt: Number(row?.['LastModifiedDate']),
  };
}

/** The token of an `Authorization` header, under either scheme the vendor takes. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(header ?? '')?.[1];
}

function readForm(request: OauthRequest): URLSearchParams {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    throw new OauthError('invalid_request', 'must be application/x-www-form-urlencoded');
  }
  return new URLSearchParams(request.body.toString());
}
