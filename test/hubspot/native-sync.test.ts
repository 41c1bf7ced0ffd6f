/** One Tributary with a Salesforce and a HubSpot whose own integration copies deals between the two: nothing is doubled. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listConnections, saveConnection } from '../../src/app/connection-store.ts';
import { examine } from '../../src/app/doctor.ts';
import { openApplication, type Application } from '../../src/app/open-application.ts';
import { observingContext } from '../../src/app/start-workers.ts';
import { decideDeals } from '../../src/deals/decide-deals.ts';
import { acceptIntake } from '../../src/deals/intake.ts';
import { goLive } from '../../src/mirror/go-live.ts';
import { confirmPartnerLink } from '../../src/mirror/partner-links.ts';
import { redrive } from '../../src/mirror/redrive.ts';
import { listCards } from '../../src/platform/cards/cards.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { newEncryptionKey } from '../../src/platform/crypto/keyring.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { drainConnection } from '../../workers/drain-connection.ts';
import { temporaryDataDir } from '../e2e/tributary-process.ts';
import { addPartner, registration } from '../fixtures/deals.ts';
import { openOrg, type TestOrg } from '../salesforce/open-org.ts';
import { createTestDatabase } from '../services/database.ts';
import { openPortal, type TestPortal } from './authorizing-portal.ts';

let portal: TestPortal;
let org: TestOrg;
let app: Application;
let context: ObservingContext;
let partnerId: string;
let closeRest: () => Promise<unknown>;

beforeAll(async () => {
  const [data, test] = await Promise.all([temporaryDataDir(), createTestDatabase()]);
  [portal, org] = await Promise.all([
    openPortal({ salesforceSync: 'hs_salesforceopportunityid' }),
    openOrg(),
  ]);
  closeRest = () => Promise.all([portal.close(), org.close(), test.drop(), data.remove()]);
  const key = newEncryptionKey('first');
  app = await openApplication({
    config: loadConfig({
      DATABASE_URL: test.url,
      TRIBUTARY_DATA_DIR: data.dir,
      TRIBUTARY_API_KEYS: 'prm:0123456789abcdef0123456789abcdef',
      TRIBUTARY_ENCRYPTION_KEYS: `${key.id}:${key.key}`,
      TRIBUTARY_LOG_LEVEL: 'silent',
      TRIBUTARY_MIRROR_TO: 'all',
    }),
    name: 'tributary-native-sync-test',
    clock: portal.clock,
  });
  context = {
    ...observingContext(app, { queues: { wake: async () => undefined }, publicUrl: 'https://t.example.com' }),
    random: () => 0.5,
    settleMs: 0,
  };
  partnerId = await addPartner(app.db, 'north', { tier: 'gold' });
  await connectHubspot();
}, 60_000);

afterAll(async () => {
  await app?.close();
  await closeRest?.();
});

async function connectHubspot(): Promise<void> {
  const { portalId } = portal.credentials;
  await save('hubspot', 2, portal.login, { baseUrl: portal.url, portalId: String(portalId) });
  const seeded = { object: 'companies', records: [{ name: 'North Partners' }] };
  const { ids } = await portal.admin<{ ids: string[] }>('POST', '/seed', seeded);
  await linkPartner('hubspot', ids[0]);
}

async function connectSalesforce(): Promise<void> {
  const { url: loginUrl, pubsubEndpoint } = org.sandbox;
  await save('salesforce', 1, org.refresh, { loginUrl, pubsubEndpoint });
  const [account] = await org.seed('Account', { Name: 'North Partners' });
  await linkPartner('salesforce', account);
}

function save(vendor: string, recordOrder: number, credentials: unknown, settings: object): Promise<void> {
  const connection = { id: vendor, vendor, label: vendor, isSandbox: true, accountId: null, pushSlots: 1 };
  const wanted = { ...connection, recordOrder, credentials, settings: { ...settings, sandbox: true } };
  return saveConnection(app.db, app.keyring, wanted, app.clock.now());
}

function linkPartner(connectionId: string, crmId = ''): Promise<unknown> {
  return confirmPartnerLink(app.db, { partnerId, connectionId, crmId, by: 'test' }, app.clock.now());
}

let counted = 0;

async function approved(): Promise<string> {
  counted += 1;
  const company = { name: `Customer ${counted}`, domain: `customer-${counted}.com` };
  const given = registration(`deal-${counted}`, { currency: 'USD', amount: '1000.00', company });
  const source = { name: 'prm', actor: 'prm' };
  const [result] = await app.db.transaction((tx) =>
    acceptIntake(tx, source, [{ registration: given }], app.deals),
  );
  if (!result || !('dealId' in result)) throw new Error(`not registered: ${JSON.stringify(result)}`);
  await decideDeals(app.db, [result.dealId], { decision: 'approve', by: 'test' }, app.deals);
  return result.dealId;
}

/** Sends whatever is due, to both. */
async function push(...order: string[]): Promise<void> {
  for (let round = 0; round < 3; round++) {
    portal.clock.advance(2_000);
    for (const connectionId of order) await drainConnection(context, { connectionId });
  }
}

async function whereIs(dealId: string): Promise<Record<'salesforce' | 'hubspot', number>> {
  const [opportunities, deals] = await Promise.all([
    org.records('Opportunity'),
    portal.admin<{ properties: Record<string, string> }[]>('GET', '/records/deals?limit=1000'),
  ]);
  return {
    salesforce: opportunities.filter((one) => one['Tributary_Deal_Id__c'] === dealId).length,
    hubspot: deals.filter(({ properties }) => properties['tributary_deal_id'] === dealId).length,
  };
}

async function stateAt(
  dealId: string,
  connectionId: string,
): Promise<{ state: string; kind: string | null }> {
  const [row] = await app.db.query<{ state: string; kind: string | null }>(
    `SELECT state, last_error->>'kind' AS kind FROM mirrors WHERE deal_id = $1 AND connection_id = $2`,
    [dealId, connectionId],
  );
  return row ?? { state: 'none', kind: null };
}

const stopped = { state: 'parked', kind: 'native-sync' };
const request = { by: 'Kim Doe', cutoff: new Date('2026-01-01'), hourlyWriteCap: 100 };

describe("HubSpot's own Salesforce integration", () => {
  it('is only told of while no Salesforce is connected', async () => {
    const dealId = await approved();
    await push('hubspot');
    expect(await whereIs(dealId)).toEqual({ salesforce: 0, hubspot: 1 });
    expect(await listCards(app.db, { kind: 'native-sync' })).toMatchObject([
      {
        connectionId: 'hubspot',
        alerts: false,
        plain: expect.stringContaining('hs_salesforceopportunityid'),
      },
    ]);
    const findings = await examine(app);
    expect(findings.filter(({ check }) => check.includes('native'))).toMatchObject([
      { check: 'hubspot: native sync', ok: true, found: expect.stringContaining('salesforce') },
    ]);
  });

  it('leaves each deal in one of the two: a new one where it belongs, one that is there where it is', async () => {
    const [before] = await app.db.query<{ deal_id: string }>('SELECT deal_id FROM mirrors');
    await connectSalesforce();
    const dealId = await approved();
    // What was wanted before it was known is stopped at the last step.
    await app.db.query(
      `INSERT INTO mirrors (deal_id, connection_id, desired_version, account_key, state, due_at, first_due_at, updated_at)
       SELECT deal_id, 'salesforce', 1, account_key, 'waiting', NULL, now(), now() FROM mirrors WHERE deal_id = $1`,
      [before?.deal_id],
    );
    await app.db.query(
      `INSERT INTO crm_references (connection_id, kind, key, facts, state, due_at, updated_at)
       SELECT 'salesforce', kind, key, facts, 'due', now(), now() FROM crm_references WHERE connection_id = 'hubspot' AND kind = 'account'
       ON CONFLICT DO NOTHING`,
    );
    await push('hubspot', 'salesforce');
    expect(await whereIs(dealId)).toEqual({ salesforce: 1, hubspot: 0 });
    expect(await stateAt(dealId, 'hubspot')).toEqual(stopped);
    expect(await whereIs(before?.deal_id ?? '')).toEqual({ salesforce: 0, hubspot: 1 });
    expect(await stateAt(before?.deal_id ?? '', 'salesforce')).toEqual(stopped);
    // Nor is its company, which the integration copies as well.
    const companies = await portal.admin<{ properties: Record<string, string> }[]>(
      'GET',
      '/records/companies?limit=1000',
    );
    expect(companies.map(({ properties }) => properties['name'])).not.toContain('Customer 2');
  });

  it('is a warning then, which the doctor repeats, and no redrive gets round it', async () => {
    await app.wiring.forget('hubspot');
    const findings = (await examine(app)).filter(({ check }) => check.includes('native'));
    expect(findings).toContainEqual(expect.objectContaining({ ok: false, check: 'hubspot: native-sync' }));
    expect(await listCards(app.db, { kind: 'native-sync' })).toMatchObject([{ alerts: true }]);
    await redrive(app.db, {}, app.clock.now());
    await push('hubspot', 'salesforce');
    expect(
      await app.db.query(`SELECT 1 FROM mirrors WHERE last_error->>'kind' = 'native-sync'`),
    ).toHaveLength(2);
  });

  it('keeps the second connection from going live, but for a person who answers for it', async () => {
    await app.db.query(`UPDATE connections SET mode = 'shadow' WHERE id = 'hubspot'`);
    const live = (more = {}): Promise<void> =>
      goLive(app.db, { ...request, connectionId: 'hubspot', ...more }, app.clock.now());
    await expect(live()).rejects.toThrow(/salesforce is live, .*--despite-sync/);
    expect((await listConnections(app.db)).map(({ mode }) => mode)).toContain('shadow');
    await live({ despiteSync: true });
    await push('hubspot', 'salesforce');
    const [row] = await app.db.query<{ id: string }>(
      `SELECT id FROM deals WHERE company_name = 'Customer 2'`,
    );
    expect(await whereIs(row?.id ?? '')).toEqual({ salesforce: 1, hubspot: 1 });
    expect(await listCards(app.db, { kind: 'native-sync' })).toEqual([]);
    const findings = (await examine(app)).filter(({ check }) => check.includes('native'));
    expect(findings).toMatchObject([{ ok: true, found: expect.stringContaining('Kim Doe') }]);
  });
});
