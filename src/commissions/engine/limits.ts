/** Caps and floors of a rule, or of all rules together. What was cut off stays in the trace. */
import { Exact, readable } from '../exact.ts';
import { isPeriodKind } from '../language/periods.ts';
import type { Limit } from '../language/rules.ts';
import { money, shortened } from './book.ts';
import { periodOf } from './days.ts';
import { amountIn, type Setting } from './setting.ts';

/** Of a deal and for ever, the sentence needs no word. */
const spans: Record<Exclude<Limit['per'], 'deal' | 'ever'>, string> = {
  line: 'a line',
  event: 'an event',
  week: 'a week',
  'two-weeks': 'in two weeks',
  'half-month': 'a half month',
  month: 'a month',
  quarter: 'a quarter',
  'half-year': 'a half year',
  year: 'a year',
};

type Short = 'line' | 'event' | 'deal';
const short: readonly string[] = ['line', 'event', 'deal'] satisfies Short[];

export function isShort({ per }: Limit): boolean {
  return short.includes(per);
}

/**
 * @param name of the rule, or '*' for all together
 * @param whose the partner, for limits of a period; the deal's are before the split
 */
export function limited(
  setting: Setting,
  limits: readonly Limit[],
  amount: Exact,
  of: { name: string; whose: string; currency: string; basis: Exact | null },
): Exact {
  const left = limits.reduce((rest, limit) => applyLimit(setting, limit, rest, of), amount);
  // Once for each period, whatever number of limits it has: one limit must not find used what the one before it left.
  const used = new Set(limits.flatMap((limit) => useKey(setting, limit, of) ?? []));
  for (const key of used) setting.tally.add(key, left);
  return left;
}

/** What was used of a limit is what is paid: counted unrounded, cents that are rounded up would pass it one by one. */
export function countRounded(
  setting: Setting,
  limits: readonly Limit[],
  by: Exact,
  of: { name: string; whose: string; currency: string },
): void {
  const used = new Set(limits.flatMap((limit) => useKey(setting, limit, of) ?? []));
  for (const key of used) setting.tally.add(key, by);
}

/** Null: nothing can be used before. Of an event, the rules of the plan use its limit together. */
function useKey(
  setting: Setting,
  limit: Limit,
  { name, whose, currency }: { name: string; whose: string; currency: string },
): string | null {
  if (limit.per === 'line' || (limit.per === 'event' && name !== '*')) return null;
  return `limit|${name}|${whose}|${currency}|${periodName(setting, limit)}`;
}

function applyLimit(
  setting: Setting,
  limit: Limit,
  amount: Exact,
  of: { name: string; whose: string; currency: string; basis: Exact | null },
): Exact {
  const { tally, book } = setting;
  const { currency, basis } = of;
  const key = useKey(setting, limit, of);
  const used = key === null ? new Exact(0) : tally.get(key);
  let left = amount;
  const per = limit.per === 'ever' || limit.per === 'deal' ? '' : ` ${spans[limit.per]}`;
  const most = mostOf(setting, limit, currency, basis);
  if (most !== null) {
    const room = Exact.max(0, most.minus(used));
    const before = used.isZero() ? '' : `, ${money(used, currency)} of it used`;
    if (left.greaterThan(room))
      left = book.do(
        'limit',
        { op: 'least', of: [left.toFixed(), room.toFixed()] },
        (value) => `cap ${shown(most, limit, currency)}${per}${before} reached: ${money(value, currency)}`,
      );
    else book.note('limit', `cap ${shown(most, limit, currency)}${per} not reached`);
  }
  left = lifted(setting, limit, left, { used, basis, currency, per, key });
  left = dropped(setting, limit, left, { basis, currency, per });
  return left;
}

/**
 * Raised to the floor. What an earlier part of the same deal was raised by is taken off what comes after it: the deal earns the
 * floor or its own pay, not both. A deal of nothing earns nothing: no floor lifts it.
 */
function lifted(
  { plan, book, tally }: Setting,
  limit: Limit,
  amount: Exact,
  of: { used: Exact; basis: Exact | null; currency: string; per: string; key: string | null },
): Exact {
  const { used, basis, currency, per, key } = of;
  if (basis === null || limit.atLeast === undefined) return amount;
  const least = amountIn(plan, limit.atLeast, currency, 'floor');
  const met = `floor ${money(least, currency)}${per} met`;
  if (basis.isZero()) {
    book.note('limit', met);
    return amount;
  }
  const raised = key === null ? new Exact(0) : tally.get(`raised|${key}`);
  const want = Exact.max(new Exact(least).minus(used), amount.minus(raised));
  if (key !== null) tally.add(`raised|${key}`, want.minus(amount));
  if (want.greaterThan(amount))
    return book.do(
      'limit',
      { op: 'most', of: [amount.toFixed(), want.toFixed()] },
      (value) => `raised to the floor ${money(value, currency)}${per}`,
    );
  book.note('limit', met);
  if (want.equals(amount)) return amount;
  const before = amount.minus(want);
  return book.do(
    'limit',
    { op: 'less', from: amount.toFixed(), of: [before.toFixed()] },
    (value) => `${money(before, currency)} of it was paid with the floor: ${money(value, currency)}`,
  );
}

function dropped(
  { plan, book }: Setting,
  limit: Limit,
  amount: Exact,
  { basis, currency, per }: { basis: Exact | null; currency: string; per: string },
): Exact {
  if (basis === null || limit.nothingBelow === undefined) return amount;
  const least = amountIn(plan, limit.nothingBelow, currency, 'floor');
  if (!basis.isZero() && amount.lessThan(least))
    return book.do(
      'limit',
      { op: 'value', of: '0' },
      () => `below the minimum ${shown(least, limit, currency)}${per}, so nothing`,
    );
  book.note('limit', `minimum ${shown(least, limit, currency)}${per} met`);
  return amount;
}

/** Of a deal the amount before has said the currency. */
function shown(amount: Exact | string, { per }: Limit, currency: string): string {
  return per === 'deal' ? readable(shortened(amount), currency) : money(amount, currency);
}

function mostOf({ plan }: Setting, limit: Limit, currency: string, basis: Exact | null): Exact | null {
  const fixed = limit.atMost === undefined ? null : new Exact(amountIn(plan, limit.atMost, currency, 'cap'));
  const share =
    limit.atMostPercent === undefined || basis === null
      ? null
      : basis.times(limit.atMostPercent).dividedBy(100);
  if (fixed === null) return share;
  return share === null ? fixed : Exact.min(fixed, share);
}

export function periodName({ plan, event }: Setting, { per }: Pick<Limit, 'per'>): string {
  if (per === 'ever') return 'ever';
  if (isPeriodKind(per)) return periodOf(event.day, per, plan).name;
  if (per === 'event') return `event ${event.kind} ${event.number} of ${event.deal.deal}`;
  return `deal ${event.deal.deal}`;
}
