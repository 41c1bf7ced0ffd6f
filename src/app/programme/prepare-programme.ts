import type { LocalCrms } from '../local-crms.ts';
import type { Application } from '../open-application.ts';
import { publishDefaultPlan } from '../../commissions/publish-plan.ts';
import { ensureConfiguredEndpoint } from '../../payouts/endpoints.ts';
import { messageTypes } from '../../payouts/message-types.ts';
import type { RecordRules } from '../choose-record.ts';
import { crmAdmin } from './crm-admin.ts';
import { inventPartners, type InventedPartner } from './invent-deals.ts';
import type { TributaryClient } from './tributary-client.ts';

/** Half the invented deals are German: those are won in HubSpot, the rest in Salesforce. */
export const localRecordRules: RecordRules = {
  rules: [{ country: ['Germany'], connection: 'hubspot' }, { connection: 'salesforce' }],
};

/**
 * Everything a programme needs before the first deal: a plan, where payouts go, partners with tiers, the partners'
 * own accounts in each CRM, and the confirmed link between them.
 */
export async function prepareProgramme(
  app: Pick<Application, 'db' | 'keyring' | 'clock'>,
  crms: LocalCrms,
  client: TributaryClient,
): Promise<void> {
  await publishDefaultPlan(app.db, app.clock);
  if (crms.payoutReceiver) {
    const { url, secret } = crms.payoutReceiver;
    const endpoint = { label: 'Local payout receiver', url, types: messageTypes, secret };
    await ensureConfiguredEndpoint(
      { db: app.db, clock: app.clock, keyring: app.keyring, allowHttp: true },
      endpoint,
    );
  }
  const partners = inventPartners();
  for (const partner of partners) await client.savePartner(partner);
  if (crms.salesforce)
    await linkPartners(client, 'salesforce', crms.salesforce.adminUrl, partners, salesforceAccounts);
  if (crms.hubspot) await linkPartners(client, 'hubspot', crms.hubspot.adminUrl, partners, hubspotCompanies);
}

interface AccountShape {
  object: string;
  record(partner: InventedPartner): Record<string, unknown>;
  domainOf(record: Record<string, unknown>): unknown;
  idOf(record: Record<string, unknown>): unknown;
}

const salesforceAccounts: AccountShape = {
  object: 'Account',
  record: (partner) => ({ Name: partner.name, Website: `https://${partner.domain}` }),
  domainOf: (record) => String(record['Website'] ?? '').replace('https://', ''),
  idOf: (record) => record['Id'],
};

const hubspotCompanies: AccountShape = {
  object: 'companies',
  record: (partner) => ({ name: partner.name, domain: partner.domain }),
  domainOf: (record) => propertiesOf(record)['domain'],
  idOf: (record) => record['id'],
};

function propertiesOf(record: Record<string, unknown>): Record<string, unknown> {
  const properties = record['properties'];
  return typeof properties === 'object' && properties !== null
    ? (properties as Record<string, unknown>)
    : record;
}

/** Run again it changes nothing: what the CRM already has is found by its domain. */
async function linkPartners(
  client: TributaryClient,
  connection: string,
  adminUrl: string,
  partners: readonly InventedPartner[],
  shape: AccountShape,
): Promise<void> {
  const admin = crmAdmin(adminUrl);
  const known = new Map(
    (await admin.records(shape.object)).map((record) => [shape.domainOf(record), shape.idOf(record)]),
  );
  for (const partner of partners) {
    const existing = known.get(partner.domain);
    const crmId =
      existing === undefined
        ? (await admin.seed(shape.object, [shape.record(partner)]))[0]
        : String(existing);
    if (crmId === undefined) throw new Error(`${partner.name} could not be put into ${connection}`);
    await client.linkPartner(partner.key, connection, crmId);
  }
}
