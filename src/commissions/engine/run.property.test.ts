import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anyHistory } from '../../../test/properties/any-history.ts';
import { anyPlan } from '../../../test/properties/any-plan.ts';
import { runs } from '../../../test/properties/runs.ts';
import { Exact } from '../exact.ts';
import { runFull, type FullTrial } from '../run-full.ts';
import { checkSteps } from './trace.ts';

const sum = (amounts: readonly string[]): Exact => Exact.sum(0, ...amounts);

function lastValue({ trace }: FullTrial['entries'][number]): string | undefined {
  return trace.steps.findLast(({ value }) => value !== undefined)?.value;
}

/** What a limit is shared by. The year of the plan is checked by its months. */
function spanOf(per: string, { deal, partner, at, event }: FullTrial['entries'][number]): string {
  if (per === 'deal') return `${deal}`;
  if (per === 'event') return `${deal} ${event}`;
  return per === 'ever' ? partner : `${partner} ${at.slice(0, 7)}`;
}

describe('any plan over any history', () => {
  test('comes out the same when it is computed again', () => {
    fc.assert(
      fc.property(anyPlan(), anyHistory, (plan, input) => {
        expect(runFull(plan, input)).toEqual(runFull(plan, input));
      }),
      runs,
    );
  });

  test('does not depend on the order of the deals in the file', () => {
    fc.assert(
      fc.property(anyPlan(), anyHistory, (plan, input) => {
        const turned = { ...input, deals: input.deals.toReversed() };
        expect(runFull(plan, turned)).toEqual(runFull(plan, input));
      }),
      runs,
    );
  });

  test('has traces that compute again, each ending in the amount of its entry', () => {
    fc.assert(
      fc.property(anyPlan(), anyHistory, (plan, input) => {
        const { entries, periods } = runFull(plan, input);
        for (const entry of entries) {
          checkSteps(entry.trace.steps);
          expect(new Exact(lastValue(entry) ?? 'NaN').toFixed()).toBe(new Exact(entry.amount).toFixed());
        }
        for (const { steps } of periods) checkSteps(steps);
      }),
      runs,
    );
  });

  test('accounts for everything earned: paid, forfeited, carried, advanced or not released yet', () => {
    fc.assert(
      fc.property(anyPlan(), anyHistory, (plan, input) => {
        const trial = runFull(plan, input);
        for (const partner of ['p', 'q', 'r']) {
          const own = <T extends { partner: string }>(list: readonly T[]): T[] =>
            list.filter((one) => one.partner === partner);
          const periods = own(trial.periods);
          const total = (name: 'payable' | 'forfeited' | 'drawPaid' | 'drawRepaid'): Exact =>
            sum(periods.map((one) => one[name]));
          const accounted = total('payable')
            .plus(total('forfeited'))
            .minus(total('drawPaid'))
            .plus(total('drawRepaid'))
            .plus(sum(own(trial.balances).map(({ carried }) => carried)))
            .plus(sum(own(trial.pending).map(({ amount }) => amount)));
          const earned = sum(own(trial.entries).map(({ amount }) => amount));
          expect(accounted.toFixed()).toBe(earned.toFixed());
        }
      }),
      runs,
    );
  });

  test('takes back no more than each entry was, and out of payouts no more than was released', () => {
    fc.assert(
      fc.property(anyPlan(), anyHistory, (plan, input) => {
        const { entries } = runFull(plan, input);
        for (const entry of entries.filter(({ kind }) => kind === 'earned')) {
          const back = entries.filter(({ corrects }) => corrects === entry.id);
          const all = sum(back.map(({ amount }) => amount)).negated();
          expect(all.lessThanOrEqualTo(Exact.max(0, entry.amount))).toBe(true);
          let clawed = new Exact(0);
          for (const one of back.filter(({ kind }) => kind === 'clawback')) {
            clawed = clawed.minus(one.amount);
            const released = entry.releases.filter(({ at }) => at !== null && at <= one.at.slice(0, 10));
            expect(clawed.lessThanOrEqualTo(sum(released.map(({ amount }) => amount)))).toBe(true);
          }
        }
      }),
      runs,
    );
  });

  test('mixes no currencies: every entry, period and balance is in the currency of the plan', () => {
    fc.assert(
      fc.property(anyPlan(), anyHistory, (plan, input) => {
        const { entries, periods, balances, held } = runFull(plan, input);
        for (const { currency } of [...entries, ...periods, ...balances]) expect(currency).toBe('EUR');
        for (const { deal, amount, currency } of input.deals)
          if (currency === 'CHF' || amount === null)
            expect(held.some((one) => one.deal === deal && one.event === 'won')).toBe(true);
      }),
      runs,
    );
  });

  test('leaves no trace of a held event: without it everything else is the same', () => {
    fc.assert(
      fc.property(anyPlan(), anyHistory, (plan, input) => {
        // Another partner's deal on the first day: which periods are closed is the same with and without the held deals.
        const first = { deal: 'first', partner: 'z', amount: '1', currency: 'EUR', wonAt: '2025-01-01' };
        const withFirst = { ...input, deals: [first, ...input.deals] };
        const trial = runFull(plan, withFirst);
        const bad = new Set(
          input.deals
            .filter(({ deal }) => !trial.entries.some((entry) => entry.deal === deal))
            .filter(({ deal }) => trial.held.some((one) => one.deal === deal && one.event === 'won'))
            .map(({ deal }) => deal),
        );
        const asOf = '2027-12-31';
        const all = runFull(plan, { ...withFirst, asOf });
        const rest = runFull(plan, {
          ...withFirst,
          asOf,
          deals: withFirst.deals.filter(({ deal }) => !bad.has(deal)),
        });
        const kept = (trial: FullTrial): unknown =>
          trial.entries.map(({ deal, amount, at }) => [deal, amount, at]);
        expect(kept(all)).toEqual(kept(rest));
        expect(all.counters).toEqual(rest.counters);
        expect(all.totals).toEqual(rest.totals);
      }),
      runs,
    );
  });

  test('keeps the caps of a rule and of the plan, by event, deal and period', () => {
    fc.assert(
      fc.property(
        anyPlan({
          split: fc.constant({
            shares: 'deal',
            sum: 'any',
            of: 'pay',
            tie: 'partner-key',
            lead: 'listed-first',
          }),
          rounding: fc.constant({ mode: 'down', scale: 'currency', stage: 'rule' }),
        }),
        anyHistory,
        (plan, input) => {
          const earned = runFull(plan, input).entries.filter(({ kind }) => kind === 'earned');
          const { entries } = { entries: earned };
          const check = (limits: typeof plan.limits, own: typeof entries): void => {
            for (const { per, atMost } of limits ?? []) {
              const sums = new Map<string, Exact>();
              for (const entry of own) {
                const key = spanOf(per, entry);
                const total = (sums.get(key) ?? new Exact(0)).plus(entry.amount);
                sums.set(key, total);
                expect(total.lessThanOrEqualTo(String(atMost))).toBe(true);
              }
            }
          };
          for (const rule of plan.rules)
            check(
              rule.limits,
              entries.filter((one) => one.rule === rule.rule),
            );
          const fromPartners = new Set(
            plan.rules
              .filter(({ pays, earnOn }) => pays === undefined && earnOn === 'won')
              .map(({ rule }) => rule),
          );
          if (plan.rules.length === fromPartners.size) check(plan.limits, entries);
        },
      ),
      runs,
    );
  });
});
