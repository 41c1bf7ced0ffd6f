import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { publishDefaultPlan } from '../../src/commissions/publish-plan.ts';
import { verifyLedger } from '../../src/app/verify-ledger.ts';
import { registerEndpoint } from '../../src/payouts/endpoints.ts';
import { messageTypes } from '../../src/payouts/message-types.ts';
import { computeCommissions } from '../../workers/compute-commissions.ts';
import { createTestDatabase } from '../services/database.ts';
import type { TestDatabase } from '../services/database.ts';
import { computeUntilIdle, moneyTest } from './money-context.ts';
import type { MoneyTest } from './money-context.ts';
import * as t1 from './won-deals.ts';

const HOUR = 3_600_000;
const DEALS = 3;

type Step =
  | { do: 'win'; deal: number; amount: bigint; settlesInHours: number }
  | { do: 'reopen' | 'revive' | 'nudge'; deal: number }
  | { do: 'amount'; deal: number; amount: bigint }
  | { do: 'compute'; workers: number }
  | { do: 'wait' };

const deal = fc.nat({ max: DEALS - 1 });
// From cents that round, past the cap of 5,000.00 (reached at 41,666.67).
const amount = fc.oneof(fc.bigInt(0n, 200n), fc.bigInt(0n, 10_000_000n));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('win' as const),
      deal,
      amount,
      settlesInHours: fc.nat({ max: 2 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('reopen' as const, 'revive', 'nudge'), deal }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('amount' as const), deal, amount }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('compute' as const), workers: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
);

let database: TestDatabase;
let money: MoneyTest;
let partner: t1.SeededPartner;

beforeAll(async () => {
  database = await createTestDatabase();
  money = moneyTest(database.db);
  await t1.seedConnection(database.db);
  await publishDefaultPlan(database.db, money.clock);
  partner = await t1.seedPartner(database.db, { key: 'gold', tiers: { '2025-03-01': 'Gold' } });
  await registerEndpoint(
    { db: database.db, clock: money.clock, keyring: money.context.keyring, allowHttp: false },
    { label: 'all', url: 'https://payouts.example.com/in', types: messageTypes },
  );
});

afterAll(() => database.drop());

describe('any history of wins, reopenings and changed amounts', () => {
  it('ends with a ledger that equals the live wins, and payouts that equal the ledger', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const deals = await newDeals(DEALS);
        for (const each of steps) await carryOut(each, deals);
        await comeToRest();
        await expectLedgerToEqualWins(deals);
        await expectPayoutsToEqualLedger(deals);
        await expectOneMessageEach(deals);
      }),
      { numRuns: 30 },
    );
    expect((await verifyLedger(database.db, null)).findings).toEqual([]);
  });

  it('posts every entry and trigger once though four workers compute the same deals at once', async () => {
    const deals = await newDeals(40);
    for (let round = 0; round < 5; round += 1) {
      for (const dealId of deals)
        await (round % 2 === 0 ? t1.win : t1.reopen)(database.db, dealId, { amountMinor: 100_000n });
      await Promise.all([1, 2, 3, 4].map(() => computeCommissions(money.context)));
    }
    await comeToRest();
    const [count] = await database.db.query<{ entries: number; triggers: number }>(
      `SELECT (SELECT count(*)::int FROM commission_entries WHERE deal_id = ANY($1)) AS entries,
         (SELECT count(*)::int FROM payout_triggers WHERE deal_id = ANY($1) AND kind = 'triggered') AS triggers`,
      [deals],
    );
    // Three wins and two reversals each; no win was settled by a payout that its reversal did not take back.
    expect(count?.entries).toBe(deals.length * 5);
    expect(count?.triggers).toBeGreaterThanOrEqual(deals.length);
    await expectPayoutsToEqualLedger(deals);
  });

  it('computes 10,000 wins in seconds', async () => {
    const deals = await newDeals(10_000);
    await t1.winAll(database.db, deals, 1_000_000n);
    const started = performance.now();
    await computeUntilIdle(money);
    const seconds = (performance.now() - started) / 1000;
    console.log(`10,000 wins: entries, messages, mails and triggers in ${seconds.toFixed(1)} s`);
    await expectPayoutsToEqualLedger(deals);
    const [count] = await database.db.query(
      'SELECT count(*)::int AS n FROM payout_triggers WHERE deal_id = ANY($1)',
      [deals],
    );
    expect(count).toEqual({ n: 10_000 });
    expect(seconds).toBeLessThan(90);
  });
});

async function newDeals(count: number): Promise<string[]> {
  return t1.seedDeals(database.db, { ...partner, key: `${partner.key}-${Math.random()}` }, count);
}

async function carryOut(each: Step, deals: readonly string[]): Promise<void> {
  const { db } = database;
  switch (each.do) {
    case 'compute':
      await Promise.all(Array.from({ length: each.workers }, () => computeCommissions(money.context)));
      return;
    case 'wait':
      money.clock.advance(HOUR);
      return;
    case 'win': {
      const dealId = deals[each.deal] as string;
      if (await isLive(dealId)) return;
      const settlesAt = new Date(money.clock.now().getTime() + each.settlesInHours * HOUR);
      await t1.win(db, dealId, { amountMinor: each.amount, settlesAt });
      return;
    }
    case 'amount':
      await t1.changeAmount(db, deals[each.deal] as string, each.amount);
      return;
    case 'reopen':
      await t1.reopen(db, deals[each.deal] as string);
      return;
    case 'revive':
      if (!(await isLive(deals[each.deal] as string))) await t1.revive(db, deals[each.deal] as string);
      return;
    case 'nudge':
      await t1.nudge(db, deals[each.deal] as string);
  }
}

async function isLive(dealId: string): Promise<boolean> {
  return (
    (await database.db.query('SELECT 1 FROM won_epochs WHERE deal_id = $1 AND live', [dealId])).length > 0
  );
}

/** Everything settled and nothing left to look at. */
async function comeToRest(): Promise<void> {
  await computeUntilIdle(money);
  money.clock.advance(3 * HOUR);
  await computeUntilIdle(money);
}

async function expectLedgerToEqualWins(deals: readonly string[]): Promise<void> {
  const epochs = await database.db.query<{ live: boolean; amount: bigint; posted: bigint }>(
    `SELECT e.live, e.amount_minor AS amount, coalesce(sum(c.amount_minor), 0)::bigint AS posted
     FROM won_epochs e LEFT JOIN commission_entries c USING (deal_id, epoch)
     WHERE e.deal_id = ANY($1) GROUP BY e.deal_id, e.epoch`,
    [deals],
  );
  for (const epoch of epochs) expect(epoch.posted).toBe(epoch.live ? goldCommission(epoch.amount) : 0n);
}

/** 12 %, half-up to cents, at most 5,000.00: in whole numbers, apart from the calculation under test. */
function goldCommission(amountMinor: bigint): bigint {
  const rounded = (amountMinor * 12n + 50n) / 100n;
  return rounded < 500_000n ? rounded : 500_000n;
}

async function expectPayoutsToEqualLedger(deals: readonly string[]): Promise<void> {
  const different = await database.db.query(
    `SELECT deal_id, epoch, sum(posted) AS posted, sum(triggered) AS triggered FROM (
       SELECT deal_id, epoch, amount_minor AS posted, 0 AS triggered FROM commission_entries
       UNION ALL SELECT deal_id, epoch, 0, amount_minor FROM payout_triggers) money
     WHERE deal_id = ANY($1) GROUP BY deal_id, epoch HAVING sum(posted) <> sum(triggered)`,
    [deals],
  );
  expect(different).toEqual([]);
  const overdrawn = await database.db.query(
    `SELECT deal_id FROM (
       SELECT deal_id, sum(amount_minor) OVER (PARTITION BY deal_id, epoch, partner_id ORDER BY sequence) AS paid
       FROM payout_triggers WHERE deal_id = ANY($1)) running WHERE paid < 0`,
    [deals],
  );
  expect(overdrawn).toEqual([]);
}

async function expectOneMessageEach(deals: readonly string[]): Promise<void> {
  const wrong = await database.db.query(
    `SELECT c.id FROM commission_entries c LEFT JOIN messages m ON m.entry_id = c.id
       WHERE c.deal_id = ANY($1) GROUP BY c.id HAVING count(m.id) <> 1
     UNION ALL SELECT t.id FROM payout_triggers t LEFT JOIN messages m ON m.trigger_id = t.id
       WHERE t.deal_id = ANY($1) GROUP BY t.id HAVING count(m.id) <> 1
     UNION ALL SELECT c.id FROM commission_entries c LEFT JOIN mails m ON m.entry_id = c.id
       WHERE c.deal_id = ANY($1) GROUP BY c.id HAVING count(m.id) <> 1`,
    [deals],
  );
  expect(wrong).toEqual([]);
}
