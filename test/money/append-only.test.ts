import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishDefaultPlan } from '../../src/commissions/publish-plan.ts';
import { acknowledgePayout } from '../../src/payouts/acknowledge.ts';
import { registerEndpoint } from '../../src/payouts/endpoints.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { createTestDatabase } from '../services/database.ts';
import type { TestDatabase } from '../services/database.ts';
import { computeUntilIdle, moneyTest } from './money-context.ts';
import * as t1 from './won-deals.ts';

const POSTED = {
  plans: 'published_by',
  commission_entries: 'explanation',
  payout_triggers: 'explanation',
  payout_trigger_entries: 'trigger_id',
  payout_acknowledgements: 'reference',
  commission_approvals: 'reason',
  ledger_transactions: 'kind',
  ledger_postings: 'account',
  ledger_seals: 'sealed_at',
};

let database: TestDatabase;
let owner: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = openDatabase({ url: database.url, maxConnections: 1, applicationName: 'owner', role: null });
  await fillEveryPostedTable(database.db);
});

afterAll(async () => {
  await owner.close();
  await database.drop();
});

async function fillEveryPostedTable(db: Database): Promise<void> {
  const money = moneyTest(db);
  await t1.seedConnection(db);
  await publishDefaultPlan(db, money.clock);
  const partner = await t1.seedPartner(db, { key: 'gold', tiers: { '2025-03-01': 'gold' } });
  await registerEndpoint(
    { db, clock: money.clock, keyring: money.context.keyring, allowHttp: false },
    { label: 'payer', url: 'https://payouts.example.com/in', types: ['payout.triggered'] },
  );
  await t1.winAll(db, await t1.seedDeals(db, partner, 1), 1_000_000n);
  await computeUntilIdle(money);
  const [message] = await db.query<{ id: string }>('SELECT id FROM messages');
  await acknowledgePayout({ db, clock: money.clock }, message?.id ?? '', 'PAY-1');
}

describe.each(Object.entries(POSTED))('%s', (table, column) => {
  it('can neither be changed nor emptied by the application', async () => {
    expect(await database.db.query(`SELECT 1 FROM ${table}`)).not.toHaveLength(0);
    const denied = new RegExp(`permission denied for table ${table}`);
    await expect(database.db.query(`UPDATE ${table} SET ${column} = ${column}`)).rejects.toThrow(denied);
    await expect(database.db.query(`DELETE FROM ${table}`)).rejects.toThrow(denied);
    await expect(database.db.query(`TRUNCATE ${table} CASCADE`)).rejects.toThrow(denied);
  });

  it('can neither be changed nor emptied by the owner by accident', async () => {
    const refused = new RegExp(`rows of ${table} are posted`);
    await expect(owner.query(`UPDATE ${table} SET ${column} = ${column}`)).rejects.toThrow(refused);
    await expect(owner.query(`DELETE FROM ${table}`)).rejects.toThrow(refused);
    await expect(owner.query(`TRUNCATE ${table} CASCADE`)).rejects.toThrow(/are posted/);
  });
});

describe('the unique keys of money', () => {
  it('refuse a second trigger for an entry and a second entry for a revision, whoever asks', async () => {
    await expect(
      database.db.query('INSERT INTO payout_trigger_entries SELECT * FROM payout_trigger_entries'),
    ).rejects.toThrow(/payout_trigger_entries_pkey/);
    await expect(
      database.db.query(
        `INSERT INTO commission_entries SELECT gen_random_uuid(), deal_id, epoch, partner_id, line, component, revision,
           epoch_revision, kind, amount_minor, target_minor, currency, plan_id, inputs, trace, explanation, corrects,
           won_at, posted_at FROM commission_entries`,
      ),
    ).rejects.toThrow(/commission_entries_once/);
    await expect(
      database.db.query(
        `INSERT INTO messages (id, endpoint_id, type, payload, trigger_id, created_at, due_at)
         SELECT 'msg_second', endpoint_id, type, payload, trigger_id, created_at, created_at FROM messages`,
      ),
    ).rejects.toThrow(/messages_endpoint_id_trigger_id_key/);
  });
});
