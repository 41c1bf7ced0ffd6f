/** Bases that only rules of a period have: a target, for as long as a partner was there, and a share of a pool. */
import { Exact } from '../exact.ts';
import type { Basis } from '../language/basis.ts';
import { isPeriodKind } from '../language/periods.ts';
import { money, shortened } from './book.ts';
import { periodOf } from './days.ts';
import { prorated } from './prorate.ts';
import { amountIn, currencyOf, type Setting } from './setting.ts';

/** In proportion to what each partner's counter of the period shows. */
export function shareOfPool(setting: Setting, { counter = '', pool = '0' }: Basis): Exact {
  const reading = setting.readings.get(counter);
  const [scope, period] = [`counter|${counter}|`, reading?.key.split('|').at(-1) ?? ''];
  const all = setting.tally
    .entries(scope)
    .filter(([key]) => key.endsWith(`|${period}`))
    .reduce((sum, [, value]) => sum.plus(value), new Exact(0));
  const whole = amountIn(setting.plan, pool, currencyOf(setting), 'pool');
  if (reading === undefined || all.isZero()) return new Exact(0);
  const own = reading.after;
  const parts = setting.book.do(
    'basis',
    { op: 'times', of: whole, by: own.toFixed() },
    () => `${shortened(own)} of ${shortened(all)}`,
  );
  return setting.book.do(
    'basis',
    { op: 'divide', of: parts.toFixed(), by: all.toFixed() },
    (value) => `of the pool of ${money(whole, currencyOf(setting))} = ${money(value, currencyOf(setting))}`,
  );
}

export function proratedTarget(
  { event, plan, directory, book }: Setting,
  { prorate }: Basis,
  target: Exact,
): Exact {
  if (!isPeriodKind(event.kind)) return target;
  const part = prorated(target, prorate, periodOf(event.day, event.kind, plan), directory);
  if (!part.equals(target)) book.note('basis', `target ${target.toFixed()}, prorated ${shortened(part)}`);
  return part;
}
