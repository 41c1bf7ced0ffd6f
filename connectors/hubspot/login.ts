/** The token endpoints: a code or a refresh token for an access token, and what a token is. Source: facts, Auth; OAuth v3 spec. */
import type { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import { NoAnswer, type Answer, type Call, type HubspotClient } from './client.ts';
import { fromNoAnswer, fromUnreadableAnswer } from './errors.ts';
import { connecting, refusedCode, refusedToken } from './login-errors.ts';
import { StaticTokenInfo, TokenAnswer, TokenInfo } from './schema.ts';
import {
  introspectPath,
  revokePath,
  staticTokenInfoPath,
  tokenPath,
  v1AccessTokenPath,
  v1RefreshTokenPath,
  type OauthVersion,
} from './versions.ts';

export type Token = z.infer<typeof TokenAnswer>;

export interface AppSecret {
  clientId: string;
  clientSecret: string;
}

/** What a token opens. */
export interface TokenScope {
  /** Undefined where HubSpot does not say. */
  portalId: string | undefined;
  scopes: readonly string[];
}

/** Where tokens are asked for. */
export interface TokenEndpoint {
  client: HubspotClient;
  version: OauthVersion;
}

/** @throws SyncError `auth-expired` when HubSpot refuses, `unavailable` when it cannot be asked */
export async function renewToken(
  at: TokenEndpoint,
  app: AppSecret,
  refreshToken: string,
  options: CallOptions,
): Promise<Token> {
  const answer = await askForToken(
    at,
    app,
    { grant_type: 'refresh_token', refresh_token: refreshToken },
    options,
  );
  if (answer.status !== 200) throw refusedToken(answer);
  return readToken(answer);
}

/**
 * HubSpot's web-server flow documents no PKCE: a code is protected by the client secret and, on its way here, by the state.
 * @throws SyncError as `renewToken` does
 */
export async function exchangeCode(
  at: TokenEndpoint,
  app: AppSecret,
  given: { code: string; redirectUri: string },
  options: CallOptions,
): Promise<Token> {
  const form = { grant_type: 'authorization_code', code: given.code, redirect_uri: given.redirectUri };
  const answer = await askForToken(at, app, form, options);
  if (answer.status !== 200) throw refusedCode(answer);
  return readToken(answer);
}

/** What an OAuth app's access token opens; null when HubSpot does not know it. @throws SyncError */
export async function introspect(
  { client, version }: TokenEndpoint,
  app: AppSecret,
  token: string,
  options: CallOptions,
): Promise<TokenScope | null> {
  const answer = await send(
    client,
    version === 'v1'
      ? { method: 'GET', path: v1AccessTokenPath(token) }
      : { method: 'POST', path: introspectPath(version), form: { ...formOf(app), token } },
    options,
  );
  if (answer.status === 400 || answer.status === 404) return null;
  if (answer.status !== 200) throw refusedToken(answer);
  const info = TokenInfo.safeParse(answer.json).data;
  if (!info) throw unreadable(answer);
  return info.active ? { portalId: info.hub_id, scopes: info.scopes } : null;
}

/** The same of a private app's token or a service key; null when HubSpot tells nothing of it. @throws SyncError */
export async function introspectStatic(
  client: HubspotClient,
  token: string,
  options: CallOptions,
): Promise<TokenScope | null> {
  const body = { tokenKey: token };
  const answer = await send(client, { method: 'POST', path: staticTokenInfoPath, body }, options);
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return null;
  if (answer.status !== 200) throw refusedToken(answer);
  const info = StaticTokenInfo.safeParse(answer.json).data;
  if (!info) throw unreadable(answer);
  return { portalId: info.hubId, scopes: info.scopes };
}

/** Ends one token at HubSpot; the app stays installed. v1 can end refresh tokens only. @throws SyncError */
export async function revokeToken(
  { client, version }: TokenEndpoint,
  app: AppSecret,
  { token, kind }: { token: string; kind: 'access_token' | 'refresh_token' },
  options: CallOptions,
): Promise<void> {
  if (version === 'v1' && kind === 'access_token') return;
  const answer = await send(
    client,
    version === 'v1'
      ? { method: 'DELETE', path: v1RefreshTokenPath(token) }
      : {
          method: 'POST',
          path: revokePath(version),
          form: { ...formOf(app), token, token_type_hint: kind },
        },
    options,
  );
  // One that is gone already has ended.
  if (answer.status > 299 && answer.status !== 404) throw refusedToken(answer);
}

function askForToken(
  { client, version }: TokenEndpoint,
  app: AppSecret,
  form: Record<string, string>,
  options: CallOptions,
): Promise<Answer> {
  return send(
    client,
    { method: 'POST', path: tokenPath(version), form: { ...form, ...formOf(app) } },
    options,
  );
}

function formOf({ clientId, clientSecret }: AppSecret): Record<string, string> {
  return { client_id: clientId, client_secret: clientSecret };
}

function readToken(answer: Answer): Token {
  const parsed = TokenAnswer.safeParse(answer.json);
  if (!parsed.success) throw unreadable(answer);
  return parsed.data;
}

/** Without its text: it may hold a token. */
function unreadable(answer: Answer): Error {
  return fromUnreadableAnswer({ ...answer, text: '' }, connecting, 'token');
}

/** Whatever happens to a login, the call it was for has not been sent. */
async function send(client: HubspotClient, call: Call, options: CallOptions): Promise<Answer> {
  try {
    return await client.send(call, options);
  } catch (failure) {
    throw failure instanceof NoAnswer ? fromNoAnswer(failure, connecting) : failure;
  }
}
