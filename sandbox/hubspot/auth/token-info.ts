import { createHmac } from 'node:crypto';
import type { Call } from '../http/call.ts';
import type { Grant } from './tokens.ts';

/** Who installed the app. */
export const USER_ID = 9000011;
const HUB_DOMAIN = 'sandbox-portal.example';

/** What is told of an access token. */
export function accessInfo(call: Call, grant: Grant): Record<string, unknown> {
  const left = grant.expiresAt === undefined ? 0 : Math.floor((grant.expiresAt - call.now) / 1000);
  return {
    ...commonInfo(call, grant.scopes),
    token: grant.token,
    app_id: grant.appId,
    expires_in: left,
    token_type: 'access',
  };
}

/** What is told of the refresh token. */
export function refreshInfo(call: Call, refreshToken: string): Record<string, unknown> {
  const { clientId } = call.sandbox.credentials;
  const scopes = call.sandbox.tokens.refreshScopes(refreshToken) ?? [];
  return { ...commonInfo(call, scopes), token: refreshToken, client_id: clientId, token_type: 'refresh' };
}

function commonInfo(call: Call, scopes: readonly string[]): Record<string, unknown> {
  const { portal } = call.sandbox;
  return {
    user: `admin@${HUB_DOMAIN}`,
    hub_domain: HUB_DOMAIN,
    hub_id: portal.portalId,
    user_id: USER_ID,
    scopes,
  };
}

/** The token's contents under HubSpot's own signature, as introspection shows them; numbers of scopes are made up. */
export function signedToken(
  call: Call,
  { appId, expiresAt, scopes: granted }: Grant,
): Record<string, unknown> {
  const { portal, credentials } = call.sandbox;
  const scopes = granted.join(' ');
  const signature = createHmac('sha256', credentials.clientSecret).update(scopes).digest('base64');
  return {
    appId,
    appInstallId: String(appId),
    audience: 'hapi',
    expiresAt: expiresAt ?? 0,
    hubId: portal.portalId,
    hublet: 'na1',
    installingUserId: USER_ID,
    isPrivateDistribution: true,
    isServiceAccount: false,
    isUserLevel: false,
    newSignature: signature,
    scopeToScopeGroupPks: '',
    scopes,
    signature,
    trialScopeToScopeGroupPks: '',
    trialScopes: '',
    userId: USER_ID,
  };
}
