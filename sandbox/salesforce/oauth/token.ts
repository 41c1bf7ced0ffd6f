import { createHmac } from 'node:crypto';
import type { Reply } from '../rest/request.ts';
import type { Sandbox } from '../sandbox.ts';
import { checkClient } from './client.ts';
import { checkGrant } from './grants.ts';
import { OauthError } from './oauth-error.ts';
import { readForm } from './read-form.ts';
import type { OauthRequest } from './oauth-request.ts';

/** `POST /services/oauth2/token` */
export async function issueToken(request: OauthRequest): Promise<Reply> {
  const { sandbox } = request;
  const granted = await checkGrant(sandbox, readForm(request));
  const { parent, scope, userId } = granted;
  const session = sandbox.sessions.open(userId, {
    scope,
    ...(parent === undefined ? {} : { family: parent.family }),
  });
  const id = identityUrl(sandbox, userId);
  const issuedAt = String(sandbox.clock.ms());
  const body = {
    access_token: session.token,
    ...(granted.refreshToken === undefined ? {} : { refresh_token: granted.refreshToken }),
    scope,
    instance_url: sandbox.url,
    id,
    token_type: 'Bearer',
    ...(granted.signed ? { issued_at: issuedAt, signature: sign(sandbox, id + issuedAt) } : {}),
  };
  return { status: 200, body, records: 0 };
}

/** The user's identity as tokens name it: always at the vendor's own login host, which is where clients expect `https`. */
export function identityUrl(sandbox: Sandbox, userId: string): string {
  return `https://login.salesforce.com/id/${sandbox.credentials.organizationId}/${userId}`;
}

function sign(sandbox: Sandbox, text: string): string {
  return createHmac('sha256', sandbox.credentials.clientSecret).update(text).digest('base64');
}

/** `POST` or `GET /services/oauth2/revoke`: ends an access token, or a refresh token with all that came from it. */
export function revokeToken(request: OauthRequest): Reply {
  const { sandbox } = request;
  const token = readForm(request).get('token') ?? '';
  const refresh = sandbox.oauth.refreshTokens.find(token);
  if (refresh !== undefined) {
    sandbox.oauth.refreshTokens.revokeFamily(refresh.family);
    sandbox.sessions.revokeFamily(refresh.family);
  } else if (!sandbox.sessions.revoke(token)) {
    throw new OauthError('unsupported_token_type', 'this token type is not supported');
  }
  return { status: 200, records: 0 };
}

/** `POST /services/oauth2/introspect` (RFC 7662): what a token of this app is worth. */
export function introspect(request: OauthRequest): Reply {
  const { sandbox } = request;
  const form = readForm(request);
  checkClient(sandbox, form, 'required');
  return { status: 200, body: introspected(sandbox, form.get('token') ?? ''), records: 0 };
}

function introspected(sandbox: Sandbox, token: string): Record<string, unknown> {
  const session = sandbox.sessions.find(token);
  const refresh = sandbox.oauth.refreshTokens.find(token);
  const userId = session?.userId ?? (refresh?.rotated === false ? refresh.userId : undefined);
  if (userId === undefined) return { active: false };
  return {
    active: true,
    scope: session?.scope ?? refresh?.scope ?? 'api',
    client_id: sandbox.credentials.clientId,
    username: sandbox.org.table('User').get(userId)?.['Username'],
    sub: identityUrl(sandbox, userId),
    token_type: session === undefined ? 'refresh_token' : 'access_token',
    ...(session === undefined ? {} : { exp: Math.floor(session.expiresAt / 1000) }),
  };
}
