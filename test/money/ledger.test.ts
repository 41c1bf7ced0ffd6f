import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { verifyLedger } from '../../src/app/verify-ledger.ts';
import { publishDefaultPlan } from '../../src/commissions/publish-plan.ts';
import { readBalances } from '../../src/ledger/balances.ts';
import { parseHead, readHead, writeHead } from '../../src/ledger/read-head.ts';
import { sealLedger } from '../../src/ledger/seal-ledger.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { computeCommissions } from '../../workers/compute-commissions.ts';
import { createTestDatabase } from '../services/database.ts';
import type { TestDatabase } from '../services/database.ts';
import { computeUntilIdle, moneyTest } from './money-context.ts';
import type { MoneyTest } from './money-context.ts';
import * as t1 from './won-deals.ts';

let database: TestDatabase;
let owner: Database;
let money: MoneyTest;
let deals: string[];

beforeEach(async () => {
  database = await createTestDatabase();
  owner = openDatabase({ url: database.url, maxConnections: 2, applicationName: 'owner', role: null });
  money = moneyTest(database.db);
  await t1.seedConnection(database.db);
  await publishDefaultPlan(database.db, money.clock);
  const partner = await t1.seedPartner(database.db, { key: 'gold', tiers: { '2025-03-01': 'Gold' } });
  deals = await t1.seedDeals(database.db, partner, 3);
  // 12 % of 10,000.00 each.
  await t1.winAll(database.db, deals, 1_000_000n);
  await computeUntilIdle(money);
});
afterEach(async () => {
  await owner.close();
  await database.drop();
});

const verify = () => verifyLedger(database.db, null);

describe('the ledger', () => {
  it('holds every commission from where it came to where it went, and sums to zero', async () => {
    expect(await readBalances(database.db, 'gold')).toEqual([
      {
        partner: 'gold',
        currency: 'USD',
        accounts: { accrued: '0.00', commission: '-3600.00', payable: '0.00', triggered: '3600.00' },
      },
    ]);
    expect(await verify()).toEqual({ recomputed: 3, sealed: 9, findings: [] });
  });

  it('shows what was taken back before it was paid out, and after', async () => {
    await t1.reopen(database.db, deals[0] ?? '');
    await computeUntilIdle(money);
    await t1.changeAmount(database.db, deals[1] ?? '', 500_000n);
    await computeUntilIdle(money);
    const [balance] = await readBalances(database.db, null);
    expect(balance?.accounts).toEqual({
      accrued: '0.00',
      commission: '-1800.00',
      payable: '0.00',
      triggered: '1800.00',
    });
    expect((await verify()).findings).toEqual([]);
  });

  it('cannot be posted to by the application, not even with what balances', async () => {
    for (const insert of [
      `INSERT INTO ledger_postings SELECT transaction_id, 'triggered', partner_id, currency, amount_minor, posted_at FROM ledger_postings`,
      `INSERT INTO ledger_transactions (kind, entry_id, posted_at) SELECT kind, entry_id, posted_at FROM ledger_transactions`,
      `INSERT INTO ledger_seals SELECT sequence + 100, transaction_id, digest, sealed_at FROM ledger_seals`,
      'DELETE FROM ledger_unsealed',
    ])
      await expect(database.db.query(insert)).rejects.toThrow(/permission denied/);
  });

  it('refuses postings that do not sum to zero, whoever asks', async () => {
    await expect(
      owner.query(
        `INSERT INTO ledger_postings SELECT transaction_id, 'triggered', partner_id, currency, 1, posted_at FROM ledger_postings
          WHERE account = 'commission' LIMIT 1`,
      ),
    ).rejects.toThrow(/does not sum to zero in USD: 1 minor units are left/);
  });
});

describe('the chain of seals', () => {
  it('stays one chain when many seal at once, and when a transaction commits after later ones', async () => {
    const [slow, quick] = [await moreWins('slow', 1), await moreWins('quick', 20)];
    const posted = signal();
    const mayCommit = signal();
    const held = moneyTest(database.db, {
      commissionOutputs: {
        entriesPosted: async () => {
          posted.set();
          await mayCommit.promise;
        },
      },
    });
    await makeDue(slow);
    const late = computeCommissions(held.context);
    await posted.promise;
    await makeDue(quick);
    await computeUntilIdle(money);
    const before = await readHead(database.db);
    mayCommit.set();
    await late;
    await Promise.all(Array.from({ length: 4 }, () => sealLedger(money.context, 7)));
    await computeUntilIdle(money);
    const ids = await owner.query<{ id: string }>(
      'SELECT transaction_id::text AS id FROM ledger_seals ORDER BY sequence',
    );
    expect(before?.sequence).toBeGreaterThan(9n);
    // The late one has a lower number than some that were sealed before it.
    expect(ids.map(({ id }) => Number(id))).not.toEqual(
      ids.map(({ id }) => Number(id)).sort((a, b) => a - b),
    );
    expect((await verify()).findings).toEqual([]);
  });

  it('can be held against a head that was kept elsewhere', async () => {
    const head = await readHead(database.db);
    if (head === null) throw new Error('nothing was sealed');
    const kept = parseHead(writeHead(head));
    await t1.reopen(database.db, deals[0] ?? '');
    await computeUntilIdle(money);
    expect((await verifyLedger(database.db, kept)).findings).toEqual([]);
    // Whoever may do anything rewrites the end of the chain as if the last seals had never been.
    await asSuperuser(
      'DELETE FROM ledger_seals WHERE sequence >= 8',
      'INSERT INTO ledger_unsealed SELECT id FROM ledger_transactions t WHERE NOT EXISTS (SELECT FROM ledger_seals s WHERE s.transaction_id = t.id)',
      "UPDATE payout_triggers SET explanation = 'another' WHERE id = (SELECT trigger_id FROM ledger_transactions WHERE id = 9)",
    );
    await sealLedger(money.context, 100);
    expect((await verify()).findings).toEqual([]);
    expect((await verifyLedger(database.db, kept)).findings).toEqual([
      {
        subject: `head ${writeHead(head)}`,
        problem: expect.stringContaining('was published and is not in the chain'),
      },
    ]);
  });

  it('has a head only of the form it prints', () => {
    expect(parseHead('12')).toBeNull();
    expect(parseHead(`0:${'a'.repeat(64)}`)).toBeNull();
    expect(parseHead(`3:${'a'.repeat(64)}\n`)).toEqual({ sequence: 3n, digest: 'a'.repeat(64) });
  });
});

describe('a tampered row is found and named', () => {
  const entry = 'SELECT id, entry_id FROM ledger_transactions WHERE id = 2';

  it.each([
    [
      'the amount of an entry',
      'UPDATE commission_entries SET amount_minor = amount_minor + 1 WHERE id = $entry',
    ],
    ['the reason of an entry', "UPDATE commission_entries SET explanation = 'because' WHERE id = $entry"],
    [
      'the inputs of an entry',
      'UPDATE commission_entries SET inputs = inputs || \'{"x":1}\' WHERE id = $entry',
    ],
    ['the partner of an entry', 'UPDATE commission_entries SET line = line || 1 WHERE id = $entry'],
    [
      'a pair of postings',
      'UPDATE ledger_postings SET amount_minor = amount_minor * 2 WHERE transaction_id = 2',
    ],
    [
      'one posting',
      "UPDATE ledger_postings SET amount_minor = amount_minor * 2 WHERE transaction_id = 2 AND account = 'accrued'",
    ],
    [
      'a posting that is gone',
      "DELETE FROM ledger_postings WHERE transaction_id = 2 AND account = 'accrued'",
    ],
    ['postings that are gone', 'DELETE FROM ledger_postings WHERE transaction_id = 2'],
    [
      'a transaction that is gone',
      'DELETE FROM ledger_postings WHERE transaction_id = 2; DELETE FROM ledger_transactions WHERE id = 2',
    ],
    [
      'the time of a transaction',
      "UPDATE ledger_transactions SET posted_at = posted_at + interval '1 second' WHERE id = 2",
    ],
  ])('%s', async (_what, change) => {
    const [row] = await owner.query<{ entry_id: string }>(entry);
    await asSuperuser(...change.replaceAll('$entry', `'${row?.entry_id ?? ''}'`).split('; '));
    const { findings } = await verify();
    expect(findings.map(({ subject }) => subject).join('; ')).toMatch(/transaction 2\b/);
    // What was not touched is not accused.
    expect(findings.map(({ subject }) => subject).join('; ')).not.toMatch(/transaction [13-9]\b/);
  });

  it('a seal that is gone', async () => {
    await asSuperuser('DELETE FROM ledger_seals WHERE sequence = 3');
    const { findings } = await verify();
    expect(findings.map(({ subject }) => subject)).toEqual(['transaction 3', 'seal 3']);
  });

  it('an entry that was put in past the ledger', async () => {
    await asSuperuser(
      `INSERT INTO commission_entries SELECT gen_random_uuid(), deal_id, epoch, partner_id, 'extra', component, revision,
         epoch_revision, kind, amount_minor, target_minor, currency, plan_id, inputs, trace, explanation, corrects, won_at,
         posted_at FROM commission_entries LIMIT 1`,
    );
    const { findings } = await verify();
    expect(findings).toEqual([
      {
        subject: expect.stringMatching(/^entry /),
        problem: expect.stringContaining('the ledger does not hold it'),
      },
    ]);
  });
});

/** Past every trigger and every right: what only a superuser can do. */
async function asSuperuser(...statements: readonly string[]): Promise<void> {
  await owner.transaction(async (tx) => {
    await tx.query('SET LOCAL session_replication_role = replica');
    for (const statement of statements) await tx.query(statement);
  });
}

async function moreWins(key: string, count: number): Promise<string[]> {
  const partner = await t1.seedPartner(database.db, { key, tiers: { '2025-03-01': 'Gold' } });
  return t1.seedDeals(database.db, partner, count);
}

function makeDue(ids: readonly string[]): Promise<void> {
  return t1.winAll(database.db, ids, 1_000_000n);
}

function signal(): { promise: Promise<void>; set: () => void } {
  let set = (): void => undefined;
  const promise = new Promise<void>((resolve) => (set = resolve));
  return { promise, set };
}
