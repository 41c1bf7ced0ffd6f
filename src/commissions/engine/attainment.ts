/** Counters: how far a partner had come before an event, and how far after it. */
import { Exact } from '../exact.ts';
import type { Counter } from '../language/counters.ts';
import type { FullPlan } from '../language/full-plan.ts';
import { isPeriodKind } from '../language/periods.ts';
import { linesOf, quietly } from './basis.ts';
import { addSpan, periodOf } from './days.ts';
import { Hold } from './hold.ts';
import { marginOfEvent } from './part-of-deal.ts';
import { prorated } from './prorate.ts';
import { amountIn, currencyOf, type Reading, type Setting } from './setting.ts';
import { passes } from './test-conditions.ts';

/** What happened within a rolling window, oldest first. */
export type Windows = Map<string, { day: string; value: Exact }[]>;

export interface CountingPartner {
  setting: Setting;
  role: string | null;
  /** Percent of the deal. */
  share: string;
}

/**
 * Adds the event to the counters of everybody who is credited with it, and says for each partner how it found and left them.
 * A counter that two partners share (of a region, say) is moved once by the deal, however many are credited.
 */
export function countEvent(
  plan: FullPlan,
  windows: Windows,
  partners: readonly CountingPartner[],
): Map<string, Map<string, Reading>> {
  const readings = new Map(partners.map(({ setting }) => [setting.partner, new Map<string, Reading>()]));
  for (const [name, counter] of Object.entries(plan.counters ?? {})) {
    const moved = new Map<string, Reading>();
    for (const credited of partners) {
      const { setting } = credited;
      const scope = scopeOf(counter, setting);
      const key = scope === null ? null : keyOf(plan, name, counter, scope, setting);
      if (key === null) continue;
      const isPersonal = counter.scope === 'partner';
      const known = isPersonal ? undefined : moved.get(key);
      const by = counts(counter, credited) ? increment(counter, credited, isPersonal) : new Exact(0);
      const reading = known ?? {
        ...move(windows, counter, setting, key, by, quotaOf(plan, name, counter, setting)),
        previous: endedAt(plan, name, counter, key, setting),
      };
      moved.set(key, reading);
      readings.get(setting.partner)?.set(name, reading);
    }
  }
  return readings;
}

function counts(counter: Counter, { setting, role }: CountingPartner): boolean {
  if (counter.on !== setting.event.kind) return false;
  if (counter.roles && (role === null || !counter.roles.includes(role))) return false;
  return passes(counter.when, setting.facts);
}

function increment(counter: Counter, { setting, share }: CountingPartner, isPersonal: boolean): Exact {
  const full = valueOf(counter, setting);
  const weight = counter.weights?.find(({ when }) => passes(when, setting.facts));
  const whole = weight ? full.times(weight.percent).dividedBy(100) : full;
  return isPersonal && counter.credit === 'share' ? whole.times(share).dividedBy(100) : whole;
}

function valueOf(counter: Counter, setting: Setting): Exact {
  const { event } = setting;
  if (counter.of === 'count') return new Exact(1);
  if (counter.of === 'quantity') {
    const quantity = event.quantity ?? event.deal.quantity;
    const lines = event.lines ?? event.deal.lines;
    if (quantity) return new Exact(quantity);
    if (lines?.every((line) => line.quantity))
      return linesOf(setting, counter.select).reduce(
        (sum, line) => sum.plus(line.quantity ?? 0),
        new Exact(0),
      );
    throw new Hold('quantity-missing', `Deal ${event.deal.deal} has no quantity, which the plan counts.`);
  }
  const amount =
    counter.of === 'lines'
      ? linesOf(setting, counter.select).reduce((sum, line) => sum.plus(netLine(counter, line)), new Exact(0))
      : counter.of === 'margin'
        ? marginOfEvent(event)
        : event.amount;
  if (amount === null)
    throw new Hold('amount-missing', `Deal ${event.deal.deal} has no ${counter.of}, which the plan counts.`);
  const less = counter.of === 'amount' ? (counter.less ?? []).map((what) => event[what] ?? '0') : [];
  return quietly(
    setting,
    less.reduce((rest, part) => rest.minus(part), new Exact(amount)),
  );
}

function netLine(
  counter: Counter,
  line: {
    total: string;
    discount?: string | null | undefined;
    tax?: string | null | undefined;
    cost?: string | null | undefined;
  },
): Exact {
  return (counter.less ?? []).reduce(
    (rest, what) => rest.minus((what === 'shipping' ? null : line[what]) ?? 0),
    new Exact(line.total),
  );
}

/** Whose counter it is; null: nobody's, for want of a parent, a tier or a region. */
function scopeOf({ scope }: Counter, { partner, directory, facts }: Setting): string | null {
  switch (scope) {
    case 'partner':
      return partner;
    case 'parent':
      // A parent's own sales count for it as well.
      return directory?.parent ?? partner;
    case 'tier':
      return facts('tier');
    case 'region':
      return facts('region');
    case 'everybody':
      return '*';
  }
}

/** Ends with the period it is of, so that the sums of a period that is over can be dropped. */
function keyOf(plan: FullPlan, name: string, counter: Counter, scope: string, setting: Setting): string {
  return counterKey(
    plan,
    name,
    counter,
    scope,
    plan.currency === 'deal' ? currencyOf(setting) : '',
    setting.event.day,
    setting.event.deal.deal,
  );
}

/** Where the counter of this key ended in the period before. */
export function endedAt(
  plan: FullPlan,
  name: string,
  counter: Counter,
  key: string,
  { tally, event }: Pick<Setting, 'tally' | 'event'>,
): Exact {
  if (!isPeriodKind(counter.per)) return new Exact(0);
  const [, , scope = '', currency = ''] = key.split('|');
  const before = addSpan(periodOf(event.day, counter.per, plan).from, { days: -1 });
  return tally.get(counterKey(plan, name, counter, scope, currency, before, ''));
}

export function counterKey(
  plan: FullPlan,
  name: string,
  { per }: Counter,
  scope: string,
  currency: string,
  day: string,
  deal: string,
): string {
  const period =
    typeof per === 'object' || per === 'ever'
      ? 'ever'
      : per === 'deal'
        ? `deal ${deal}`
        : periodOf(day, per, plan).name;
  return `counter|${name}|${scope}|${currency}|${period}`;
}

export function quotaOf(plan: FullPlan, name: string, counter: Counter, setting: Setting): Exact | null {
  const quota = wholeQuota(plan, name, counter, setting);
  if (quota === null || !isPeriodKind(counter.per)) return quota;
  return prorated(quota, counter.prorate, periodOf(setting.event.day, counter.per, plan), setting.directory);
}

function wholeQuota(
  plan: FullPlan,
  name: string,
  counter: Counter,
  { directory, partner, event }: Setting,
): Exact | null {
  if (counter.quota === undefined) return null;
  const own = directory?.quotas?.[name];
  if (counter.quota !== 'partner') {
    const isAmount = counter.of !== 'count' && counter.of !== 'quantity';
    if (typeof counter.quota === 'string') return new Exact(counter.quota);
    return new Exact(
      isAmount
        ? amountIn(plan, counter.quota, currencyOf({ plan, event }), 'quota')
        : (Object.values(counter.quota)[0] ?? '0'),
    );
  }
  if (own === undefined)
    throw new Hold(
      'quota-missing',
      `Partner ${partner} has no quota for "${name}"; name it in the input: "quotas".`,
    );
  return new Exact(own);
}

function move(
  windows: Windows,
  { per }: Counter,
  { tally, event }: Setting,
  key: string,
  by: Exact,
  quota: Exact | null,
): Omit<Reading, 'previous'> {
  if (typeof per !== 'object') {
    const before = tally.get(key);
    return { before, after: by.isZero() ? before : tally.add(key, by), quota, key };
  }
  const window = windows.get(key) ?? [];
  const before = window
    .filter(({ day }) => addSpan(day, per.rolling) > event.day)
    .reduce((sum, { value }) => sum.plus(value), new Exact(0));
  const after = before.plus(by);
  return { before, after, quota, key: `${key}|${event.day}` };
}
