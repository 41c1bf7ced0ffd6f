/** A local Salesforce, a database and both workers on it, with a clock that stands still: deals mirrored for real. */
import { salesforce } from '../../connectors/salesforce/definition.ts';
import { rememberResults } from '../../src/app/remember-results.ts';
import { decideDeals } from '../../src/deals/decide-deals.ts';
import { acceptIntake } from '../../src/deals/intake.ts';
import { defaultDealRules, type DealContext } from '../../src/deals/ports.ts';
import { fitMapping } from '../../src/mapping/fit.ts';
import { loadMapping, parseMapping, type LoadedMapping } from '../../src/mapping/load.ts';
import { fitSummed } from '../../src/mapping/summed-field.ts';
import type { WiredConnection } from '../../src/mapping/wired-connection.ts';
import { desireMirrors } from '../../src/mirror/desire.ts';
import { buryDeleted, repushDrifted, reviveRestored } from '../../src/mirror/heed-observations.ts';
import { confirmPartnerLink } from '../../src/mirror/partner-links.ts';
import { setSlots } from '../../src/mirror/slots.ts';
import { observeLearned, raiseHints } from '../../src/observations/raise-hints.ts';
import { seeFields } from '../../src/ownership/see-fields.ts';
import { manualClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logging.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { drainConnection } from '../../workers/drain-connection.ts';
import { observeRecords } from '../../workers/observe-records.ts';
import { addConnection, addPartnerRow } from '../fixtures/rows.ts';
import { openOrg, within, type TestOrg } from '../salesforce/open-org.ts';
import { createTestDatabase, type TestDatabase } from '../services/database.ts';

export interface MirroredOrg {
  org: TestOrg;
  test: TestDatabase;
  context: ObservingContext;
  wired: WiredConnection;
  clock: ReturnType<typeof manualClock>;
  connectionId: string;
  /** Registers a deal, or again with other facts; answers its id. */
  register(ref: string, change?: Record<string, unknown>): Promise<string>;
  approve(...dealIds: string[]): Promise<void>;
  /** Registered, approved, mirrored and read back. Answers deal and record. */
  mirrored(ref: string, change?: Record<string, unknown>): Promise<{ dealId: string; crmId: string }>;
  /** Writes what is due. */
  push(): Promise<void>;
  /** Reads what is due, and what falls due within the rest after our own writes. */
  readBack(): Promise<void>;
  /** Somebody edits the opportunity in the CRM's own pages, and the CRM tells of it. */
  repEdits(crmId: string, fields: Record<string, unknown>): Promise<void>;
  opportunity(crmId: string): Promise<Record<string, unknown>>;
  crmIdOf(dealId: string): Promise<string>;
  remap(change: (mapping: string) => string): Promise<void>;
  close(): Promise<void>;
}

const shipped = new URL('../../mappings/salesforce/mapping.yaml', import.meta.url).pathname;

export async function startMirroredOrg(): Promise<MirroredOrg> {
  const test = await createTestDatabase();
  const org = await openOrg();
  const clock = manualClock(new Date());
  const connectionId = await addConnection(test.db, { vendor: 'salesforce', created_at: clock.now() });
  await setSlots(test.db, connectionId, 'push', 2);
  await setSlots(test.db, connectionId, 'observe', 2);
  const [account = ''] = await org.seed('Account', {
    Name: 'Nordlicht Partners',
    Website: 'https://nordlicht.example',
  });
  const partnerId = await addPartnerRow(test.db);
  const link = { partnerId, connectionId, crmId: account, by: 'a test' };
  await confirmPartnerLink(test.db, link, clock.now());

  const wired = await wire(org, connectionId, await loadMapping(shipped, 'salesforce'));
  const deals: DealContext = {
    clock,
    rules: defaultDealRules,
    chooseRecord: async (_tx, chosen) => new Map(chosen.map((deal) => [deal.id, connectionId])),
    outputs: { dealsChanged: (tx, ids) => desireMirrors(tx, ids, 'all', clock.now()) },
  };
  const context = observing(test, clock, () => wired);

  const self: MirroredOrg = {
    org,
    test,
    context,
    wired,
    clock,
    connectionId,
    async register(ref, change = {}) {
      const registration = { ...usual(ref, partnerId), ...change };
      const [result] = await test.db.transaction((tx) =>
        acceptIntake(tx, { name: 'test', actor: 'partner portal' }, [{ registration }], deals),
      );
      if (!result || !('dealId' in result)) throw new Error(`not registered: ${JSON.stringify(result)}`);
      return result.dealId;
    },
    async approve(...dealIds) {
      const decided = await decideDeals(test.db, dealIds, { decision: 'approve', by: 'a test' }, deals);
      if (decided.some(({ outcome }) => outcome !== 'done')) throw new Error(JSON.stringify(decided));
    },
    async mirrored(ref, change) {
      const dealId = await self.register(ref, change);
      await self.approve(dealId);
      await self.push();
      await self.readBack();
      return { dealId, crmId: await self.crmIdOf(dealId) };
    },
    async push() {
      // Deals linger for a moment in case more references fill their batch.
      clock.advance(2_000);
      await drainConnection(context, { connectionId });
    },
    async readBack() {
      clock.advance(4_000);
      await observeRecords(context, { connectionId });
    },
    async repEdits(crmId, fields) {
      await org.play('update', crmId, { object: 'Opportunity', fields });
      const hint = { crmId, change: 'updated' as const, fields: Object.keys(fields), ours: false };
      const echo = { ownFields: wired.ownFields };
      await raiseHints(test.db, connectionId, 'stream', [hint], echo, clock.now());
    },
    opportunity: async (crmId) =>
      (await org.admin('GET', `/records/Opportunity/${crmId}`)) as Record<string, unknown>,
    async crmIdOf(dealId) {
      const rows = await test.db.query<{ crm_id: string | null; last_error: unknown }>(
        'SELECT crm_id, last_error FROM mirrors WHERE deal_id = $1',
        [dealId],
      );
      const crmId = rows[0]?.crm_id;
      if (!crmId) throw new Error(`not mirrored: ${JSON.stringify(rows)}`);
      return crmId;
    },
    async remap(change) {
      const { readFile } = await import('node:fs/promises');
      const mapping = parseMapping(change(await readFile(shipped, 'utf8')), 'changed.yaml', 'salesforce');
      Object.assign(wired, await wire(org, connectionId, mapping));
    },
    async close() {
      await org.close();
      await test.drop();
    },
  };
  return self;
}

function usual(ref: string, partner: string): Record<string, unknown> {
  return {
    ref,
    partner,
    name: `Deal ${ref}`,
    company: { name: `Company ${ref}`, domain: `company-${ref}.com` },
    contact: { firstName: 'Jo', lastName: 'Miller', email: `jo@company-${ref}.com`, phone: '+49 40 1' },
    amount: '5000.00',
    currency: 'USD',
    expectedCloseDate: '2027-03-31',
  };
}

async function wire(org: TestOrg, id: string, wanted: LoadedMapping): Promise<WiredConnection> {
  const { connector } = org;
  const objects = [wanted.deal.object, wanted.account.object, wanted.contact.object];
  const described = await Promise.all(objects.map((object) => connector.describe(object, within())));
  const fitted = fitMapping(wanted, new Map(described.map((one) => [one.object, one])));
  const summed = fitSummed(salesforce.capabilities.summed, wanted, described[0]);
  const mapping = { ...fitted, summed };
  if (mapping.faults.length > 0) throw new Error(JSON.stringify(mapping.faults));
  const stages = await connector.stages(within());
  const openStage = stages.find((stage) => !stage.closed);
  if (!openStage) throw new Error('no open stage');
  const theirs = new Set([
    'Name',
    'Amount',
    'StageName',
    'CloseDate',
    'CurrencyIsoCode',
    'AccountId',
    'LeadSource',
  ]);
  return {
    id,
    vendor: 'salesforce',
    connector,
    capabilities: salesforce.capabilities,
    identity: await connector.identify(within()),
    mapping,
    openStage,
    stages,
    ownFields: new Set(mapping.deal.write.map((row) => row.to).filter((field) => !theirs.has(field))),
  };
}

function observing(
  test: TestDatabase,
  clock: ReturnType<typeof manualClock>,
  wired: () => WiredConnection,
): ObservingContext {
  return {
    db: test.db,
    clock,
    logger: silentLogger,
    queues: { wake: async () => undefined },
    connections: { open: async () => wired(), forget: async () => undefined },
    mirrorOutputs: {
      recordsLearned: (tx, connectionId, records) => observeLearned(tx, connectionId, records, clock.now()),
      fieldsWritten: rememberResults,
    },
    observationOutputs: {
      recordsDeleted: buryDeleted,
      recordsRestored: reviveRestored,
      recordsDrifted: repushDrifted,
      fieldsSeen: seeFields,
    },
    random: () => 0.5,
    publicUrl: 'http://tributary.example',
    settleMs: 0,
    pollIntervalMs: 60_000,
    pollOverlapMs: 0,
    pollLagMs: 0,
    webhookReceiverOf: () => undefined,
  };
}
