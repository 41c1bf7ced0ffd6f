/** Caps and floors of a rule, or of all rules together. What was cut off stays in the trace. */
import { Exact } from '../exact.ts';
import type { Limit } from '../language/rules.ts';
import { money } from './book.ts';
import { periodOf } from './days.ts';
import { amountIn, type Setting } from './setting.ts';

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
  return limits.reduce((left, limit) => applyLimit(setting, limit, left, of), amount);
}

function applyLimit(
  setting: Setting,
  limit: Limit,
  amount: Exact,
  { name, whose, currency, basis }: { name: string; whose: string; currency: string; basis: Exact | null },
): Exact {
  const { plan, tally, book } = setting;
  const period = periodName(setting, limit);
  const key = `limit|${name}|${whose}|${currency}|${period}`;
  const used = limit.per === 'line' || limit.per === 'event' ? new Exact(0) : tally.get(key);
  let left = amount;
  const per = limit.per === 'ever' ? '' : ` a ${limit.per}`;
  const most = mostOf(setting, limit, currency, basis);
  if (most !== null) {
    const room = Exact.max(0, most.minus(used));
    const before = used.isZero() ? '' : `, ${money(used, currency)} of it used`;
    if (left.greaterThan(room))
      left = book.do(
        'limit',
        { op: 'least', of: [left.toFixed(), room.toFixed()] },
        (value) => `cap ${money(most, currency)}${per}${before} reached: ${money(value, currency)}`,
      );
    else book.note('limit', `cap ${money(most, currency)}${per} not reached`);
  }
  if (limit.atLeast !== undefined && basis !== null && !basis.isZero()) {
    const least = amountIn(plan, limit.atLeast, currency, 'floor');
    const want = new Exact(least).minus(used);
    if (left.lessThan(want))
      left = book.do(
        'limit',
        { op: 'most', of: [left.toFixed(), want.toFixed()] },
        (value) => `raised to the floor ${money(value, currency)}${per}`,
      );
    else book.note('limit', `floor ${money(least, currency)}${per} met`);
  }
  if (limit.per !== 'line' && limit.per !== 'event') tally.add(key, left);
  return left;
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
  if (per === 'month' || per === 'quarter' || per === 'year')
    return periodOf(event.day, per, plan.yearStartsIn).name;
  return `deal ${event.deal.deal}`;
}
