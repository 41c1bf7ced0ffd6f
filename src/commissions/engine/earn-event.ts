/** A win, an invoice or a payment: it moves the counters, and the rules pay on it. */
import { countEvent, type CountingPartner } from './attainment.ts';
import { baseFor } from './base-setting.ts';
import { addSpan } from './days.ts';
import { earn, type Earned } from './earn.ts';
import type { DealEvent } from './events.ts';
import { noteCounted } from './lower-counters.ts';
import { postEntry } from './post-entry.ts';
import { silentBook, type Base, type RunState } from './run-state.ts';
import type { Reading } from './setting.ts';
import { sharePay, type Paid } from './share-pay.ts';
import { creditsOf, leadOf, type Credit } from './split.ts';
import { passes } from './test-conditions.ts';

export function earnEvent(run: RunState, event: DealEvent): void {
  const credits = creditsOf(run.plan, event.deal);
  const settings = credits.map((credit) => baseFor(run, event, credit));
  const eligible = settings.filter(({ facts }) => passes(run.plan.when, facts));
  if (eligible.length === 0) return;
  const counting: CountingPartner[] = settings.map((base, index) => ({
    setting: { ...base, share: '100', earned: [], book: silentBook },
    role: credits[index]?.role ?? null,
    share: credits[index]?.share ?? '100',
  }));
  const readings = countEvent(run.plan, run.windows, counting);
  for (const base of settings) base.readings = readings.get(base.partner) ?? new Map();
  const paid = paidFor(run, event, credits, settings);
  for (const one of paid) postEntry(run, event, one);
  fillWindows(run, event, counting, readings);
  noteCounted(run, event, counting, readings);
  for (const { partner } of credits) run.seen.add(partner);
}

function paidFor(
  run: RunState,
  event: DealEvent,
  credits: readonly Credit[],
  settings: readonly Base[],
): Paid[] {
  const plan = run.plan;
  const sharing = { plan, directory: run.directory, credits };
  if (plan.split?.of === 'basis') {
    const all = settings.flatMap((base) =>
      earn(plan, base, base.partner).map((earned) => ({ earned, base })),
    );
    return groupPay(all).flatMap(({ base, earned }) => sharePay({ ...sharing, base }, earned));
  }
  const lead = leadOf(plan, credits, event.deal);
  const base = settings.find(({ partner }) => partner === lead.partner) ?? settings[0];
  if (!base) return [];
  return sharePay(
    { ...sharing, base: { ...base, share: '100' } },
    earn(plan, { ...base, share: '100' }, 'deal'),
  );
}

function groupPay(all: readonly { earned: Earned; base: Base }[]): { base: Base; earned: Earned[] }[] {
  const groups = new Map<Base, Earned[]>();
  for (const { earned, base } of all) groups.set(base, [...(groups.get(base) ?? []), earned]);
  return [...groups].map(([base, earned]) => ({ base, earned }));
}

function fillWindows(
  run: RunState,
  event: DealEvent,
  counting: readonly CountingPartner[],
  readings: ReadonlyMap<string, ReadonlyMap<string, Reading>>,
): void {
  const done = new Set<string>();
  for (const [name, counter] of Object.entries(run.plan.counters ?? {})) {
    if (typeof counter.per !== 'object') continue;
    const { rolling } = counter.per;
    for (const { setting } of counting) {
      const reading = readings.get(setting.partner)?.get(name);
      const key = reading?.key.slice(0, -`|${event.day}`.length);
      if (!reading || key === undefined || done.has(key)) continue;
      done.add(key);
      const kept = (run.windows.get(key) ?? []).filter(({ day }) => addSpan(day, rolling) > event.day);
      const value = reading.after.minus(reading.before);
      run.windows.set(key, value.isZero() ? kept : [...kept, { day: event.day, value }]);
    }
  }
}
