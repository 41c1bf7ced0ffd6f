/**
 * The engine on one local Salesforce, step by step: real workers, real client, real PostgreSQL, no queue. A test says when
 * what happens, so nothing has to be waited for.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attachments } from '../../src/app/attachments.ts';
import { saveConnection } from '../../src/app/connection-store.ts';
import { openApplication, type Application } from '../../src/app/open-application.ts';
import { observingContext } from '../../src/app/start-workers.ts';
import { publishPlan } from '../../src/commissions/publish-plan.ts';
import { readPlan } from '../../src/commissions/read-plan.ts';
import { decideDeals } from '../../src/deals/decide-deals.ts';
import { acceptIntake } from '../../src/deals/intake.ts';
import { confirmPartnerLink } from '../../src/mirror/partner-links.ts';
import { manualClock } from '../../src/platform/clock.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { newEncryptionKey } from '../../src/platform/crypto/keyring.ts';
import type { Database } from '../../src/platform/database/database.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { drainConnection } from '../../workers/drain-connection.ts';
import { observeRecords } from '../../workers/observe-records.ts';
import { pollChanges } from '../../workers/poll-changes.ts';
import { temporaryDataDir } from '../e2e/tributary-process.ts';
import { addPartner, registration } from '../fixtures/deals.ts';
import { computeUntilIdle, moneyTest, type MoneyTest } from '../money/money-context.ts';
import { createTestDatabase } from '../services/database.ts';
import { openOrg, type TestOrg } from './open-org.ts';

export interface Engine {
  org: TestOrg;
  db: Database;
  app: Application;
  clock: ReturnType<typeof manualClock>;
  context: ObservingContext;
  partnerId: string;
  /** The partner's own account in the org. */
  partnerAccount: string;
  attachments: ReturnType<typeof attachments>;
  register(change?: Record<string, unknown>): Promise<string>;
  approve(...ids: string[]): Promise<void>;
  /** Sends whatever is due. */
  push(): Promise<void>;
  /** Asks the org what changed and reads it, then computes what is due. */
  observe(): Promise<void>;
  publish(yaml: string): Promise<void>;
  mirror(
    dealId: string,
  ): Promise<{ state: string; crm_id: string | null; last_error: { plain: string } | null }>;
  /** What the ledger holds of a deal: sum in minor units and the number of entries. */
  ledger(dealId: string): Promise<{ sum: bigint; entries: number }>;
  close(): Promise<void>;
}

export interface EngineOptions {
  /** A mapping of the test's own, in place of the one that ships. */
  mapping?: string;
  org?: Parameters<typeof openOrg>[0];
}

const connectionId = 'salesforce';
let counted = 0;

export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const [org, test, data] = await Promise.all([
    openOrg(options.org),
    createTestDatabase(),
    temporaryDataDir(),
  ]);
  const key = newEncryptionKey('first');
  if (options.mapping !== undefined) await writeFile(path.join(data.dir, 'salesforce.yaml'), options.mapping);
  const clock = manualClock(new Date());
  const app = await openApplication({
    config: loadConfig({
      DATABASE_URL: test.url,
      TRIBUTARY_DATA_DIR: data.dir,
      TRIBUTARY_API_KEYS: 'prm:0123456789abcdef0123456789abcdef',
      TRIBUTARY_ENCRYPTION_KEYS: `${key.id}:${key.key}`,
      TRIBUTARY_LOG_LEVEL: 'error',
      ...(options.mapping === undefined ? {} : { TRIBUTARY_MAPPING_DIR: data.dir }),
    }),
    name: 'tributary-engine-test',
    clock,
  });
  const { url: loginUrl, pubsubEndpoint } = org.sandbox;
  await saveConnection(
    app.db,
    app.keyring,
    {
      id: connectionId,
      vendor: 'salesforce',
      label: 'Salesforce',
      settings: { loginUrl, pubsubEndpoint, sandbox: true },
      credentials: org.refresh,
      isSandbox: true,
      accountId: null,
      recordOrder: 1,
      pushSlots: 1,
    },
    clock.now(),
  );
  const partnerId = await addPartner(app.db, 'north', { tier: 'gold' });
  const [partnerAccount = ''] = await org.seed('Account', { Name: 'North Partners' });
  const link = { partnerId, connectionId, crmId: partnerAccount, by: 'test' };
  await confirmPartnerLink(app.db, link, clock.now());
  const context: ObservingContext = {
    ...observingContext(app, {
      queues: { wake: async () => undefined },
      publicUrl: 'https://tributary.example.com',
    }),
    random: () => 0.5,
    settleMs: 0,
    pollIntervalMs: 60_000,
    pollOverlapMs: 60_000,
    pollLagMs: 0,
  };
  const money: MoneyTest = moneyTest(app.db, { clock, keyring: app.keyring });
  return {
    org,
    db: app.db,
    app,
    clock,
    context,
    partnerId,
    partnerAccount,
    attachments: attachments(app),
    register: async (change = {}) => {
      const given = registration(`deal-${counted++}`, { currency: 'USD', amount: '1000.00', ...change });
      const source = { name: 'prm', actor: 'prm' };
      const [result] = await app.db.transaction((tx) =>
        acceptIntake(tx, source, [{ registration: given }], app.deals),
      );
      if (!result || !('dealId' in result)) throw new Error(`not registered: ${JSON.stringify(result)}`);
      return result.dealId;
    },
    approve: async (...ids) => {
      const results = await decideDeals(app.db, ids, { decision: 'approve', by: 'test' }, app.deals);
      const refused = results.find((result) => result.outcome === 'refused');
      if (refused) throw new Error(JSON.stringify(refused));
    },
    push: async () => {
      // Deals wait a second for their batch to fill.
      for (let round = 0; round < 3; round++) {
        clock.advance(2_000);
        await drainConnection(context, { connectionId });
      }
    },
    observe: async () => {
      for (let round = 0; round < 3; round++) {
        clock.advance(120_000);
        await org.admin('POST', '/clock', { advanceMs: 120_000 });
        await pollChanges(context, { connectionId });
        await observeRecords(context, { connectionId });
      }
      await computeUntilIdle(money);
    },
    publish: async (yaml) => {
      const read = readPlan(yaml);
      if ('faults' in read) throw new Error(JSON.stringify(read.faults));
      await publishPlan(app.db, clock, { ...read, source: yaml, publishedBy: 'test' });
    },
    mirror: async (dealId) => {
      const [row] = await app.db.query<Awaited<ReturnType<Engine['mirror']>>>(
        'SELECT state, crm_id, last_error FROM mirrors WHERE deal_id = $1 AND connection_id = $2',
        [dealId, connectionId],
      );
      if (!row) throw new Error(`no mirror of ${dealId}`);
      return row;
    },
    ledger: async (dealId) => {
      const [row] = await app.db.query<{ sum: bigint; entries: number }>(
        'SELECT coalesce(sum(amount_minor), 0)::bigint AS sum, count(*)::int AS entries FROM commission_entries WHERE deal_id = $1',
        [dealId],
      );
      return row ?? { sum: 0n, entries: 0 };
    },
    close: async () => {
      await app.close();
      await Promise.all([org.close(), test.drop(), data.remove()]);
    },
  };
}
