import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dealsOf, planOf, yearlySales } from '../../../test/properties/one-rule-plan.ts';
import { runs } from '../../../test/properties/runs.ts';
import { Exact } from '../exact.ts';
import { runFull, type FullTrial } from '../run-full.ts';

const exact = { rounding: { mode: 'half-up', scale: '12', stage: 'rule' } };
const cents = fc.integer({ min: 1, max: 9_000_000 }).map((n) => (n / 100).toFixed(2));
const percent = fc.integer({ min: 0, max: 4000 }).map((n) => String(n / 100));
/** A day of 2026 or 2027. */
const day = fc
  .integer({ min: 0, max: 700 })
  .map((n) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString().slice(0, 10));
const sale = fc.record({ amount: cents, wonAt: day });
const sales = fc.array(sale, { minLength: 1, maxLength: 6 });
const counted = { counter: 'sales', as: 'value' };

function total({ entries }: FullTrial): Exact {
  return Exact.sum(0, ...entries.map(({ amount }) => amount));
}

describe('a gate', () => {
  test('pays beyond it what the rate gives of all that lies beyond it, in whatever deals it came', () => {
    fc.assert(
      fc.property(percent, cents, cents, cents, (rate, edge, a, b) => {
        const gate = { on: counted, atLeast: edge, pays: 'beyond' };
        const paid = total(
          runFull(planOf([{ rate: { percent: rate }, gate }], exact), dealsOf({ amount: a }, { amount: b })),
        );
        const beyond = Exact.max(0, new Exact(a).plus(b).minus(edge));
        expect(paid.toFixed(8)).toBe(beyond.times(rate).dividedBy(100).toFixed(8));
      }),
      runs,
    );
  });

  test('pays from the first all or nothing, and never less than the other kinds', () => {
    fc.assert(
      fc.property(percent, cents, cents, cents, (rate, edge, a, b) => {
        const paid = (pays: string): Exact =>
          total(
            runFull(
              planOf([{ rate: { percent: rate }, gate: { on: counted, atLeast: edge, pays } }], exact),
              dealsOf({ amount: a }, { amount: b }),
            ),
          );
        const all = new Exact(a).plus(b);
        const first = paid('from-first');
        const whole = all.lessThan(edge) ? '0' : all.times(rate).dividedBy(100).toFixed();
        expect(first.toFixed(8)).toBe(new Exact(whole).toFixed(8));
        expect(first.greaterThanOrEqualTo(paid('whole-event'))).toBe(true);
        expect(paid('whole-event').greaterThanOrEqualTo(paid('beyond'))).toBe(true);
        expect(paid('whole-event').greaterThanOrEqualTo(paid('later'))).toBe(true);
      }),
      runs,
    );
  });
});

test('multipliers multiply, in any order', () => {
  const factor = fc.integer({ min: 0, max: 300 }).map((n) => String(n / 100));
  fc.assert(
    fc.property(percent, cents, factor, factor, (rate, amount, x, y) => {
      const paid = (...factors: string[]): string =>
        total(
          runFull(
            planOf([{ rate: { percent: rate }, multipliers: factors.map((times) => ({ times })) }], exact),
            dealsOf({ amount }),
          ),
        ).toFixed(8);
      expect(paid(x, y)).toBe(paid(y, x));
      const by = new Exact(amount).times(rate).dividedBy(100).times(x).times(y);
      expect(paid(x, y)).toBe(by.toFixed(8));
    }),
    runs,
  );
});

test('between two points the rate lies between theirs, and at a point it is that point’s', () => {
  const point = fc.record({
    at: fc.integer({ min: 1, max: 50_000 }),
    rate: fc.integer({ min: 0, max: 4000 }),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(point, { minLength: 2, maxLength: 5, selector: ({ at }) => at }),
      fc.integer({ min: 1, max: 6_000_000 }),
      (points, amountMinor) => {
        const rows = points.toSorted((x, y) => x.at - y.at);
        const table = rows.map(({ at, rate }) => ({ at: String(at), percent: String(rate / 100) }));
        const rate = { points: { on: 'event', mode: 'step', below: 'first', above: 'last', table } };
        const plan = planOf([{ rate }], exact);
        const rateAt = (amount: string): Exact =>
          total(runFull(plan, dealsOf({ amount })))
            .times(100)
            .dividedBy(amount);
        const amount = amountMinor / 100;
        const lower = rows.findLast(({ at }) => at <= amount) ?? rows[0];
        const upper = rows.find(({ at }) => at >= amount) ?? rows.at(-1);
        const edges = [lower?.rate ?? 0, upper?.rate ?? 0].map((one) => one / 100);
        const found = rateAt(amount.toFixed(2));
        // Pay is rounded to twelve decimals, so the rate found from it is a little off.
        expect(found.plus('0.0000001').greaterThanOrEqualTo(Math.min(...edges))).toBe(true);
        expect(found.minus('0.0000001').lessThanOrEqualTo(Math.max(...edges))).toBe(true);
        for (const { at, rate: own } of rows)
          expect(rateAt(String(at)).toFixed(6)).toBe((own / 100).toFixed(6));
      },
    ),
    runs,
  );
});

test('a rolling counter holds what the days of its window sum up to', () => {
  fc.assert(
    fc.property(sales, fc.integer({ min: 1, max: 400 }), fc.boolean(), (list, days, isBefore) => {
      const counters = {
        sales: {
          of: 'amount',
          on: 'won',
          scope: 'partner',
          per: { rolling: { days: String(days) } },
          credit: 'full',
        },
      };
      const table = [
        { from: '0', to: '200000', percent: '1' },
        { from: '200000', percent: '2' },
      ];
      const bands = {
        on: counted,
        mode: 'step',
        reads: isBefore ? 'before' : 'after',
        boundary: 'upper',
        table,
      };
      const { entries } = runFull(planOf([{ rate: { bands } }], { ...exact, counters }), dealsOf(...list));
      const time = (at: string): number => Date.parse(`${at}T00:00:00Z`) / 86_400_000;
      const inOrder = list.map((one, index) => ({ ...one, deal: `D${index}` })).toSorted(byDay);
      inOrder.forEach(({ amount, wonAt, deal }, index) => {
        const window = inOrder.slice(0, index).filter((one) => time(one.wonAt) + days > time(wonAt));
        const before = Exact.sum(0, ...window.map((one) => one.amount));
        const read = isBefore ? before : before.plus(amount);
        const rate = read.lessThan(200_000) ? 1 : 2;
        const entry = entries.find((one) => one.deal === deal);
        expect(new Exact(entry?.amount ?? 'NaN').toFixed(8)).toBe(
          new Exact(amount).times(rate).dividedBy(100).toFixed(8),
        );
      });
    }),
    runs,
  );
});

function byDay(a: { wonAt: string; deal: string }, b: { wonAt: string; deal: string }): number {
  return a.wonAt < b.wonAt ? -1 : a.wonAt > b.wonAt ? 1 : a.deal < b.deal ? -1 : 1;
}

test('line by line pays what the lines pay together, and rounded by line each is off by half a cent at most', () => {
  fc.assert(
    fc.property(fc.array(cents, { minLength: 1, maxLength: 8 }), percent, (totals, rate) => {
      const lines = totals.map((one, index) => ({ id: `L${index}`, total: one }));
      const paid = (basis: string, parts: Record<string, unknown>): Exact =>
        total(runFull(planOf([{ basis, rate: { percent: rate } }], parts), dealsOf({ amount: '1', lines })));
      const together = paid('lines', exact);
      expect(paid('each-line', exact).toFixed(8)).toBe(together.toFixed(8));
      const byLine = paid('each-line', { rounding: { mode: 'half-up', scale: 'currency', stage: 'line' } });
      const most = new Exact('0.005').times(lines.length);
      expect(byLine.minus(together).abs().lessThanOrEqualTo(most)).toBe(true);
    }),
    runs,
  );
});

test.each(['month', 'quarter', 'half-year', 'year', 'ever'])(
  'a cap of a %s pays of each exactly what it earns, or the cap',
  (per) => {
    fc.assert(
      fc.property(
        sales,
        fc.integer({ min: 1, max: 20_000 }),
        fc.constantFrom('1', '4', '7'),
        (list, cap, first) => {
          const limits = [{ per, atMost: String(cap) }];
          const parts = { yearStartsIn: first, ...exact };
          const spanOf = (at: string): string => {
            const months = Number(at.slice(0, 4)) * 12 + Number(at.slice(5, 7)) - Number(first);
            const length = { month: 1, quarter: 3, 'half-year': 6, year: 12, ever: 1e9 }[per] ?? 0;
            return String(Math.floor(months / length));
          };
          const sums = (plan: ReturnType<typeof planOf>): Map<string, Exact> => {
            const found = new Map<string, Exact>();
            for (const { at, amount } of runFull(plan, dealsOf(...list)).entries)
              found.set(spanOf(at), (found.get(spanOf(at)) ?? new Exact(0)).plus(amount));
            return found;
          };
          const free = sums(planOf([{ rate: { percent: '10' } }], parts));
          for (const [span, sum] of sums(planOf([{ rate: { percent: '10' }, limits }], parts)))
            expect(sum.toFixed(8)).toBe(Exact.min(cap, free.get(span) ?? 0).toFixed(8));
        },
      ),
      runs,
    );
  },
);

test('each currency of a plan in the currency of the deal is as if it were alone', () => {
  const anySale = fc.record({ amount: cents, wonAt: day, currency: fc.constantFrom('EUR', 'USD', 'JPY') });
  fc.assert(
    fc.property(fc.array(anySale, { minLength: 1, maxLength: 6 }), percent, (list, rate) => {
      const table = [
        { from: '0', to: '30000', percent: rate },
        { from: '30000', percent: '2.5' },
      ];
      const bands = { on: counted, mode: 'marginal', boundary: 'upper', table };
      const plan = planOf([{ rate: { bands } }], {
        currency: 'deal',
        counters: yearlySales,
        payout: { per: 'month', currency: 'plan' },
      });
      const named = list.map((one, index) => ({ ...one, deal: `D${index}` }));
      const all = runFull(plan, dealsOf(...named));
      for (const currency of ['EUR', 'USD', 'JPY']) {
        const alone = runFull(plan, dealsOf(...named.filter((one) => one.currency === currency)));
        const own = all.entries.filter((one) => one.currency === currency);
        expect(own.map(({ deal, amount }) => [deal, amount])).toEqual(
          alone.entries.map(({ deal, amount }) => [deal, amount]),
        );
        const paid = (trial: FullTrial): string[] =>
          trial.periods.filter((one) => one.currency === currency).map(({ payable }) => payable);
        expect(paid(all).filter((one) => Number(one) > 0)).toEqual(
          paid(alone).filter((one) => Number(one) > 0),
        );
      }
    }),
    runs,
  );
});
