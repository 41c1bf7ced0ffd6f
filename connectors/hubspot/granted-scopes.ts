import type { CallOptions, ConnectorContext } from '../../src/crm/connector.ts';
import type { AccessTokens } from './auth.ts';
import type { HubspotClient } from './client.ts';
import { isStatic, type HubspotCredentials, type HubspotSettings } from './config.ts';
import { neverConnected } from './login-errors.ts';
import { introspect, introspectStatic, type TokenScope } from './login.ts';

/**
 * Asks HubSpot what the token in use may do: OAuth tokens by introspection, the static ones of private apps and service
 * keys at an endpoint of their own.
 */
export function scopeReader(
  client: HubspotClient,
  { settings, credentials }: ConnectorContext<HubspotSettings, HubspotCredentials>,
  tokens: AccessTokens,
): (options: CallOptions) => Promise<readonly string[] | null> {
  const ask = (token: string, options: CallOptions): Promise<TokenScope | null> => {
    if (isStatic(credentials)) return introspectStatic(client, token, options);
    const { clientId, clientSecret } = credentials;
    if (clientId === undefined || clientSecret === undefined) return Promise.reject(neverConnected());
    return introspect({ client, version: settings.oauthVersion }, { clientId, clientSecret }, token, options);
  };
  return async (options) => {
    const token = await tokens.current(options);
    const known = await ask(token, options);
    if (known) return known.scopes;
    // Not known any longer: revoked, perhaps.
    const another = await tokens.replace(token, options);
    return (another && (await ask(another.token, options)))?.scopes ?? null;
  };
}
