/**
 * The web-server flow with PKCE: the address a person opens, and the code they come back with. Facts 1.2. Also the ways
 * around it that need no person: another user by the same key. Never a password.
 */
import type {
  AuthorizationAnswer,
  AuthorizationFlow,
  AuthorizationRequest,
} from '../../src/crm/authorization.ts';
import type { CallOptions } from '../../src/crm/connector.ts';
import { toSession } from './auth.ts';
import { formsWithoutSession } from './client.ts';
import { misuse, type Purpose } from './errors.ts';
import { grantsNoRenewal, refusedToken } from './login-errors.ts';
import { readToken, requestToken } from './login.ts';
import type { Credentials, Settings } from './settings.ts';

const connecting: Purpose = { stage: 'connect', write: false };

export const authorization: AuthorizationFlow<Settings, Credentials> = {
  at: (settings, loginUrl) => ({ ...settings, loginUrl }),
  appOf,
  unconnected: (app) => ({ kind: 'unconnected', ...app }),
  ask,
  redeem,
  revoke,
  actingAs: (credentials, username) => (credentials.kind === 'jwt' ? { ...credentials, username } : null),
};

function appOf(credentials: Credentials): { clientId: string; clientSecret?: string } {
  if (credentials.kind === 'session') throw misuse(connecting, 'a one-time login belongs to no connection');
  const { clientId, clientSecret } = credentials;
  return { clientId, ...(clientSecret === undefined ? {} : { clientSecret }) };
}

/** `prompt=login`: whoever is logged in to Salesforce in this browser is seldom the user to connect as. */
function ask(settings: Settings, request: AuthorizationRequest): string {
  const url = new URL(`${settings.loginUrl}/services/oauth2/authorize`);
  const parameters = {
    response_type: 'code',
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    state: request.state,
    code_challenge: request.challenge,
    code_challenge_method: 'S256',
    scope: request.lasting ? 'api refresh_token' : 'api',
    prompt: 'login',
    ...(request.loginHint === undefined ? {} : { login_hint: request.loginHint }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

async function redeem(settings: Settings, answer: AuthorizationAnswer, options: CallOptions) {
  const { app, redirectUri, code, verifier, lasting } = answer;
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
    client_id: app.clientId,
    ...(app.clientSecret === undefined ? {} : { client_secret: app.clientSecret }),
  };
  const postForm = formsWithoutSession(settings);
  const token = readToken(await requestToken(settings, form, postForm, connecting, options), connecting);
  const session = toSession(token, settings, connecting);
  const accountId = session.organizationId;
  if (!lasting) return { accountId, credentials: { kind: 'session' as const, ...session } };
  if (token.refresh_token === undefined) throw grantsNoRenewal(connecting);
  return {
    accountId,
    credentials: { kind: 'refresh' as const, ...app, refreshToken: token.refresh_token },
  };
}

async function revoke(settings: Settings, credentials: Credentials, options: CallOptions): Promise<void> {
  const token =
    credentials.kind === 'refresh'
      ? credentials.refreshToken
      : credentials.kind === 'session'
        ? credentials.accessToken
        : undefined;
  if (token === undefined) return;
  const answer = await requestToken(
    settings,
    { token },
    formsWithoutSession(settings),
    connecting,
    options,
    'revoke',
  );
  if (answer.status !== 200) throw refusedToken(answer, connecting);
}
