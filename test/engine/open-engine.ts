/**
 * The engine on one local CRM, step by step: the real application, real workers, the vendor's real client, real PostgreSQL,
 * no queue. A test says when what happens, so nothing has to be waited for.
 */
import { readFile } from 'node:fs/promises';
import { attachments } from '../../src/app/attachments.ts';
import { putIntoForce } from '../../src/app/configuration/put-into-force.ts';
import { saveConnection } from '../../src/app/connection-store.ts';
import { openApplication, type Application } from '../../src/app/open-application.ts';
import { observingContext } from '../../src/app/start-workers.ts';
import { publishPlan } from '../../src/commissions/publish-plan.ts';
import { readPlan } from '../../src/commissions/read-plan.ts';
import { decideDeals } from '../../src/deals/decide-deals.ts';
import { acceptIntake } from '../../src/deals/intake.ts';
import type { WiredConnection } from '../../src/mapping/wired-connection.ts';
import { confirmPartnerLink } from '../../src/mirror/partner-links.ts';
import { setSlots } from '../../src/mirror/slots.ts';
import { raiseHints } from '../../src/observations/raise-hints.ts';
import { manualClock } from '../../src/platform/clock.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { newEncryptionKey } from '../../src/platform/crypto/keyring.ts';
import type { Database } from '../../src/platform/database/database.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { drainConnection } from '../../workers/drain-connection.ts';
import { observeRecords } from '../../workers/observe-records.ts';
import { pollChanges } from '../../workers/poll-changes.ts';
import { temporaryDataDir } from '../e2e/tributary-process.ts';
import { addPartner } from '../fixtures/deals.ts';
import { computeUntilIdle, moneyTest } from '../money/money-context.ts';
import { createTestDatabase } from '../services/database.ts';
import type { EngineCrm, Held } from './engine-crm.ts';

export interface MirrorState {
  state: string;
  crm_id: string | null;
  last_error: { kind: string; plain: string; stage?: string } | null;
}

export interface Engine {
  crm: EngineCrm;
  db: Database;
  app: Application;
  clock: ReturnType<typeof manualClock>;
  context: ObservingContext;
  connectionId: string;
  partnerId: string;
  /** The partner's own account in the CRM. */
  partnerAccount: string;
  attachments: ReturnType<typeof attachments>;
  wired(): Promise<WiredConnection>;
  /** Registers a deal, or again with other facts; answers its id. */
  register(ref: string, change?: Record<string, unknown>): Promise<string>;
  approve(...dealIds: string[]): Promise<void>;
  /** Registered, approved, mirrored and read back. Answers deal and record. */
  mirrored(ref: string, change?: Record<string, unknown>): Promise<{ dealId: string; crmId: string }>;
  /** Writes what is due. */
  push(): Promise<void>;
  /** Reads what is due, and what falls due within the rest after our own writes. */
  readBack(): Promise<void>;
  /** Whatever can still be written or read. */
  settle(): Promise<void>;
  /** Asks the CRM what changed and reads it, then computes what is due. */
  observe(): Promise<void>;
  /** A person edits the deal in the CRM's own pages, and the CRM tells of it. */
  repEdits(crmId: string, fields: Record<string, unknown>): Promise<void>;
  /** The CRM tells of a change of these fields. */
  hear(crmId: string, fields: readonly string[], ours: boolean): Promise<void>;
  deal(crmId: string): Promise<Held>;
  crmIdOf(dealId: string): Promise<string>;
  mirror(dealId: string): Promise<MirrorState>;
  /** What the ledger holds of a deal: sum in minor units and the number of entries. */
  ledger(dealId: string): Promise<{ sum: bigint; entries: number }>;
  publish(planYaml: string): Promise<void>;
  /** Puts the shipped mapping with this change into force. */
  remap(change: (mapping: string) => string): Promise<void>;
  close(): Promise<void>;
}

export async function openEngine(open: () => Promise<EngineCrm>): Promise<Engine> {
  const [crm, test, data] = await Promise.all([open(), createTestDatabase(), temporaryDataDir()]);
  const connectionId = crm.connection.id;
  const clock = manualClock(new Date());
  const app = await openApplication({ config: configOf(test.url, data.dir), name: 'engine-test', clock });
  const { db } = app;
  await saveConnection(db, app.keyring, crm.connection, clock.now());
  await setSlots(db, connectionId, 'push', 2);
  await setSlots(db, connectionId, 'observe', 2);
  const partnerId = await addPartner(db, 'north', { tier: 'gold' });
  const [partnerAccount = ''] = await crm.seed(crm.objects.account, {
    [crm.account.name]: 'North Partners',
    [crm.account.domain]: 'north-partners.example',
  });
  await confirmPartnerLink(db, { partnerId, connectionId, crmId: partnerAccount, by: 'a test' }, clock.now());
  const context: ObservingContext = {
    ...observingContext(app, {
      queues: { wake: async () => undefined },
      publicUrl: 'https://tributary.example.com',
    }),
    ...{ random: () => 0.5, settleMs: 0, pollIntervalMs: 60_000, pollOverlapMs: 60_000, pollLagMs: 0 },
  };
  const money = moneyTest(db, { clock, keyring: app.keyring });
  const wired = (): Promise<WiredConnection> => app.wiring.open(connectionId);
  const mirrorOf = async (dealId: string): Promise<MirrorState> => {
    const [row] = await db.query<MirrorState>(
      'SELECT state, crm_id, last_error FROM mirrors WHERE deal_id = $1 AND connection_id = $2',
      [dealId, connectionId],
    );
    if (!row) throw new Error(`no mirror of ${dealId}`);
    return row;
  };

  const self: Engine = {
    crm,
    db,
    app,
    clock,
    context,
    connectionId,
    partnerId,
    partnerAccount,
    attachments: attachments(app),
    wired,
    async register(ref, change = {}) {
      const registration = { ...usual(ref), ...change };
      const [result] = await db.transaction((tx) =>
        acceptIntake(tx, { name: 'test', actor: 'partner portal' }, [{ registration }], app.deals),
      );
      if (!result || !('dealId' in result)) throw new Error(`not registered: ${JSON.stringify(result)}`);
      return result.dealId;
    },
    async approve(...dealIds) {
      const decided = await decideDeals(db, dealIds, { decision: 'approve', by: 'a test' }, app.deals);
      if (decided.some(({ outcome }) => outcome !== 'done')) throw new Error(JSON.stringify(decided));
    },
    async mirrored(ref, change) {
      const dealId = await self.register(ref, change);
      await self.approve(dealId);
      for (let round = 0; round < 5 && (await mirrorOf(dealId)).crm_id === null; round += 1)
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
    async settle() {
      for (let round = 0; round < 8; round += 1) {
        await self.push();
        await self.readBack();
      }
    },
    async observe() {
      for (let round = 0; round < 3; round++) {
        clock.advance(120_000);
        await crm.skip(120_000);
        await pollChanges(context, { connectionId });
        await observeRecords(context, { connectionId });
      }
      await computeUntilIdle(money);
    },
    async repEdits(crmId, fields) {
      await crm.edit(crm.objects.deal, crmId, fields);
      await self.hear(crmId, Object.keys(fields), false);
    },
    async hear(crmId, fields, ours) {
      const hint = { crmId, change: 'updated' as const, fields, ours, committedAt: new Date() };
      const { ownFields } = await wired();
      await raiseHints(db, connectionId, 'stream', [hint], { ownFields }, clock.now());
    },
    deal: (crmId) => crm.record(crm.objects.deal, crmId),
    async crmIdOf(dealId) {
      const mirror = await mirrorOf(dealId);
      if (!mirror.crm_id) throw new Error(`not mirrored: ${JSON.stringify(mirror)}`);
      return mirror.crm_id;
    },
    mirror: mirrorOf,
    async ledger(dealId) {
      const [row] = await db.query<{ sum: bigint; entries: number }>(
        'SELECT coalesce(sum(amount_minor), 0)::bigint AS sum, count(*)::int AS entries FROM commission_entries WHERE deal_id = $1',
        [dealId],
      );
      return row ?? { sum: 0n, entries: 0 };
    },
    async publish(yaml) {
      const read = readPlan(yaml);
      if ('faults' in read) throw new Error(JSON.stringify(read.faults));
      await publishPlan(db, clock, { ...read, source: yaml, publishedBy: 'test' });
    },
    async remap(change) {
      const content = change(await readFile(crm.mapping, 'utf8'));
      await db.transaction((tx) =>
        putIntoForce(tx, { connectionId, content, by: 'a test', at: clock.now() }),
      );
    },
    async close() {
      await app.close();
      await Promise.all([crm.close(), test.drop(), data.remove()]);
    },
  };
  return self;
}

function configOf(databaseUrl: string, dataDir: string): ReturnType<typeof loadConfig> {
  const key = newEncryptionKey('first');
  return loadConfig({
    DATABASE_URL: databaseUrl,
    TRIBUTARY_DATA_DIR: dataDir,
    TRIBUTARY_API_KEYS: 'prm:0123456789abcdef0123456789abcdef',
    TRIBUTARY_ENCRYPTION_KEYS: `${key.id}:${key.key}`,
    TRIBUTARY_LOG_LEVEL: 'silent',
  });
}

function usual(ref: string): Record<string, unknown> {
  return {
    ref,
    partner: 'north',
    name: `Deal ${ref}`,
    company: { name: `Company ${ref}`, domain: `company-${ref}.com` },
    contact: { firstName: 'Jo', lastName: 'Miller', email: `jo@company-${ref}.com`, phone: '+49 40 1' },
    amount: '5000.00',
    currency: 'USD',
    expectedCloseDate: '2027-03-31',
  };
}
