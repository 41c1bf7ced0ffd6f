import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishPlan } from '../../src/commissions/publish-plan.ts';
import { readPublishable } from '../../src/commissions/read-plan.ts';
import { recomputeLedger } from '../../src/commissions/recompute.ts';
import { openDatabase } from '../../src/platform/database/database.ts';
import { createTestDatabase, type TestDatabase } from '../services/database.ts';
import { computeUntilIdle, moneyTest, type MoneyTest } from './money-context.ts';
import * as t1 from './won-deals.ts';

const PLAN = `
plan: full
version: 1
effectiveFrom: 2020-01-01
currency: EUR
rules:
  - rule: base
    earnOn: won
    basis: amount
    rate:
      bands:
        on: event
        mode: marginal
        boundary: lower
        table: [{ from: 0, to: 10000, percent: 5 }, { from: 10000, percent: 8 }]
  - rule: gold-bonus
    earnOn: won
    when: [{ fact: tier, is: gold }]
    basis: amount
    rate: { percent: 1 }
    limits: [{ per: deal, atMost: 150.00 }]
  - rule: new-country
    earnOn: won
    when: [{ fact: partner.country, is: AT, unknown: fails }]
    basis: count
    rate: { amount: 75.00 }
exchange:
  date: won
  convert: basis
  inverse: refused
  rates: [{ from: USD, to: EUR, rate: 0.92, on: 2020-01-01, source: finance }]
rounding: { mode: half-up, scale: currency, stage: rule }
`;

let database: TestDatabase;
let money: MoneyTest;
let partner: t1.SeededPartner;
let deals: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  money = moneyTest(database.db);
  await t1.seedConnection(database.db);
  const read = readPublishable(PLAN);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  await publishPlan(database.db, money.clock, { ...read, source: PLAN, publishedBy: 'test' });
  partner = await t1.seedPartner(database.db, {
    key: 'alpen',
    country: 'AT',
    tiers: { '2020-01-01': 'silver', '2026-03-01': 'Gold' },
  });
  deals = await t1.seedDeals(database.db, partner, 10);
});
afterAll(() => database.drop());

async function ledger(dealId: string): Promise<Record<string, bigint>> {
  const rows = await database.db.query<{ component: string; sum: bigint }>(
    `SELECT component, sum(amount_minor)::bigint AS sum FROM commission_entries WHERE deal_id = $1
     GROUP BY component ORDER BY component`,
    [dealId],
  );
  return Object.fromEntries(rows.map(({ component, sum }) => [component, sum]));
}

const wonAt = new Date('2026-05-01T00:00:00Z');

describe('a published plan of the whole language', () => {
  it('posts an entry for each rule, and the difference of each when the amount changes', async () => {
    const dealId = deals.pop() ?? '';
    // 20,000.00 USD are 18,400.00 EUR: 500.00 + 8 % of 8,400.00; 1 % is 184.00, capped.
    await t1.win(database.db, dealId, { amountMinor: 2_000_000n, wonAt });
    await computeUntilIdle(money);
    expect(await ledger(dealId)).toEqual({ base: 117_200n, 'gold-bonus': 15_000n, 'new-country': 7_500n });
    // 9,200.00 EUR: 5 %, and 1 %.
    await t1.changeAmount(database.db, dealId, 1_000_000n);
    await computeUntilIdle(money);
    expect(await ledger(dealId)).toEqual({ base: 46_000n, 'gold-bonus': 9_200n, 'new-country': 7_500n });
    await t1.reopen(database.db, dealId);
    await computeUntilIdle(money);
    expect(await ledger(dealId)).toEqual({ base: 0n, 'gold-bonus': 0n, 'new-country': 0n });
  });

  it('pays by the tier of the day of the win', async () => {
    const dealId = deals.pop() ?? '';
    await t1.win(database.db, dealId, { amountMinor: 1_000_000n, wonAt: new Date('2026-02-28T23:59:59Z') });
    await computeUntilIdle(money);
    expect(await ledger(dealId)).toEqual({ base: 46_000n, 'new-country': 7_500n });
  });

  it('takes back what a rule paid that is no longer for the deal', async () => {
    const dealId = deals.pop() ?? '';
    await t1.win(database.db, dealId, { amountMinor: 1_000_000n, wonAt });
    await computeUntilIdle(money);
    await database.db.query('UPDATE partners SET country = NULL WHERE id = $1', [partner.id]);
    await t1.nudge(database.db, dealId);
    await computeUntilIdle(money);
    expect(await ledger(dealId)).toEqual({ base: 46_000n, 'gold-bonus': 9_200n, 'new-country': 0n });
    await database.db.query('UPDATE partners SET country = $2 WHERE id = $1', [partner.id, 'AT']);
  });

  it('holds a deal that somebody else brought: the plan does not ask for it', async () => {
    const dealId = deals.pop() ?? '';
    await database.db.query(
      `INSERT INTO attachments (deal_id, connection_id, crm_id, role, attached_at, attached_by)
       VALUES ($1, $2, 'crm', 'influenced', now(), 'test')`,
      [dealId, t1.CONNECTION],
    );
    await t1.win(database.db, dealId, { amountMinor: 1_000_000n, wonAt });
    await computeUntilIdle(money);
    const [outcome] = await database.db.query(
      'SELECT state, reason FROM commission_outcomes WHERE deal_id = $1',
      [dealId],
    );
    expect(outcome).toEqual({ state: 'held', reason: 'influence-not-in-plan' });
    expect(await ledger(dealId)).toEqual({});
  });

  it('is computed again from the ledger alone, and a forged trace is found', async () => {
    const { checked, discrepancies } = await recomputeLedger(database.db);
    expect(checked).toBeGreaterThanOrEqual(12);
    expect(discrepancies).toEqual([]);
    const owner = openDatabase({
      url: database.url,
      maxConnections: 1,
      applicationName: 'owner',
      role: null,
    });
    try {
      await owner.query('ALTER TABLE commission_entries DISABLE TRIGGER USER');
      await owner.query(
        `UPDATE commission_entries SET trace = replace(trace::text, '"value": "92"', '"value": "93"')::jsonb
         WHERE component = 'gold-bonus'`,
      );
    } finally {
      await owner.close();
    }
    const after = await recomputeLedger(database.db);
    expect(after.discrepancies.map(({ problem }) => problem).join()).toMatch(
      /step "rate" says|comes from no step|is lost/,
    );
  });
});
