import { startHubspotSandbox } from '../../sandbox/hubspot/start.ts';
import type { RehearsedCrm } from './rehearsed-crm.ts';

export async function hubspotCrm(): Promise<RehearsedCrm> {
  const sandbox = await startHubspotSandbox({ port: 0, searchLagMs: 0, rateLimit: 'off' });
  const { clientId, clientSecret, refreshToken, portalId, appId } = sandbox.credentials;
  return {
    adminUrl: sandbox.adminUrl,
    connection: {
      id: 'hubspot',
      vendor: 'hubspot',
      label: 'HubSpot',
      settings: { baseUrl: sandbox.url, sandbox: true, appId: String(appId) },
      credentials: { clientId, clientSecret, refreshToken },
      isSandbox: true,
      accountId: String(portalId),
      recordOrder: 1,
      pushSlots: 1,
    },
    accounts: { object: 'companies', name: 'name' },
    deals: { object: 'deals', key: 'tributary_deal_id', note: 'hs_next_step' },
    lookUp: 'POST /crm/v3/objects/deals/batch/read',
    ids: /\b\d{6,}\b/g,
    close: () => sandbox.close(),
  };
}
