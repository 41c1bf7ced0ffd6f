/** Rules that are earned once a period. */
import type { FullPlan } from '../language/full-plan.ts';
import type { PeriodKind } from '../language/periods.ts';
import { baseFor } from './base-setting.ts';
import type { Stretch } from './days.ts';
import { earn } from './earn.ts';
import type { DealEvent } from './events.ts';
import { Hold } from './hold.ts';
import type { Deal } from './input.ts';
import { postEntry } from './post-entry.ts';
import { readingsAt } from './read-counters.ts';
import { isAway } from './prorate.ts';
import type { Base, RunState } from './run-state.ts';
import type { Setting } from './setting.ts';
import { sharePay } from './share-pay.ts';

/** Rules that are earned once a period, for every partner that is known. */
export function earnOfPeriod(run: RunState, kind: PeriodKind, stretch: Stretch): void {
  if (!run.plan.rules.some(({ earnOn }) => earnOn === kind)) return;
  closeWhatStood(run, kind, stretch);
  for (const partner of [...new Set([...run.seen, ...run.directory.keys()])].toSorted()) {
    const event = periodEvent(kind, stretch, partner, run.plan.currency);
    try {
      const base = baseFor(run, event, { partner, role: null, share: '100' });
      base.share = '100';
      base.readings = readingsAt(run, base, stretch, kind);
      if (isAway(stretch, base.directory) && hasRested(base)) continue;
      const all = earn(run.plan, base, partner, earnedIn(run, partner, stretch));
      const credits = [{ partner, role: null, share: '100' }];
      for (const one of sharePay(
        { plan: withoutSplit(run.plan), directory: run.directory, credits, base },
        all,
      ))
        postEntry(run, event, one);
      run.tally.commit();
    } catch (thrown) {
      run.tally.rollback();
      if (!(thrown instanceof Hold)) throw thrown;
      run.options.onHeld({
        deal: null,
        partner,
        event: kind,
        at: stretch.to,
        reason: thrown.reason,
        explanation: thrown.message,
      });
    }
  }
}

/** Nothing came in for somebody who had not joined yet, or had left: there is nothing to earn, and no quota to miss. */
function hasRested({ readings }: Base): boolean {
  return [...readings.values()].every(({ before, after }) => before.equals(after));
}

function withoutSplit(plan: FullPlan): FullPlan {
  return { ...plan, split: undefined };
}

function periodEvent(kind: PeriodKind, { name, to }: Stretch, partner: string, currency: string): DealEvent {
  const deal: Deal = {
    deal: name,
    partner,
    amount: null,
    currency: currency === 'deal' ? null : currency,
    wonAt: to,
  };
  return { kind, at: to, day: to, deal, number: 1, amount: null };
}

/** What stood before the first period of the input belongs to periods that are closed. */
function closeWhatStood(run: RunState, kind: PeriodKind, { from }: Stretch): void {
  if (run.stoodClosed.has(kind)) return;
  run.stoodClosed.add(kind);
  for (const { key, at, value } of run.stood) if (at < from) run.tally.add(`closed|${kind}|${key}`, value);
  run.tally.commit();
}

/** Where counters stand now is where the next period of this kind begins. */
export function markClosed(run: RunState, kind: PeriodKind): void {
  for (const [key, value] of run.tally.entries('counter|')) {
    const closed = `closed|${kind}|${key}`;
    run.tally.add(closed, value.minus(run.tally.get(closed)));
  }
  run.tally.commit();
}

function earnedIn(run: RunState, partner: string, stretch: Stretch): Setting['earned'] {
  return run.tally
    .entries('earned|')
    .filter(([key]) => key.endsWith(`|${stretch.name}`) && key.split('|')[2] === partner)
    .map(([key, amount]) => ({ rule: key.split('|')[1] ?? '', amount, currency: key.split('|')[3] ?? '' }));
}
