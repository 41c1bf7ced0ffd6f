import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { oneMonth } from '../../../test/properties/any-history.ts';
import { dealsOf, planOf } from '../../../test/properties/one-rule-plan.ts';
import { runs } from '../../../test/properties/runs.ts';
import { Exact } from '../exact.ts';
import { runFull } from '../run-full.ts';
import type { Input } from './input.ts';
import type { FullPlan } from '../language/full-plan.ts';

const exact = { rounding: { mode: 'half-up', scale: '12', stage: 'rule' } };
const cents = fc.integer({ min: 1, max: 9_000_000 }).map((n) => (n / 100).toFixed(2));

/** Edges and percentages of three bands. @param rising so that more never pays less */
const table = (rising: boolean): fc.Arbitrary<Record<string, unknown>[]> =>
  fc
    .record({
      edges: fc.uniqueArray(fc.integer({ min: 1, max: 80_000 }), { minLength: 2, maxLength: 2 }),
      rates: fc.array(fc.integer({ min: 0, max: 4000 }), { minLength: 3, maxLength: 3 }),
    })
    .map(({ edges, rates }) => {
      const [a, b] = edges.toSorted((x, y) => x - y).map(String);
      const [x, y, z] = (rising ? rates.toSorted((p, q) => p - q) : rates).map((n) => String(n / 100));
      return [
        { from: '0', to: a, percent: x },
        { from: a, to: b, percent: y },
        { from: b, percent: z },
      ];
    });
const boundary = fc.constantFrom('lower', 'upper');
const sales = { counter: 'sales', as: 'value' };

function earned(plan: FullPlan, input: Input): Exact {
  return Exact.sum(0, ...runFull(plan, input).entries.map(({ amount }) => amount));
}

describe('bands', () => {
  test('marginal: a deal cut in two pays what it pays whole', () => {
    fc.assert(
      fc.property(table(false), boundary, cents, cents, (rows, side, a, b) => {
        const plan = planOf(
          [{ rate: { bands: { on: sales, mode: 'marginal', boundary: side, table: rows } } }],
          exact,
        );
        const whole = earned(plan, dealsOf({ amount: new Exact(a).plus(b).toFixed() }));
        expect(earned(plan, dealsOf({ amount: a }, { amount: b })).toFixed()).toBe(whole.toFixed());
      }),
      runs,
    );
  });

  test('marginal: no jump at an edge, whichever side it belongs to', () => {
    fc.assert(
      fc.property(table(false), boundary, (rows, side) => {
        const plan = planOf(
          [{ rate: { bands: { on: 'event', mode: 'marginal', boundary: side, table: rows } } }],
          exact,
        );
        for (const { to } of rows) {
          if (to === undefined) continue;
          const at = earned(plan, dealsOf({ amount: String(to) }));
          for (const step of ['-0.01', '0.01']) {
            const beside = earned(plan, dealsOf({ amount: new Exact(String(to)).plus(step).toFixed() }));
            // A cent more or less of basis is at most 40 % of a cent more or less of pay.
            expect(beside.minus(at).abs().lessThanOrEqualTo('0.004')).toBe(true);
          }
        }
      }),
      runs,
    );
  });

  test.each(['marginal', 'retroactive'])(
    '%s over a period: the order of its deals does not change the total',
    (mode) => {
      fc.assert(
        fc.property(table(false), boundary, oneMonth, (rows, side, input) => {
          const plan = planOf([{ rate: { bands: { on: sales, mode, boundary: side, table: rows } } }], exact);
          const days = input.deals.map(({ wonAt }) => wonAt).toReversed();
          const moved = {
            deals: input.deals.map((deal, index) => ({ ...deal, wonAt: days[index] ?? deal.wonAt })),
          };
          expect(earned(plan, moved).toFixed()).toBe(earned(plan, input).toFixed());
        }),
        runs,
      );
    },
  );

  test.each(['marginal', 'retroactive', 'step'])(
    '%s with rising rates: more basis never pays less',
    (mode) => {
      fc.assert(
        fc.property(table(true), boundary, cents, cents, (rows, side, amount, more) => {
          const plan = planOf([
            {
              rate: { bands: { on: 'event', mode, boundary: side, table: rows } },
              limits: [{ per: 'deal', atMost: '5000', atLeast: '10' }],
            },
          ]);
          const less = earned(plan, dealsOf({ amount }));
          expect(
            earned(plan, dealsOf({ amount: new Exact(amount).plus(more).toFixed() })).greaterThanOrEqualTo(
              less,
            ),
          ).toBe(true);
          expect(less.greaterThanOrEqualTo(10) && less.lessThanOrEqualTo(5000)).toBe(true);
        }),
        runs,
      );
    },
  );
});

describe('a shared deal', () => {
  test('is paid in shares that add up to the rounded whole, none a cent off its own by more than one', () => {
    fc.assert(
      fc.property(
        cents,
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 6 }),
        fc.constantFrom('partner-key', 'listed-first'),
        (amount, weights, tie) => {
          const all = weights.reduce((sum, one) => sum + one, 0);
          const firsts = weights.slice(1).map((one) => ((one * 100) / all).toFixed(4));
          const last = new Exact(100).minus(Exact.sum(0, ...firsts)).toFixed();
          const shares = [...firsts, last];
          const split = { shares: 'deal', sum: 'exactly-100', of: 'pay', tie, lead: 'listed-first' };
          const plan = planOf([{ rate: { percent: '12.5' } }], { split });
          const partners = shares.map((share, index) => ({ partner: `p${index}`, share }));
          const { entries } = runFull(plan, dealsOf({ partner: undefined, partners, amount }));
          const whole = new Exact(amount).times('0.125');
          const paid = Exact.sum(0, ...entries.map((entry) => entry.amount));
          expect(paid.toFixed(2)).toBe(whole.toDecimalPlaces(2).toFixed(2));
          for (const { partner, amount: own } of entries) {
            const share = partners.find((one) => one.partner === partner)?.share ?? '0';
            expect(whole.times(share).dividedBy(100).minus(own).abs().lessThanOrEqualTo('0.01')).toBe(true);
          }
        },
      ),
      runs,
    );
  });
});
