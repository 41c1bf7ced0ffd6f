import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { publishPlan } from '../../src/commissions/publish-plan.ts';
import { readPublishable } from '../../src/commissions/read-plan.ts';
import { recomputeLedger } from '../../src/commissions/recompute.ts';
import { createTestDatabase, type TestDatabase } from '../services/database.ts';
import { computeUntilIdle, moneyTest, type MoneyTest } from './money-context.ts';
import * as t1 from './won-deals.ts';

const PLAN = `
plan: counted
version: 1
effectiveFrom: 2026-01-01
currency: USD
counters:
  sold: { of: amount, on: won, scope: partner, per: quarter }
rules:
  - rule: marginal
    earnOn: won
    basis: amount
    rate:
      bands:
        on: { counter: sold, as: value }
        mode: marginal
        boundary: lower
        table: [{ from: 0, to: 10000, percent: 5 }, { from: 10000, percent: 9 }]
  - rule: cliff
    earnOn: won
    basis: amount
    rate:
      bands:
        on: { counter: sold, as: value }
        mode: retroactive
        boundary: upper
        table: [{ from: 0, to: 20000, percent: 1 }, { from: 20000, percent: 3 }]
  - rule: capped
    earnOn: won
    basis: amount
    rate: { percent: 2 }
    limits: [{ per: quarter, atMost: 200.00 }]
exchange: { date: won, convert: basis, inverse: refused }
rounding: { mode: half-up, scale: currency, stage: rule }
`;

interface Won {
  dealId: string;
  /** Whole hundreds of dollars. */
  hundreds: number;
  at: Date;
  live: boolean;
}
type Ledger = Record<string, bigint>;

let database: TestDatabase;
let money: MoneyTest;

beforeAll(async () => {
  database = await createTestDatabase();
  money = moneyTest(database.db);
  await t1.seedConnection(database.db);
  const read = readPublishable(PLAN);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  await publishPlan(database.db, money.clock, { ...read, source: PLAN, publishedBy: 'test' });
});
afterAll(() => database.drop());

async function ledger(dealIds: readonly string[]): Promise<Ledger> {
  const rows = await database.db.query<{ name: string; sum: bigint }>(
    `SELECT deal_id || ' ' || component AS name, sum(amount_minor)::bigint AS sum FROM commission_entries
     WHERE deal_id = ANY($1) GROUP BY 1 HAVING sum(amount_minor) <> 0`,
    [dealIds],
  );
  return Object.fromEntries(rows.map(({ name, sum }) => [name, sum]));
}

/** In whole cents, apart from the engine: by quarter, in the order of win time and deal id. */
function expected(wins: readonly Won[]): Ledger {
  const out: Ledger = {};
  const before = new Map<string, number>();
  const order = wins
    .filter(({ live }) => live)
    .toSorted((a, b) => a.at.getTime() - b.at.getTime() || (a.dealId < b.dealId ? -1 : 1));
  for (const { dealId, hundreds, at } of order) {
    const quarter = `${at.getUTCFullYear()}-${Math.floor(at.getUTCMonth() / 3)}`;
    const low = before.get(quarter) ?? 0;
    const high = low + hundreds;
    before.set(quarter, high);
    const marginal = (sum: number): number => Math.min(sum, 100) * 500 + Math.max(0, sum - 100) * 900;
    const cliff = (sum: number): number => sum * (sum < 200 ? 100 : 300);
    out[`${dealId} marginal`] = BigInt(marginal(high) - marginal(low));
    const capped = (sum: number): number => Math.min(sum * 200, 20_000);
    out[`${dealId} capped`] = BigInt(capped(high) - capped(low));
    out[`${dealId} cliff`] = BigInt(cliff(high) - cliff(low));
  }
  return Object.fromEntries(Object.entries(out).filter(([, sum]) => sum !== 0n));
}

async function winDeal({ dealId, hundreds, at }: Won): Promise<void> {
  await t1.win(database.db, dealId, { amountMinor: BigInt(hundreds) * 10_000n, wonAt: at });
}

describe('a plan that counts what a partner sold', () => {
  let seeded = 0;
  async function dealsOf(count: number): Promise<string[]> {
    seeded += 1;
    const partner = await t1.seedPartner(database.db, { key: `counting-${seeded}`, tiers: {} });
    return t1.seedDeals(database.db, partner, count);
  }

  it('posts the differences of the deals that come after a late one', async () => {
    const [first = '', late = ''] = await dealsOf(2);
    await winDeal({ dealId: first, hundreds: 120, at: new Date('2026-02-10T00:00:00Z'), live: true });
    await computeUntilIdle(money);
    // 10,000.00 at 5 % and 2,000.00 at 9 %; 12,000.00 at 1 %.
    expect(await ledger([first])).toEqual({
      [`${first} marginal`]: 68_000n,
      [`${first} cliff`]: 12_000n,
      [`${first} capped`]: 20_000n,
    });
    await winDeal({ dealId: late, hundreds: 80, at: new Date('2026-01-05T00:00:00Z'), live: true });
    await computeUntilIdle(money);
    // The late one fills the first band up to 8,000.00; the other reaches 20,000.00 and lifts all to 3 %.
    expect(await ledger([first, late])).toEqual({
      [`${late} marginal`]: 40_000n,
      [`${late} cliff`]: 8_000n,
      [`${late} capped`]: 16_000n,
      [`${first} capped`]: 4_000n,
      [`${first} marginal`]: 100_000n,
      [`${first} cliff`]: 52_000n,
    });
  });

  it('comes to the same ledger whatever the order of wins, changes and reopenings, and can be computed again', async () => {
    const won = fc.record({
      hundreds: fc.integer({ min: 1, max: 150 }),
      day: fc.integer({ min: 0, max: 170 }),
      then: fc.constantFrom('nothing', 'nothing', 'reopened', 'changed'),
      other: fc.integer({ min: 1, max: 150 }),
      rest: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(won, { minLength: 1, maxLength: 6 }), async (history) => {
        const ids = await dealsOf(history.length);
        const wins: Won[] = [];
        for (const [index, { hundreds, day, rest }] of history.entries()) {
          const at = new Date(Date.UTC(2026, 0, 1 + day));
          const one = { dealId: ids[index] ?? '', hundreds, at, live: true };
          wins.push(one);
          await winDeal(one);
          if (rest) await computeUntilIdle(money);
        }
        for (const [index, { then, other }] of history.entries()) {
          const one = wins[index];
          if (one === undefined || then === 'nothing') continue;
          if (then === 'reopened') {
            one.live = false;
            await t1.reopen(database.db, one.dealId);
          } else {
            one.hundreds = other;
            await t1.changeAmount(database.db, one.dealId, BigInt(other) * 10_000n);
          }
        }
        await Promise.all([computeUntilIdle(money), computeUntilIdle(money)]);
        expect(await ledger(ids)).toEqual(expected(wins));
      }),
      { numRuns: 40 },
    );
    expect(await recomputeLedger(database.db)).toMatchObject({ discrepancies: [] });
  }, 60_000);

  it('holds no deal of another partner up, nor changes what it earns', async () => {
    const [mine = ''] = await dealsOf(1);
    const [other = ''] = await dealsOf(1);
    const at = new Date('2026-02-10T00:00:00Z');
    for (const dealId of [mine, other]) await winDeal({ dealId, hundreds: 100, at, live: true });
    await computeUntilIdle(money);
    for (const dealId of [mine, other])
      expect(await ledger([dealId])).toEqual({
        [`${dealId} marginal`]: 50_000n,
        [`${dealId} cliff`]: 10_000n,
        [`${dealId} capped`]: 20_000n,
      });
  });
});
