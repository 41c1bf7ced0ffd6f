import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calculate } from './calculate.ts';
import type { CalculationInput } from './calculate.ts';
import type { Plan } from './plan.ts';
import { readPlan } from './read-plan.ts';
import { TraceFault } from './engine/trace.ts';
import { replayTrace } from './trace.ts';

const BASE = `
plan: test
version: 1
effectiveFrom: 2026-01-01
basis: deal-amount
currency: deal
tiers:
  Gold: { rate: 12 }
  silver: { rate: 7.125 }
otherTiers: hold
`;

function planOf(text: string): Plan {
  const read = readPlan(text);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  return read.plan;
}

const WON: CalculationInput = {
  amount: '40000.00',
  currency: 'USD',
  wonAt: '2026-05-01T00:00:00.000Z',
  tier: 'gold',
  tierSince: '2026-03-01',
};

/** The minor units of the one line, or the reason of the hold. */
function outcome(plan: Plan, change: Partial<CalculationInput>): bigint | string {
  const result = calculate(plan, { ...WON, ...change });
  if ('hold' in result) return result.hold;
  const [line, ...others] = result.lines;
  expect(others).toEqual([]);
  expect(replayTrace(line?.trace.steps ?? [], line?.currency ?? '')).toBe(line?.amountMinor);
  return line?.amountMinor ?? 'no line';
}

function sentence(plan: Plan, change: Partial<CalculationInput>): string {
  const result = calculate(plan, { ...WON, ...change });
  return 'hold' in result ? result.explanation : (result.lines[0]?.trace.sentence ?? '');
}

describe('the calculation', () => {
  it('rounds once, half-up, to the decimals of the currency', () => {
    const plan = planOf(BASE);
    // 7.125 % of 100.00 = 7.125: a half goes up. Of 99.99: 7.1242875.
    expect(outcome(plan, { tier: 'Silver', amount: '100.00' })).toBe(713n);
    expect(outcome(plan, { tier: 'Silver', amount: '99.99' })).toBe(712n);
    expect(outcome(plan, { amount: '1234', currency: 'JPY' })).toBe(148n);
    expect(outcome(plan, { amount: '1.234', currency: 'KWD' })).toBe(148n);
    expect(sentence(plan, { tier: 'silver', amount: '100.00' })).toBe(
      '7.125 % of 100.00 USD = 7.125 USD; Silver tier since 2026-03-01; rounded to 7.13 USD',
    );
  });

  it('computes amounts exactly that a float cannot hold', () => {
    const plan = planOf(BASE);
    expect(outcome(plan, { amount: '90071992547409.93' })).toBe(1_080_863_910_568_919n);
    expect(outcome(plan, { amount: '0.1', tier: 'gold' })).toBe(1n);
  });

  it('caps before rounding and says whether the cap was reached', () => {
    const plan = planOf(`${BASE}cap: { USD: 5000.00 }\n`);
    expect(outcome(plan, { amount: '41666.67' })).toBe(500_000n);
    expect(outcome(plan, { amount: '99999' })).toBe(500_000n);
    expect(sentence(plan, { amount: '99999' })).toContain(
      '= 11,999.88 USD; Gold tier since 2026-03-01; cap 5,000.00 reached',
    );
    expect(sentence(plan, {})).toBe(
      '12 % of 40,000.00 USD = 4,800.00 USD; Gold tier since 2026-03-01; cap 5,000.00 not reached',
    );
    expect(outcome(plan, { currency: 'EUR' })).toBe('cap-missing-for-currency');
  });

  it.each([
    ['pay-nothing', 0n],
    ['raise-to-it', 1_000n],
  ])('below the minimum: %s', (below, expected) => {
    const plan = planOf(`${BASE}minimum: { amounts: { USD: 10.00 }, below: ${below} }\n`);
    expect(outcome(plan, { amount: '50.00' })).toBe(expected);
    expect(outcome(plan, { amount: '1000.00' })).toBe(12_000n);
    expect(outcome(plan, { amount: '0' })).toBe(0n);
    expect(outcome(plan, { currency: 'EUR' })).toBe('minimum-missing-for-currency');
  });

  it('keeps cap and minimum apart: neither uses up the other', () => {
    const both = 'cap: { USD: 50.00 }\nminimum: { amounts: { USD: 20.00 }, below: raise-to-it }\n';
    const plan = planOf(BASE + both);
    expect(outcome(plan, { amount: '100.00' })).toBe(2_000n);
    expect(outcome(plan, { amount: '200.00' })).toBe(2_400n);
    expect(outcome(plan, { amount: '1000.00' })).toBe(5_000n);
  });

  it('converts by the plan’s own table and never by a guess', () => {
    const plan = planOf(
      BASE.replace('currency: deal', 'currency: USD') +
        'rates:\n  - { from: EUR, to: USD, rate: 1.0842, source: ECB 2026-04-30 }\n',
    );
    expect(outcome(plan, { amount: '1000.00', currency: 'EUR' })).toBe(13_010n);
    expect(sentence(plan, { amount: '1000.00', currency: 'EUR' })).toBe(
      '1,000.00 EUR at 1.0842 of 2026-01-01 (ECB 2026-04-30) = 1,084.20 USD; 12 % of 1,084.20 USD = 130.104 USD; ' +
        'Gold tier since 2026-03-01; rounded to 130.10 USD',
    );
    expect(outcome(plan, { currency: 'GBP' })).toBe('rate-missing-for-currency');
  });

  it.each<[string, Partial<CalculationInput>]>([
    ['tier-missing', { tier: null }],
    ['tier-not-in-plan', { tier: 'bronze' }],
    ['amount-missing', { amount: null }],
    ['amount-negative', { amount: '-1.00' }],
    ['currency-missing', { currency: null }],
    ['currency-unknown', { currency: 'ZZZ' }],
    ['no-plan-in-effect', { wonAt: '2025-12-31T23:59:59.999Z' }],
  ])('holds with the reason %s', (reason, change) => {
    expect(outcome(planOf(BASE), change)).toBe(reason);
  });

  it('pays other tiers only what the plan says of them', () => {
    const plan = planOf(BASE.replace('otherTiers: hold', 'otherTiers: { rate: 3 }'));
    expect(outcome(plan, { tier: 'bronze', amount: '100.00' })).toBe(300n);
    expect(outcome(plan, { tier: null, amount: '100.00' })).toBe(300n);
  });

  it('always leaves a trace that leads to the amount, for any amount and rate', () => {
    const decimal = fc.tuple(fc.bigInt(0n, 10n ** 15n), fc.integer({ min: 0, max: 999_999 }));
    fc.assert(
      fc.property(
        decimal,
        fc.integer({ min: 0, max: 100_000 }),
        fc.constantFrom('USD', 'JPY', 'KWD'),
        ([whole, part], rate, currency) => {
          const plan = planOf(
            BASE.replace(
              'rate: 12',
              `rate: ${Math.floor(rate / 1000)}.${String(rate % 1000).padStart(3, '0')}`,
            ),
          );
          const amount = `${whole}.${String(part).padStart(6, '0')}`;
          const exponent = { USD: 2n, JPY: 0n, KWD: 3n }[currency as 'USD'];
          // Integer arithmetic apart from the one under test: millionths of amount times thousandths of a percent.
          const scaled = (whole * 1_000_000n + BigInt(part)) * BigInt(rate) * 10n ** exponent;
          const divisor = 10n ** 11n;
          expect(outcome(plan, { amount, currency })).toBe((2n * scaled + divisor) / (2n * divisor));
        },
      ),
    );
  });
});

describe('a trace', () => {
  it('does not replay once any step of it is changed', () => {
    const result = calculate(planOf(`${BASE}cap: { USD: 5000.00 }\n`), WON);
    if ('hold' in result) throw new Error(result.explanation);
    const steps = result.lines[0]?.trace.steps ?? [];
    expect(replayTrace(steps, 'USD')).toBe(480_000n);
    for (const [index, { value }] of steps.entries()) {
      if (value === undefined) continue;
      const forged = steps.map((step, at) => (at === index ? { ...step, value: '4801' } : step));
      expect(() => replayTrace(forged, 'USD')).toThrow(TraceFault);
    }
  });

  it('does not replay once a result is lost on the way', () => {
    const result = calculate(planOf(`${BASE}cap: { USD: 50.00 }\n`), WON);
    if ('hold' in result) throw new Error(result.explanation);
    const steps = result.lines[0]?.trace.steps ?? [];
    expect(replayTrace(steps, 'USD')).toBe(5_000n);
    const other = { op: 'least', of: ['4700', '50'] } as const;
    const forged = steps.map((step) => (step.step === 'limit' ? { ...step, calculate: other } : step));
    expect(() => replayTrace(forged, 'USD')).toThrow(TraceFault);
  });
});
