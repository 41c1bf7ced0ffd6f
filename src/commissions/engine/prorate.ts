/** How much of a period a partner was with the programme. */
import { Exact } from '../exact.ts';
import type { Prorate } from '../language/prorate.ts';
import { addSpan, daysBetween, monthsBetween, type Stretch } from './days.ts';
import type { KnownPartner } from './directory.ts';

/** @returns the whole figure where the partner was there from the first day to the last */
export function prorated(
  figure: Exact,
  by: Prorate | undefined,
  { from, to }: Stretch,
  partner: KnownPartner | undefined,
): Exact {
  if (by === undefined) return figure;
  const first = later(from, partner?.joinedAt);
  const last = earlier(to, partner?.leftAt);
  if (first > last) return new Exact(0);
  const [there, all] = [lengthOf(by, first, last), lengthOf(by, from, to)];
  return figure.times(there).dividedBy(all);
}

/** All of it before the partner joined, or after it left. */
export function isAway(
  { from, to }: Stretch,
  partner: Pick<KnownPartner, 'joinedAt' | 'leftAt'> | undefined,
): boolean {
  return later(from, partner?.joinedAt) > earlier(to, partner?.leftAt);
}

/** Both days included. */
function lengthOf(by: Prorate, from: string, to: string): number {
  const end = addSpan(to, { days: 1 });
  if (by === 'days') return daysBetween(from, end);
  const months = monthsBetween(`${from.slice(0, 7)}-01`, `${to.slice(0, 7)}-01`) + 1;
  if (by === 'months-begun') return months;
  const begunLate = from.endsWith('-01') ? 0 : 1;
  const endsEarly = end.endsWith('-01') ? 0 : 1;
  return Math.max(0, months - begunLate - endsEarly);
}

function later(day: string, other: string | null | undefined): string {
  return other && other > day ? other : day;
}

function earlier(day: string, other: string | null | undefined): string {
  return other && other < day ? other : day;
}
