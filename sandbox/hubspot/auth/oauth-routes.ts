import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Call, Route } from '../http/call.ts';
import { readJson } from '../http/read-json.ts';
import { notFound, VendorError, type Answer } from '../http/vendor-error.ts';
import { OAUTH_VERSIONS } from '../http/paths.ts';
import { authorisePageRoutes } from './authorise-page.ts';
import { DEVELOPER_SCOPES } from './developer-scopes.ts';
import { accessInfo, refreshInfo, signedToken, USER_ID } from './token-info.ts';
import { TOKEN_LIFETIME_MS } from './tokens.ts';

const open = { scopes: () => [], authenticated: false, limit: 'none' } as const;

/** Token endpoints: in every version, info by path in v1, introspection and revocation from v3 on; the page before them. */
export function oauthRoutes(): Route[] {
  const later = OAUTH_VERSIONS.filter((version) => version !== 'v1');
  return [
    ...OAUTH_VERSIONS.map((version) => post(`/oauth/${version}/token`, (call) => token(call, version))),
    ...later.map((version) => post(`/oauth/${version}/token/introspect`, introspect)),
    ...later.map((version) => post(`/oauth/${version}/token/revoke`, revoke)),
    { ...open, method: 'GET', pattern: '/oauth/v1/access-tokens/{token}', handle: accessTokenInfo },
    { ...open, method: 'GET', pattern: '/oauth/v1/refresh-tokens/{token}', handle: refreshTokenInfo },
    { ...open, method: 'DELETE', pattern: '/oauth/v1/refresh-tokens/{token}', handle: deleteRefreshToken },
    post('/oauth/v2/private-apps/get/access-token-info', staticTokenInfo),
    ...authorisePageRoutes(),
  ];
}

function post(pattern: string, handle: Route['handle']): Route {
  return { ...open, method: 'POST', pattern, handle };
}

const formSchema = z.object({
  grant_type: z.string().optional(),
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  refresh_token: z.string().optional(),
  code: z.string().optional(),
  code_verifier: z.string().optional(),
  redirect_uri: z.string().optional(),
  scope: z.string().optional(),
  token: z.string().optional(),
});
type Form = z.infer<typeof formSchema>;

function token(call: Call, version: string): Answer {
  const form = readForm(call);
  switch (form.grant_type) {
    case 'refresh_token':
      return refresh(call, form, version);
    case 'authorization_code':
      return exchangeCode(call, form);
    case 'client_credentials':
      return developerToken(call, form);
    default:
      throw refused('BAD_GRANT_TYPE', 'missing or unknown grant type');
  }
}

function refresh(call: Call, form: Form, version: string): Answer {
  checkClient(call, form);
  const scopes = call.sandbox.tokens.refreshScopes(form.refresh_token ?? '');
  if (scopes === undefined) throw badRefresh(call, version);
  return tokenAnswer(call, scopes, form.refresh_token as string);
}

/** The redirect URI has to be the one that the code was asked for with, and a code is good once. */
function exchangeCode(call: Call, form: Form): Answer {
  checkClient(call, form);
  const { codes, tokens } = call.sandbox;
  const consent = codes.redeem(form.code ?? '', form.redirect_uri, form.code_verifier);
  if (consent === undefined) throw refused('BAD_AUTH_CODE', 'missing or unknown auth code');
  return tokenAnswer(call, consent.scopes, tokens.install(consent.scopes));
}

function tokenAnswer(call: Call, scopes: readonly string[], refreshToken: string): Answer {
  const grant = call.sandbox.tokens.issue('oauth', scopes);
  return {
    status: 200,
    json: {
      token_type: 'bearer',
      token_use: 'access_token',
      refresh_token: refreshToken,
      access_token: grant.token,
      expires_in: TOKEN_LIFETIME_MS / 1000,
      hub_id: call.sandbox.portal.portalId,
      user_id: USER_ID,
      scopes,
    },
  };
}

/** For what belongs to the app and not to a portal: the webhooks journal. */
function developerToken(call: Call, form: Form): Answer {
  checkClient(call, form);
  const scopes = (form.scope ?? '').split(/\s+/).filter((scope) => scope !== '');
  const allowed = [...DEVELOPER_SCOPES, ...call.sandbox.settings.scopes];
  const beyond = scopes.filter((scope) => !allowed.includes(scope));
  if (scopes.length === 0 || beyond.length > 0) {
    throw refused('BAD_SCOPE', `missing or unknown scope: ${beyond.join(' ')}`);
  }
  const grant = call.sandbox.tokens.issue('developer', scopes);
  return {
    status: 200,
    json: {
      token_type: 'bearer',
      token_use: 'client_credentials',
      access_token: grant.token,
      expires_in: TOKEN_LIFETIME_MS / 1000,
      scopes,
    },
  };
}

/** Two bodies were seen for one fault, and no recording decides between them (facts: Auth). */
function badRefresh(call: Call, version: string): VendorError {
  const choice = call.sandbox.settings.badRefreshBody;
  const oauthBody = choice === 'oauth' || (choice === 'by-version' && version !== 'v1');
  if (!oauthBody) return refused('BAD_REFRESH_TOKEN', 'missing or invalid refresh token');
  const message = 'missing or invalid refresh token';
  return oauthError({ error: 'invalid_grant', error_description: message, message }, 'invalid_grant');
}

function checkClient(call: Call, form: Form): void {
  const { clientId, clientSecret } = call.sandbox.credentials;
  if (form.client_id !== clientId) throw refused('BAD_CLIENT_ID', 'missing or unknown client id');
  if (form.client_secret !== clientSecret) {
    throw refused('BAD_CLIENT_SECRET', 'missing or invalid client secret');
  }
}

function refused(status: string, message: string): VendorError {
  return oauthError({ status, message }, status);
}

/** OAuth errors have a `status` of their own, and the fields every error has [S]. */
function oauthError(body: Record<string, string>, error: string): VendorError {
  const json = { ...body, category: error.toUpperCase(), correlationId: randomUUID() };
  return new VendorError({ status: 400, json, error });
}

function introspect(call: Call): Answer {
  const form = readForm(call);
  checkClient(call, form);
  const { appId } = call.sandbox.credentials;
  const refreshToken = form.token ?? '';
  if (call.sandbox.tokens.refreshScopes(refreshToken) !== undefined) {
    return {
      status: 200,
      json: { ...refreshInfo(call, refreshToken), active: true, app_id: appId, token_use: 'refresh_token' },
    };
  }
  const verdict = call.sandbox.tokens.check(form.token ?? '');
  if ('rejected' in verdict) {
    if (call.sandbox.settings.unknownTokenInfo === 'inactive')
      return { status: 200, json: { active: false } };
    throw refused('BAD_TOKEN', 'missing or unknown token');
  }
  const more = {
    active: true,
    client_id: call.sandbox.credentials.clientId,
    is_private_distribution: true,
    signed_access_token: signedToken(call, verdict),
    token_use: 'access_token',
  };
  return { status: 200, json: { ...accessInfo(call, verdict), ...more } };
}

function revoke(call: Call): Answer {
  const form = readForm(call);
  checkClient(call, form);
  call.sandbox.tokens.revoke(form.token ?? '');
  return { status: 204 };
}

function accessTokenInfo(call: Call): Answer {
  const verdict = call.sandbox.tokens.check(call.params['token'] ?? '');
  if ('rejected' in verdict) throw notFound('access token not found or expired');
  return { status: 200, json: accessInfo(call, verdict) };
}

function refreshTokenInfo(call: Call): Answer {
  const refreshToken = call.params['token'] ?? '';
  if (call.sandbox.tokens.refreshScopes(refreshToken) === undefined) {
    throw notFound('refresh token not found');
  }
  return { status: 200, json: refreshInfo(call, refreshToken) };
}

function deleteRefreshToken(call: Call): Answer {
  call.sandbox.tokens.revoke(call.params['token'] ?? '');
  return { status: 204 };
}

const staticTokenSchema = z.object({ tokenKey: z.string() });

/** What a private app's token may do; the token in the body is all the authentication there is. */
function staticTokenInfo(call: Call): Answer {
  const verdict = call.sandbox.tokens.check(readJson(call, staticTokenSchema).tokenKey);
  if ('rejected' in verdict || verdict.expiresAt !== undefined) throw notFound('access token not found');
  const { portalId } = call.sandbox.portal;
  return {
    status: 200,
    json: { userId: USER_ID, hubId: portalId, appId: verdict.appId, scopes: verdict.scopes },
  };
}

function readForm(call: Call): Form {
  if (!call.contentType.startsWith('application/x-www-form-urlencoded')) {
    throw new VendorError({
      status: 415,
      json: { status: 'error', message: 'HTTP 415 Unsupported Media Type' },
      error: 'not a form',
    });
  }
  return formSchema.parse(Object.fromEntries(new URLSearchParams(call.body.toString())));
}
