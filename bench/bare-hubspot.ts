/**
 * The yardstick: @hubspot/api-client as its manual shows it, 100 records a call and 2,000 associations a call (the most
 * HubSpot takes), as many calls in flight as Tributary may have, and nothing else. No search for the customer's own
 * records, nothing stored, nothing retried: a crash half-way loses or doubles, a second run overwrites.
 */
import { Client } from '@hubspot/api-client';
import { AssociationSpecAssociationCategoryEnum as Category } from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js';
import type { BareDeal, BareJob } from './bare-job.ts';
import { inBatches } from './in-batches.ts';

const BATCH = 100;
const ASSOCIATIONS = 2_000;

interface Written {
  results: readonly { id: string; properties: Record<string, string | null> }[];
  numErrors?: number;
}

interface Pair {
  from: string;
  to: string;
  type: number;
}

export async function writeToHubspot(job: BareJob, deals: readonly BareDeal[]): Promise<void> {
  const client = new Client({
    accessToken: job.accessToken,
    basePath: job.url,
    numberOfApiCallRetries: 0,
  });
  const companies = [...new Map(deals.map(({ company }) => [company.domain, company])).values()];
  const accountIds = await inBatches(companies, BATCH, job.inFlight, async (batch) => {
    const inputs = batch.map(({ name, domain, country }) =>
      input('tributary_account_key', `domain:${domain}`, { name, domain, country }),
    );
    return idsOf(await client.crm.companies.batchApi.upsert({ inputs }), 'tributary_account_key', inputs);
  });
  const accountOf = new Map(companies.map(({ domain }, index) => [domain, accountIds[index] ?? '']));
  const contactIds = await inBatches(deals, BATCH, job.inFlight, async (batch) => {
    const inputs = batch.map(({ contact: { email, firstName, lastName } }) =>
      input('email', email, { firstname: firstName, lastname: lastName }),
    );
    return idsOf(await client.crm.contacts.batchApi.upsert({ inputs }), 'email', inputs);
  });
  const dealIds = await inBatches(deals, BATCH, job.inFlight, async (batch) => {
    const inputs = batch.map((deal) => input('tributary_deal_id', deal.id, dealProperties(job, deal)));
    return idsOf(await client.crm.deals.batchApi.upsert({ inputs }), 'tributary_deal_id', inputs);
  });

  const associate = async (from: string, to: string, pairs: readonly Pair[]): Promise<unknown> =>
    inBatches(pairs, ASSOCIATIONS, job.inFlight, async (batch) => [
      await client.crm.associations.v4.batchApi.create(from, to, { inputs: batch.map(toInput) }),
    ]);
  const rows = deals.map((deal, index) => ({
    deal: dealIds[index] ?? '',
    contact: contactIds[index] ?? '',
    account: accountOf.get(deal.company.domain) ?? '',
    partner: job.partnerAccounts[deal.partner] ?? '',
  }));
  const toCompanies = rows.flatMap(({ deal, account, partner }) => [
    { from: deal, to: account, type: 5 },
    { from: deal, to: partner, type: 341 },
  ]);
  await associate('deals', 'companies', toCompanies);
  await associate(
    'deals',
    'contacts',
    rows.map(({ deal, contact }) => ({ from: deal, to: contact, type: 3 })),
  );
  await associate(
    'contacts',
    'companies',
    rows.map(({ contact, account }) => ({ from: contact, to: account, type: 279 })),
  );
}

function dealProperties(job: BareJob, deal: BareDeal): Record<string, string> {
  return {
    dealname: deal.name,
    ...(job.pipeline === null ? {} : { pipeline: job.pipeline }),
    dealstage: job.stage,
    amount: deal.amount,
    deal_currency_code: deal.currency,
    closedate: `${deal.expectedCloseDate}T12:00:00.000Z`,
    tributary_version: '2',
    tributary_partner: deal.partner,
    tributary_partner_tier: 'gold',
    tributary_partner_sourced: 'true',
    tributary_protected_until: '2027-12-31',
    tributary_registration_url: `http://127.0.0.1:8466/deals/${deal.id}`,
  };
}

function input(
  idProperty: string,
  id: string,
  properties: Record<string, string>,
): { id: string; idProperty: string; properties: Record<string, string>; objectWriteTraceId: string } {
  return { id, idProperty, properties: { ...properties, [idProperty]: id }, objectWriteTraceId: id };
}

/** HubSpot answers in any order. */
function idsOf(answer: Written, key: string, inputs: readonly { id: string }[]): string[] {
  const byKey = new Map(answer.results.map((record) => [record.properties[key], record.id]));
  return inputs.map(({ id }) => {
    const found = byKey.get(id);
    if (found === undefined)
      throw new Error(`the bare loop got no id for ${id}: ${JSON.stringify(answer).slice(0, 300)}`);
    return found;
  });
}

function toInput({ from, to, type }: Pair) {
  return {
    _from: { id: from },
    to: { id: to },
    types: [{ associationCategory: Category.HubspotDefined, associationTypeId: type }],
  };
}
