import type { Config, HubspotConfig, SalesforceConfig } from '../platform/config/config.ts';
import { saveConnection, type NewConnection } from './connection-store.ts';
import type { LocalCrms } from './local-crms.ts';
import type { Application } from './open-application.ts';

/** The connections the environment's credentials stand for. Real CRMs: they begin in shadow, pinned to the id given. */
export function configuredConnections(config: Config): NewConnection[] {
  const connections: NewConnection[] = [];
  const { salesforce, hubspot, pushSlots } = config;
  if (salesforce) {
    const { loginUrl, pubsubEndpoint } = salesforce;
    connections.push({
      id: 'salesforce',
      vendor: 'salesforce',
      label: 'Salesforce',
      settings: {
        loginUrl,
        pubsubEndpoint,
        sandbox: false,
        notifications: salesforce.notifications,
        ...(salesforce.currency ? { currency: salesforce.currency } : {}),
      },
      credentials: salesforceCredentials(salesforce),
      loggedInByPerson: salesforce.credentials.kind === 'browser',
      isSandbox: false,
      accountId: salesforce.orgId,
      recordOrder: 1,
      pushSlots,
    });
  }
  if (hubspot) {
    const { baseUrl, portalId, appId, callSharePercent, searchesPerSecond, recordsPerCall, oauthVersion } =
      hubspot;
    const { webhookSignature, notifications, journalFileHosts, salesforceSync, apiVersions } = hubspot;
    connections.push({
      id: 'hubspot',
      vendor: 'hubspot',
      label: 'HubSpot',
      settings: {
        baseUrl,
        sandbox: false,
        portalId,
        ...(appId ? { appId } : {}),
        callSharePercent,
        searchesPerSecond,
        recordsPerCall,
        webhookSignature,
        notifications,
        journalFileHosts,
        oauthVersion,
        salesforceSync,
        apiVersions,
      },
      credentials: hubspotCredentials(hubspot),
      loggedInByPerson: hubspot.credentials.kind === 'browser',
      isSandbox: false,
      accountId: portalId,
      recordOrder: 2,
      pushSlots,
    });
  }
  return connections;
}

function salesforceCredentials({ clientId, clientSecret, credentials }: SalesforceConfig): unknown {
  // The order counts: their digest tells whether the configuration changed, and a changed one replaces a rotated token.
  const secret = clientSecret ? { clientSecret } : {};
  if (credentials.kind === 'browser') return { kind: 'unconnected', clientId, ...secret };
  if (credentials.kind === 'refresh')
    return { kind: 'refresh', clientId, refreshToken: credentials.refreshToken, ...secret };
  const { username, privateKey } = credentials;
  return { kind: 'jwt', clientId, username, privateKey, ...secret };
}

function hubspotCredentials({ credentials, otherClientSecret }: HubspotConfig): unknown {
  const other = otherClientSecret ? { otherClientSecret } : {};
  // The order counts, as for Salesforce.
  if (credentials.kind === 'private-app') {
    const { token, clientSecret } = credentials;
    return { accessToken: token, ...(clientSecret ? { clientSecret } : {}), ...other };
  }
  const { clientId, clientSecret } = credentials;
  if (credentials.kind === 'browser') return { kind: 'unconnected', clientId, clientSecret, ...other };
  return { clientId, clientSecret, refreshToken: credentials.refreshToken, ...other };
}

/** Connections to the local CRMs: live from the start, because nobody's production is behind them. */
export function localConnections(crms: LocalCrms, pushSlots: number): NewConnection[] {
  const connections: NewConnection[] = [];
  if (crms.salesforce) {
    const { pubsubEndpoint, credentials } = crms.salesforce;
    const { loginUrl, clientId, clientSecret, username, privateKey, organizationId } = credentials;
    connections.push({
      id: 'salesforce',
      vendor: 'salesforce',
      label: 'Salesforce (local sandbox)',
      settings: { loginUrl, pubsubEndpoint, sandbox: true },
      credentials: { kind: 'jwt', clientId, clientSecret, username, privateKey },
      isSandbox: true,
      accountId: organizationId,
      recordOrder: 1,
      pushSlots,
    });
  }
  if (crms.hubspot) {
    const { baseUrl, clientId, clientSecret, refreshToken, portalId, appId } = crms.hubspot.credentials;
    connections.push({
      id: 'hubspot',
      vendor: 'hubspot',
      label: 'HubSpot (local sandbox)',
      settings: { baseUrl, sandbox: true, appId, portalId },
      credentials: { clientId, clientSecret, refreshToken },
      isSandbox: true,
      accountId: portalId,
      recordOrder: 2,
      pushSlots,
    });
  }
  return connections;
}

export async function saveConnections(
  app: Pick<Application, 'db' | 'keyring' | 'clock'>,
  connections: readonly NewConnection[],
): Promise<void> {
  for (const connection of connections)
    await saveConnection(app.db, app.keyring, connection, app.clock.now());
}

/** Tells the local HubSpot where to send its notifications: the one thing a real app has in its own settings. */
export async function pointWebhooks(crms: LocalCrms, publicUrl: string): Promise<void> {
  if (!crms.hubspot) return;
  const answer = await fetch(`${crms.hubspot.adminUrl}/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ targetUrl: `${publicUrl}/v1/webhooks/crm/hubspot` }),
  });
  if (!answer.ok)
    throw new Error(
      `the local HubSpot did not take the webhook address: ${answer.status} ${await answer.text()}`,
    );
}

/** Registers where the local Salesforce sends people back to who log in on our page, as an administrator does in the app. */
export async function registerCallback(crms: LocalCrms, callback: string): Promise<void> {
  if (!crms.salesforce) return;
  const address = `${crms.salesforce.adminUrl}/settings`;
  const { oauthRedirectUris } = (await (await fetch(address)).json()) as { oauthRedirectUris: string[] };
  const answer = await fetch(address, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ oauthRedirectUris: [...new Set([...oauthRedirectUris, callback])] }),
  });
  if (!answer.ok)
    throw new Error(`the local Salesforce did not take the callback address: ${await answer.text()}`);
}
