import { readReceiverLog, readTakenMessages } from '../../sandbox/payout-receiver/read-log.ts';
import { adminOf } from '../../src/app/programme/count-outside.ts';
import type { Registered } from '../../src/app/programme/count-outside.ts';
import type { CrmRecord } from '../../src/app/programme/crm-admin.ts';
import { recordOf } from './scenario.ts';
import type { Programme } from './programme.ts';

/** One deal as the outside shows it. Ids that differ between runs are replaced by names. */
export interface DealOutside {
  crm: string;
  /** Opportunities that carry the deal's id, and how many were ever created. Both must be one. */
  records: number;
  creates: number;
  fields: Record<string, unknown>;
  account: unknown;
  contacts: unknown[];
  /** What the payout receiver took, each message once: type and amount. */
  messages: string[];
}

export interface EndState {
  deals: Record<string, DealOutside>;
  /** Names of all accounts and e-mails of all contacts: one created twice shows. */
  accounts: Record<string, string[]>;
  contacts: Record<string, string[]>;
  /** Message ids the receiver took more than once; must be empty. */
  takenTwice: string[];
}

export async function readEndState(
  programme: Programme,
  registered: readonly Registered[],
): Promise<EndState> {
  const salesforce = await readSalesforce(programme);
  const hubspot = await readHubspot(programme);
  const messages = await messagesByDeal(programme);
  const deals = registered.map(({ id, deal }) => {
    const crm = recordOf(deal.company.country);
    const outside = { crm, ...(crm === 'salesforce' ? salesforce : hubspot).deal(id) };
    return [deal.ref, { ...outside, messages: (messages.get(id) ?? []).sort() }] as const;
  });
  return {
    deals: Object.fromEntries(deals),
    accounts: { salesforce: salesforce.accounts, hubspot: hubspot.accounts },
    contacts: { salesforce: salesforce.contacts, hubspot: hubspot.contacts },
    takenTwice: await takenTwice(programme),
  };
}

interface CrmOutside {
  deal(id: string): Omit<DealOutside, 'crm' | 'messages'>;
  accounts: string[];
  contacts: string[];
}

const salesforceFields = [
  'Name',
  'StageName',
  'Amount',
  'CurrencyIsoCode',
  'CloseDate',
  'LeadSource',
  'Tributary_Version__c',
  'Tributary_Partner__c',
  'Tributary_Partner_Tier__c',
  'Tributary_Partner_Sourced__c',
  'Tributary_Registration_URL__c',
];

async function readSalesforce({ crms }: Programme): Promise<CrmOutside> {
  const admin = adminOf(crms, 'salesforce');
  const opportunities = await admin.records('Opportunity');
  const accounts = await admin.records('Account');
  const contacts = await admin.records('Contact');
  const roles = await admin.records('OpportunityContactRole');
  const creates = (await admin.writes('Opportunity')).filter((write) => write.op === 'create');
  const nameOf = new Map(accounts.map((account) => [account['Id'], account['Name']]));
  const emailOf = new Map(contacts.map((contact) => [contact['Id'], contact['Email']]));
  return {
    deal: (id) => {
      const records = opportunities.filter((record) => record['Tributary_Deal_Id__c'] === id);
      const record = records[0] ?? {};
      return {
        records: records.length,
        creates: creates.filter((write) => write.fields['Tributary_Deal_Id__c'] === id).length,
        fields: {
          ...picked(record, salesforceFields, id),
          partnerAccount: nameOf.get(record['Tributary_Partner_Account__c']),
        },
        account: nameOf.get(record['AccountId']),
        contacts: roles
          .filter((role) => role['OpportunityId'] === record['Id'])
          .map((role) => emailOf.get(role['ContactId'])),
      };
    },
    accounts: accounts.map((account) => String(account['Name'])).sort(),
    contacts: contacts.map((contact) => String(contact['Email'])).sort(),
  };
}

const hubspotFields = [
  'dealname',
  'dealstage',
  'pipeline',
  'amount',
  'deal_currency_code',
  'closedate',
  'tributary_version',
  'tributary_partner',
  'tributary_partner_tier',
  'tributary_partner_sourced',
  'tributary_registration_url',
];

interface HubspotRecord {
  id: string;
  properties: Record<string, unknown>;
  associations: Record<string, { id: string; typeIds: number[] }[]>;
}

async function readHubspot({ crms }: Programme): Promise<CrmOutside> {
  const admin = adminOf(crms, 'hubspot');
  const deals = (await admin.records('deals')) as unknown as HubspotRecord[];
  const companies = (await admin.records('companies')) as unknown as HubspotRecord[];
  const contacts = (await admin.records('contacts')) as unknown as HubspotRecord[];
  const creates = (await admin.writes('deals')).filter((write) => write.op === 'create');
  const nameOf = new Map(companies.map(({ id, properties }) => [id, properties['name']]));
  const emailOf = new Map(contacts.map(({ id, properties }) => [id, properties['email']]));
  return {
    deal: (id) => {
      const records = deals.filter(({ properties }) => properties['tributary_deal_id'] === id);
      const record = records[0];
      return {
        records: records.length,
        creates: creates.filter((write) => write.fields['tributary_deal_id'] === id).length,
        fields: withoutClosingTime(picked(record?.properties ?? {}, hubspotFields, id)),
        account: (record?.associations['companies'] ?? [])
          .map((to) => `${String(nameOf.get(to.id))} as ${to.typeIds.join(', ')}`)
          .sort(),
        contacts: (record?.associations['contacts'] ?? []).map((to) => emailOf.get(to.id)),
      };
    },
    accounts: companies.map(({ properties }) => String(properties['name'])).sort(),
    contacts: contacts.map(({ properties }) => String(properties['email'])).sort(),
  };
}

/** Closing a deal makes HubSpot write down that very moment. What we wrote is noon of a day. */
function withoutClosingTime(fields: Record<string, unknown>): Record<string, unknown> {
  const isOurs = String(fields['closedate']).endsWith('T12:00:00.000Z');
  return isOurs ? fields : { ...fields, closedate: 'when it was closed' };
}

function picked(record: CrmRecord, names: readonly string[], dealId: string): Record<string, unknown> {
  const kept = Object.fromEntries(names.map((name) => [name, record[name]]));
  return JSON.parse(JSON.stringify(kept).replaceAll(dealId, '<deal>')) as Record<string, unknown>;
}

async function messagesByDeal({ crms }: Programme): Promise<Map<string, string[]>> {
  const messages = new Map<string, string[]>();
  for (const { type, data } of await readTakenMessages(crms.payoutReceiver?.logFile ?? '')) {
    const dealId = String(data['dealId']);
    const text = `${type} ${String(data['amount'])} ${String(data['currency'])}`;
    messages.set(dealId, [...(messages.get(dealId) ?? []), text]);
  }
  return messages;
}

async function takenTwice({ crms }: Programme): Promise<string[]> {
  const log = await readReceiverLog(crms.payoutReceiver?.logFile ?? '');
  const taken = log.filter((line) => line.verdict === 'taken').map((line) => line.id);
  return taken.filter((id, index) => taken.indexOf(id) !== index);
}
