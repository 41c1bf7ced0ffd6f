import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LineInput } from '../../src/commissions/assign-bases.ts';
import { calculate, type CalculationInput } from '../../src/commissions/calculate.ts';
import type { Plan } from '../../src/commissions/plan.ts';
import { publishPlan } from '../../src/commissions/publish-plan.ts';
import { readPlan } from '../../src/commissions/read-plan.ts';
import { recomputeLedger } from '../../src/commissions/recompute.ts';
import { TraceFault, type Step } from '../../src/commissions/engine/trace.ts';
import { replayTrace } from '../../src/commissions/trace.ts';
import { formatDecimal } from '../../src/platform/money.ts';
import { createTestDatabase, type TestDatabase } from '../services/database.ts';
import { computeUntilIdle, moneyTest, type MoneyTest } from './money-context.ts';
import * as t1 from './won-deals.ts';

const TEXT = `
plan: lines
version: 1
effectiveFrom: 2020-01-01
basis: line-items
currency: deal
tiers: { gold: { rate: 12.5 } }
otherTiers: hold
products:
  - { base: licences, families: [Software] }
  - { base: services, codes: [SVC], tiers: { gold: { rate: 4 } } }
otherProducts: nothing
difference: nothing
`;

function planOf(change: (text: string) => string = (text) => text): Plan {
  const read = readPlan(change(TEXT));
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.plan;
}

const WON: CalculationInput = {
  amount: '1000.00',
  currency: 'USD',
  wonAt: '2026-05-01T00:00:00.000Z',
  tier: 'gold',
  tierSince: '2026-03-01',
};

type Kind = 'software' | 'service' | 'other';
const shapes: Record<Kind, Pick<LineInput, 'code' | 'name' | 'family'>> = {
  software: { code: 'GTX', name: 'GTX Pro', family: 'Software' },
  service: { code: 'SVC', name: 'Setup', family: null },
  other: { code: 'HW-1', name: 'Box', family: 'Hardware' },
};

function line(id: number, kind: Kind, cents: bigint): LineInput {
  const total = formatDecimal({ minor: cents, currency: 'USD' });
  return { id: `line-${id}`, ...shapes[kind], quantity: '1', total, currency: 'USD' };
}

const items = fc.array(
  fc.record({
    kind: fc.constantFrom<Kind>('software', 'service', 'other'),
    cents: fc.bigInt(0n, 10_000_000n),
  }),
  { maxLength: 8 },
);
type Items = readonly { kind: Kind; cents: bigint }[];

function toLines(wanted: Items): LineInput[] {
  return wanted.map(({ kind, cents }, index) => line(index, kind, cents));
}

function centsOf(wanted: Items, kind?: Kind): bigint {
  return wanted
    .filter((one) => kind === undefined || one.kind === kind)
    .reduce((sum, one) => sum + one.cents, 0n);
}

/** In whole numbers only: 12.5 % of software and 4 % of services, one half-up rounding at the end. */
function expected(wanted: Items): bigint {
  const thousandths = centsOf(wanted, 'software') * 125n + centsOf(wanted, 'service') * 40n;
  return (thousandths + 500n) / 1000n;
}

function outcome(plan: Plan, change: Partial<CalculationInput>): bigint | string {
  const result = calculate(plan, { ...WON, ...change });
  if ('hold' in result) return result.hold;
  const [only] = result.lines;
  expect(replayTrace(only?.trace.steps ?? [], only?.currency ?? '')).toBe(only?.amountMinor);
  return only?.amountMinor ?? 'no line';
}

function stepsOf(plan: Plan, change: Partial<CalculationInput>): readonly Step[] {
  const result = calculate(plan, { ...WON, ...change });
  return 'hold' in result ? [] : (result.lines[0]?.trace.steps ?? []);
}

describe('a plan by line items', () => {
  it('pays each base by its own rate, to the cent, whatever the products', () => {
    fc.assert(
      fc.property(items, (wanted) => {
        const amount = formatDecimal({ minor: centsOf(wanted), currency: 'USD' });
        expect(outcome(planOf(), { amount, lines: toLines(wanted) })).toBe(expected(wanted));
      }),
    );
  });

  it('has every cent of the amount in exactly one part of the trace', () => {
    fc.assert(
      fc.property(items, fc.bigInt(0n, 100_000n), (wanted, more) => {
        const whole = centsOf(wanted) + more;
        const amount = formatDecimal({ minor: whole, currency: 'USD' });
        const steps = stepsOf(planOf(), { amount, lines: toLines(wanted) });
        const [first] = steps;
        const of = first?.calculate?.op === 'sum' ? first.calculate.of : [];
        const cents = of.map((part) => BigInt(Math.round(Number(part) * 100)));
        expect(cents.reduce((sum, part) => sum + part, 0n)).toBe(whole);
        expect(cents).toEqual([...wanted.map((one) => one.cents), ...(more > 0n ? [more] : [])]);
        const paid = steps.filter(({ step, calculate }) => step === 'rate' && calculate?.op === 'percent');
        expect(paid).toHaveLength(wanted.filter(({ kind }) => kind !== 'other').length);
      }),
    );
  });

  it('says what each base is made of, what earns nothing, and what the amount differs', () => {
    const lines = [line(1, 'software', 80_000n), line(2, 'service', 10_000n), line(3, 'other', 5_000n)];
    const result = calculate(planOf(), { ...WON, lines });
    expect('hold' in result ? result : result.lines[0]?.trace.sentence).toBe(
      'GTX Pro: 800.00 USD; Setup: 100.00 USD; ' +
        '12.5 % of 800.00 USD = 100.00 USD; licences, Gold tier since 2026-03-01; ' +
        '4 % of 100.00 USD = 4.00 USD; services, Gold tier since 2026-03-01; together 104.00 USD; ' +
        'other products 50.00 USD earn nothing; difference to the line items 50.00 USD earn nothing',
    );
  });

  it('holds what the plan leaves open instead of guessing', () => {
    const hold = planOf((text) => text.replace('otherProducts: nothing', 'otherProducts: hold'));
    const strict = planOf((text) => text.replace('difference: nothing', 'difference: hold'));
    expect(outcome(hold, { amount: '1.00', lines: [line(1, 'other', 100n)] })).toBe('product-not-in-plan');
    expect(outcome(strict, { amount: '1.01', lines: [line(1, 'software', 100n)] })).toBe(
      'difference-not-in-plan',
    );
    expect(outcome(strict, { amount: '5.00', lines: [] })).toBe('difference-not-in-plan');
    expect(outcome(planOf(), {})).toBe('line-items-missing');
    const foreign = { ...line(1, 'software', 100n), currency: 'EUR' };
    expect(outcome(planOf(), { amount: '1.00', lines: [foreign] })).toBe('line-item-currency');
  });

  it('pays the difference and the rest like the plan where it says so', () => {
    const all = planOf((text) =>
      text
        .replace('otherProducts: nothing', 'otherProducts: plan-rates')
        .replace('difference: nothing', 'difference: as-other-products'),
    );
    // All of it at 12.5 %, services at 4 %.
    const lines = [line(1, 'service', 10_000n), line(2, 'other', 20_000n)];
    expect(outcome(all, { amount: '1000.00', lines })).toBe(11_650n);
  });

  it('finds a trace that lost a part', () => {
    const lines = [line(1, 'software', 80_000n), line(2, 'service', 20_000n)];
    const steps = stepsOf(planOf(), { lines });
    const lost = steps.filter(({ calculate }) => calculate?.op !== 'percent' || calculate.of !== '200');
    expect(lost).toHaveLength(steps.length - 1);
    expect(replayTrace(steps, 'USD')).toBe(10_800n);
    expect(() => replayTrace(lost, 'USD')).toThrow(TraceFault);
  });
});

describe('a deal the partner did not bring', () => {
  it('waits for a rule of the plan', () => {
    const plan = planOf((text) => text.replace(/basis[^]*$/, DEAL_AMOUNT));
    expect(outcome(plan, { influence: 'influenced' })).toBe('influence-not-in-plan');
    expect(outcome(plan, { influence: 'renewal' })).toBe('influence-not-in-plan');
    expect(outcome(plan, {})).toBe(12_500n);
  });

  it('earns the share the plan names, and nothing even where a minimum lifts others', () => {
    const rules = `${DEAL_AMOUNT}influenced: { share: 40 }\nrenewals: nothing\nminimum: { amounts: { USD: 60.00 }, below: raise-to-it }\n`;
    const plan = planOf((text) => text.replace(/basis[^]*$/, rules));
    expect(outcome(plan, { influence: 'influenced' })).toBe(6_000n);
    expect(outcome(plan, { influence: 'influenced', amount: '2000.00' })).toBe(10_000n);
    expect(outcome(plan, { influence: 'renewal' })).toBe(0n);
  });
});

const DEAL_AMOUNT = `basis: deal-amount
currency: deal
tiers: { gold: { rate: 12.5 } }
otherTiers: hold
`;

describe('line items that change after the win', () => {
  let database: TestDatabase;
  let money: MoneyTest;
  let partner: t1.SeededPartner;

  beforeAll(async () => {
    database = await createTestDatabase();
    money = moneyTest(database.db);
    await t1.seedConnection(database.db);
    const read = readPlan(TEXT);
    if ('faults' in read) throw new Error(JSON.stringify(read.faults));
    await publishPlan(database.db, money.clock, { ...read, source: TEXT, publishedBy: 'test' });
    partner = await t1.seedPartner(database.db, { key: 'gold', tiers: { '2020-01-01': 'Gold' } });
  });
  afterAll(() => database.drop());

  it('post the difference each time, and all of it can be computed again', async () => {
    const deals = await t1.seedDeals(database.db, partner, 100);
    await fc.assert(
      fc.asyncProperty(fc.array(items, { minLength: 1, maxLength: 5 }), async (changes) => {
        const dealId = deals.pop() ?? '';
        await t1.win(database.db, dealId, { amountMinor: 0n, wonAt: new Date('2026-05-01T00:00:00Z') });
        for (const wanted of changes) {
          await t1.changeLines(database.db, dealId, centsOf(wanted), toLines(wanted));
          await computeUntilIdle(money);
          expect(await ledger(dealId)).toBe(expected(wanted));
        }
      }),
      { numRuns: 15 },
    );
    expect(await recomputeLedger(database.db)).toMatchObject({ discrepancies: [] });
  });

  async function ledger(dealId: string): Promise<bigint> {
    const [row] = await database.db.query<{ sum: bigint }>(
      'SELECT coalesce(sum(amount_minor), 0)::bigint AS sum FROM commission_entries WHERE deal_id = $1',
      [dealId],
    );
    return row?.sum ?? -1n;
  }
});
