/**
 * How an administrator of the portal lets our app in: the page at HubSpot, and the code they come back with. HubSpot
 * documents no PKCE for it: the state proves that the person is on our errand, the client secret that the code is for us,
 * and the address of return is compared letter by letter.
 */
import type {
  AuthorizationAnswer,
  AuthorizationFlow,
  AuthorizationRequest,
  Granted,
  OauthApp,
} from '../../src/crm/authorization.ts';
import type { CallOptions } from '../../src/crm/connector.ts';
import { createHubspotClient, type HubspotClient } from './client.ts';
import type { HubspotCredentials, HubspotSettings } from './config.ts';
import { grantsNoRenewal, isNoApp, lacksClientSecret, unnamedPortal } from './login-errors.ts';
import { exchangeCode, introspect, revokeToken, type AppSecret, type TokenEndpoint } from './login.ts';
import { pagesOrigin } from './record-url.ts';
import { scopesToAsk } from './scope-needs.ts';
import { authorizePagePath } from './versions.ts';

export const authorization: AuthorizationFlow<HubspotSettings, HubspotCredentials> = {
  at: (settings, loginUrl) => ({ ...settings, baseUrl: apiOf(loginUrl) }),
  appOf,
  unconnected: (app) => ({ kind: 'unconnected', ...app }),
  ask,
  redeem,
  revoke,
  // HubSpot's logins are not signed with a key of ours.
  actingAs: () => null,
};

/** The API beside the pages that people know: `https://app-eu1.hubspot.com` logs in at `https://api-eu1.hubapi.com`. */
function apiOf(loginUrl: string): string {
  return loginUrl.replace(/^https:\/\/app(-[a-z]{2}\d)?\.hubspot\.com(\/.*)?$/, 'https://api$1.hubapi.com');
}

function appOf(credentials: HubspotCredentials): OauthApp {
  const { clientId, clientSecret } = credentials;
  if (clientId === undefined) throw isNoApp();
  return { clientId, ...(clientSecret === undefined ? {} : { clientSecret }) };
}

/** Of an optional scope HubSpot grants what the portal has. A login for one errand is an administrator's, who provisions. */
function ask(settings: HubspotSettings, request: AuthorizationRequest): string {
  secretOf(request.app);
  const url = new URL(authorizePagePath, pagesOrigin(settings));
  const parameters = {
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    scope: ['oauth', ...scopesToAsk('always')].join(' '),
    optional_scope: scopesToAsk('optional', ...(request.lasting ? [] : ['provisioning' as const])).join(' '),
    state: request.state,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

async function redeem(
  settings: HubspotSettings,
  answer: AuthorizationAnswer,
  options: CallOptions,
): Promise<Granted<HubspotCredentials>> {
  const app = secretOf(answer.app);
  return withClient(settings, async (at) => {
    const token = await exchangeCode(at, app, answer, options);
    const accountId = token.hub_id ?? (await introspect(at, app, token.access_token, options))?.portalId;
    if (accountId === undefined) throw unnamedPortal();
    const { access_token: accessToken, refresh_token: refreshToken } = token;
    if (!answer.lasting) return { accountId, credentials: { kind: 'session', ...app, accessToken } };
    if (refreshToken === undefined) throw grantsNoRenewal();
    return { accountId, credentials: { ...app, refreshToken } };
  });
}

/** Of a login for one errand only its own token is ended: its refresh token may be the one that the connection lives on. */
async function revoke(
  settings: HubspotSettings,
  credentials: HubspotCredentials,
  options: CallOptions,
): Promise<void> {
  if ('refreshToken' in credentials) {
    const ended = { token: credentials.refreshToken, kind: 'refresh_token' } as const;
    await withClient(settings, (at) => revokeToken(at, credentials, ended, options));
  } else if ('kind' in credentials && credentials.kind === 'session') {
    const ended = { token: credentials.accessToken, kind: 'access_token' } as const;
    await withClient(settings, (at) => revokeToken(at, credentials, ended, options));
  }
}

function secretOf({ clientId, clientSecret }: OauthApp): AppSecret {
  if (clientSecret === undefined) throw lacksClientSecret();
  return { clientId, clientSecret };
}

async function withClient<T>(
  { baseUrl, oauthVersion }: HubspotSettings,
  work: (at: TokenEndpoint) => Promise<T>,
): Promise<T> {
  const client: HubspotClient = createHubspotClient(baseUrl);
  try {
    return await work({ client, version: oauthVersion });
  } finally {
    client.close();
  }
}
