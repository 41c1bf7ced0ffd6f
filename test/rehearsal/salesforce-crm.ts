import { startSalesforceSandbox } from '../../sandbox/salesforce/start.ts';
import type { RehearsedCrm } from './rehearsed-crm.ts';

export async function salesforceCrm(): Promise<RehearsedCrm> {
  const sandbox = await startSalesforceSandbox({
    port: 0,
    streamTiming: { keepaliveMs: 200, idleMs: 20_000 },
  });
  const { clientId, username, privateKey, organizationId } = sandbox.credentials;
  return {
    adminUrl: sandbox.adminUrl,
    connection: {
      id: 'salesforce',
      vendor: 'salesforce',
      label: 'Salesforce',
      settings: { loginUrl: sandbox.url, pubsubEndpoint: sandbox.pubsubEndpoint, sandbox: true },
      credentials: { kind: 'jwt', clientId, username, privateKey },
      isSandbox: true,
      accountId: organizationId,
      recordOrder: 1,
      pushSlots: 1,
    },
    accounts: { object: 'Account', name: 'Name' },
    deals: { object: 'Opportunity', key: 'Tributary_Deal_Id__c', note: 'NextStep' },
    lookUp: 'GET /query',
    ids: /\b00[0-9A-Za-z]{13}(?:[0-9A-Za-z]{3})?\b/g,
    close: () => sandbox.close(),
  };
}
