import { salesforce } from '../../connectors/salesforce/definition.ts';
import type { ConnectorDefinition } from '../../src/crm/connector.ts';
import { openOrg } from '../salesforce/open-org.ts';
import { addLine, seedProducts, type Products } from '../special/products.ts';
import type { EngineCrm, Held, LostWrite } from './engine-crm.ts';

const lost: Readonly<Record<LostWrite, string>> = { update: 'PATCH', link: 'POST', removal: 'DELETE' };

export async function openSalesforceEngine(): Promise<EngineCrm> {
  const org = await openOrg();
  let products: Products | undefined;
  const { url: loginUrl, pubsubEndpoint, credentials } = org.sandbox;
  const held = (row: Record<string, unknown>): Held => ({
    ...row,
    id: String(row['Id']),
    deleted: row['IsDeleted'] === true,
  });
  return {
    vendor: 'salesforce',
    definition: salesforce as ConnectorDefinition,
    connection: {
      id: 'salesforce',
      vendor: 'salesforce',
      label: 'Salesforce',
      settings: { loginUrl, pubsubEndpoint, sandbox: true },
      credentials: org.refresh,
      isSandbox: true,
      accountId: credentials.organizationId,
      recordOrder: 1,
      pushSlots: 2,
    },
    mapping: new URL('../../mappings/salesforce/mapping.yaml', import.meta.url).pathname,
    objects: { deal: 'Opportunity', account: 'Account', contact: 'Contact' },
    fields: {
      name: 'Name',
      amount: 'Amount',
      currency: 'CurrencyIsoCode',
      stage: 'StageName',
      closeDate: 'CloseDate',
      key: 'Tributary_Deal_Id__c',
      version: 'Tributary_Version__c',
      kind: 'Type',
      partner: 'Tributary_Partner__c',
      tier: 'Tributary_Partner_Tier__c',
      sourced: 'Tributary_Partner_Sourced__c',
      influence: 'Tributary_Partner_Influence__c',
      registrationUrl: 'Tributary_Registration_URL__c',
      note: 'NextStep',
      account: 'AccountId',
      partnerAccount: 'Tributary_Partner_Account__c',
    },
    account: { name: 'Name', domain: 'Website' },
    contact: { phone: 'Phone' },
    person: (name) => ({ LastName: name }),
    stages: { first: 'Prospecting', later: 'Negotiation/Review', won: 'Closed Won', lost: 'Closed Lost' },
    unknownId: '006000000000000AAA',
    number: Number,
    yes: (is) => is,
    day: (iso) => iso,
    seed: org.seed,
    seedDeal: async (AccountId, fields) => {
      const record = { StageName: 'Qualification', LeadSource: 'Web', AccountId, ...fields };
      return (await org.seed('Opportunity', record))[0] ?? '';
    },
    records: async (object) => (await org.records(object)).map(held),
    record: async (object, id) => held(await org.record(object, id)),
    customerOf: async (id) => (await org.record('Opportunity', id))['AccountId'] as string | null,
    partnerOf: async (id) =>
      (await org.record('Opportunity', id))['Tributary_Partner_Account__c'] as string | null,
    accountsOf: async (id) => {
      const { AccountId, Tributary_Partner_Account__c: partner } = await org.record('Opportunity', id);
      return [AccountId, partner].filter((one) => one !== null).map(String);
    },
    contactsOf: async (id) =>
      (await org.records('OpportunityContactRole'))
        .filter((role) => role['OpportunityId'] === id)
        .map((role) => String(role['ContactId'])),
    edit: async (object, id, fields) => void (await org.play('update', id, { object, fields })),
    repLinks: async (id, as, account) => {
      const field = as === 'customer' ? 'AccountId' : 'Tributary_Partner_Account__c';
      await org.play('update', id, { object: 'Opportunity', fields: { [field]: account } });
    },
    remove: async (object, id) => void (await org.play('delete', id, { object })),
    restore: async (object, id) => void (await org.play('undelete', id, { object })),
    merge: async (object, id, into) => {
      await org.admin('POST', '/merge', { object, masterId: into, losers: [id] });
      return into;
    },
    win: async (id) => void (await org.play('win', id)),
    reopen: async (id) => void (await org.play('reopen', id)),
    async addLine(OpportunityId, code, { quantity, price }) {
      products ??= await seedProducts({ org });
      await org.play('update', OpportunityId, { fields: { Pricebook2Id: products.book } });
      return addLine({ org }, products, OpportunityId, code, { Quantity: quantity, UnitPrice: price });
    },
    removeLine: async (id) => void (await org.play('delete', id, { object: 'OpportunityLineItem' })),
    automate: async (...automations) => {
      const flows = automations.map(({ on, set }, index) => ({
        name: `Flow ${index}`,
        object: 'Opportunity',
        on: [on],
        set,
      }));
      await org.admin('PATCH', '/settings', { flows });
    },
    writes: async () => (await org.admin('GET', '/writes')) as Awaited<ReturnType<EngineCrm['writes']>>,
    skip: async (ms) => void (await org.admin('POST', '/clock', { advanceMs: ms })),
    endpoints: async () => Object.keys(await org.calls()),
    calls: async () => Object.values(await org.calls()).reduce((sum, count) => sum + count, 0),
    forget: async () => void (await org.forget()),
    loseAnswer: async (to) =>
      void (await org.fault({
        match: { method: lost[to] },
        when: { times: 1 },
        fault: { kind: 'reset', at: 'after-commit' },
      })),
    breakDown: async () => void (await org.fault({ match: {}, fault: { kind: 'status', status: 503 } })),
    calm: async () => void (await org.calm()),
    close: () => org.close(),
  };
}
