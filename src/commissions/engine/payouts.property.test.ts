import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anyHistory } from '../../../test/properties/any-history.ts';
import { anyPlan } from '../../../test/properties/any-plan.ts';
import { dealsOf, planOf } from '../../../test/properties/one-rule-plan.ts';
import { runs } from '../../../test/properties/runs.ts';
import { Exact } from '../exact.ts';
import { runFull } from '../run-full.ts';
import { roundingModes } from '../language/currencies.ts';
import { roundTo } from './round.ts';

const cents = fc.integer({ min: 1, max: 900_000 }).map((n) => (n / 100).toFixed(2));
const day = fc
  .integer({ min: 0, max: 700 })
  .map((n) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString().slice(0, 10));
const sales = fc.array(fc.record({ amount: cents, wonAt: day }), { minLength: 1, maxLength: 6 });
const mode = fc.constantFrom(...roundingModes);
const ten = { rate: { percent: '10' } };
const monthly = { per: 'month', currency: 'plan' };

test('raised to the minimum: what is paid is what was earned or the minimum, and nothing for nothing', () => {
  fc.assert(
    fc.property(sales, fc.integer({ min: 1, max: 900 }), (list, least) => {
      const minimum = { amount: String(least), below: 'raise-to-it' };
      const { periods } = runFull(planOf([ten], { payout: { ...monthly, minimum } }), dealsOf(...list));
      for (const { earned, payable, carriedOut } of periods) {
        const want = new Exact(earned).isZero() ? new Exact(0) : Exact.max(earned, least);
        expect(payable).toBe(want.toFixed(2));
        expect(carriedOut).toBe('0.00');
      }
    }),
    runs,
  );
});

test('rounded by period: each is the exact sum of its entries, rounded once; nothing is carried', () => {
  fc.assert(
    fc.property(sales, mode, fc.integer({ min: 1, max: 99_999 }), (list, how, rate) => {
      const rounding = { mode: how, scale: 'currency', stage: 'period' };
      const rule = { rate: { percent: (rate / 1000).toFixed(3) } };
      const { periods, entries } = runFull(planOf([rule], { rounding, payout: monthly }), dealsOf(...list));
      for (const { period, payable } of periods) {
        const own = entries.filter(({ at }) => at.startsWith(period));
        const sum = Exact.sum(0, ...own.map(({ amount }) => amount));
        expect(payable).toBe(roundTo(sum, 2, how).toFixed(2));
      }
      const due = Exact.sum(0, ...list.map(({ amount }) => amount))
        .times(rate)
        .dividedBy(100_000);
      expect(Exact.sum(0, ...entries.map(({ amount }) => amount)).toFixed(9)).toBe(due.toFixed(9));
    }),
    runs,
  );
});

test('any plan rounded by period: what is paid is in whole cents, and less than a cent a period off the exact account', () => {
  fc.assert(
    fc.property(
      anyPlan({ rounding: mode.map((how) => ({ mode: how, scale: 'currency', stage: 'period' })) }),
      anyHistory,
      (plan, input) => {
        const { periods } = runFull(plan, input);
        for (const one of periods) {
          expect(new Exact(one.payable).decimalPlaces()).toBeLessThanOrEqual(2);
          const net = Exact.sum(one.carriedIn, one.earned, one.released, one.drawPaid)
            .minus(one.heldBack)
            .minus(one.clawedBack)
            .minus(one.drawRepaid);
          const spent = Exact.sum(one.payable, one.forfeited, one.carriedOut);
          expect(net.minus(spent).abs().lessThan('0.01')).toBe(true);
        }
      },
    ),
    runs,
  );
});

test('paid in another currency: the amount at the rate of the day, rounded to that currency', () => {
  const rates = fc.uniqueArray(fc.record({ on: day, rate: fc.integer({ min: 1, max: 99_999 }) }), {
    minLength: 1,
    maxLength: 4,
    selector: ({ on }) => on,
  });
  const currency = fc.constantFrom(['USD', 2] as const, ['JPY', 0] as const, ['KWD', 3] as const);
  fc.assert(
    fc.property(sales, rates, currency, mode, fc.boolean(), (list, known, [to, places], how, isEnd) => {
      const always = { on: '2020-01-01', rate: 12_345 };
      const all = [always, ...known];
      const plan = planOf([ten], {
        rounding: { mode: how, scale: 'currency', stage: 'rule' },
        exchange: {
          date: 'won',
          convert: 'basis',
          inverse: 'refused',
          rates: all.map(({ on, rate }) => ({
            from: 'EUR',
            to,
            rate: (rate / 1000).toFixed(3),
            on,
            source: 'bank',
          })),
        },
        payout: { per: 'month', currency: to, exchangeOn: isEnd ? 'period-end' : 'period-start' },
      });
      for (const one of runFull(plan, dealsOf(...list)).periods) {
        const at = isEnd ? one.to : one.from;
        const latest =
          all.filter(({ on }) => on <= at).toSorted((a, b) => (a.on < b.on ? 1 : -1))[0] ?? always;
        const want = roundTo(new Exact(one.payable).times(latest.rate).dividedBy(1000), places, how);
        expect(one.paid).toEqual({ amount: want.toFixed(places), currency: to });
      }
    }),
    runs,
  );
});
