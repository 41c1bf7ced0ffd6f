/**
 * The yardstick: jsforce as its manual shows it, 200 records a call, as many calls in flight as Tributary may have, and
 * nothing else. No search for the customer's own records, nothing stored, nothing retried: a crash half-way loses or
 * doubles, a second run overwrites.
 */
import jsforce from 'jsforce';
import type { BareDeal, BareJob } from './bare-job.ts';
import { inBatches } from './in-batches.ts';

const BATCH = 200;

export async function writeToSalesforce(job: BareJob, deals: readonly BareDeal[]): Promise<void> {
  const connection = new jsforce.Connection({
    instanceUrl: job.url,
    accessToken: job.accessToken,
    version: '62.0',
  });
  const upsert = async (object: string, key: string, records: Record<string, unknown>[]): Promise<string[]> =>
    idsOf(await connection.sobject(object).upsert(records, key, { allOrNone: false }));

  const companies = [...new Map(deals.map(({ company }) => [company.domain, company])).values()];
  const accountIds = await inBatches(companies, BATCH, job.inFlight, (batch) =>
    upsert(
      'Account',
      'Tributary_Account_Key__c',
      batch.map(({ name, domain }) => ({
        Name: name,
        Website: `https://${domain}`,
        Tributary_Account_Key__c: `domain:${domain}`,
      })),
    ),
  );
  const accountOf = new Map(companies.map(({ domain }, index) => [domain, accountIds[index]]));
  const contactIds = await inBatches(deals, BATCH, job.inFlight, (batch) =>
    upsert(
      'Contact',
      'Tributary_Contact_Key__c',
      batch.map(({ contact, company }) => ({
        FirstName: contact.firstName,
        LastName: contact.lastName,
        Email: contact.email,
        AccountId: accountOf.get(company.domain),
        Tributary_Contact_Key__c: contact.email,
      })),
    ),
  );
  const dealIds = await inBatches(deals, BATCH, job.inFlight, (batch) =>
    upsert(
      'Opportunity',
      'Tributary_Deal_Id__c',
      batch.map((deal) => opportunity(job, deal, accountOf.get(deal.company.domain))),
    ),
  );
  const roles = dealIds.map((OpportunityId, index) => ({
    OpportunityId,
    ContactId: contactIds[index] ?? '',
    IsPrimary: true,
  }));
  await inBatches(roles, BATCH, job.inFlight, async (batch) =>
    idsOf(await connection.sobject('OpportunityContactRole').create(batch, { allOrNone: false })),
  );
}

function opportunity(job: BareJob, deal: BareDeal, accountId: string | undefined): Record<string, unknown> {
  return {
    Name: deal.name,
    StageName: job.stage,
    CloseDate: deal.expectedCloseDate,
    Amount: deal.amount,
    CurrencyIsoCode: deal.currency,
    AccountId: accountId,
    LeadSource: 'Partner Referral',
    Tributary_Deal_Id__c: deal.id,
    Tributary_Version__c: 2,
    Tributary_Partner__c: deal.partner,
    Tributary_Partner_Account__c: job.partnerAccounts[deal.partner],
    Tributary_Partner_Tier__c: 'gold',
    Tributary_Partner_Sourced__c: true,
    Tributary_Registration_URL__c: `http://127.0.0.1:8466/deals/${deal.id}`,
    Tributary_Protected_Until__c: '2027-12-31',
  };
}

function idsOf(results: readonly { success: boolean; id?: string | undefined }[]): string[] {
  return results.map((result) => {
    if (!result.success || result.id === undefined)
      throw new Error(`the bare loop was refused a record: ${JSON.stringify(result)}`);
    return result.id;
  });
}
