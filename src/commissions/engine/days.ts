/** Days and periods, in UTC. A day is "2026-11-23". */
import { DateTime } from 'luxon';
import type { Span } from '../language/choices.ts';
import type { PeriodKind } from '../language/periods.ts';

export function dayOf(at: string): string {
  return at.slice(0, 10);
}

/** A month that is shorter takes its last day: a month after 31 January is 28 or 29 February. */
export function addSpan(day: string, span: Span): string {
  return iso(DateTime.fromISO(day, { zone: 'utc' }).plus(definedOnly(span)));
}

/** Whole days from one to the other; negative when `to` is before `from`. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** Whole months that have passed from one day to the other, not counting one that has only begun. */
export function monthsBetween(from: string, to: string): number {
  const parts = (day: string): [number, number] => [Number(day.slice(0, 4)), Number(day.slice(5, 7))];
  const [fromYear, fromMonth] = parts(from);
  const [toYear, toMonth] = parts(to);
  const months = (toYear - fromYear) * 12 + toMonth - fromMonth;
  return addSpan(from, { months: Math.max(0, months) }) > to ? months - 1 : months;
}

export interface Stretch {
  /** "2026-11", "2026-Q4", "2026-H2", "2026"; of weeks and half months "2026-11-16/2026-11-30". */
  name: string;
  from: string;
  /** The last day of it. */
  to: string;
}

/** What the plan says of periods. */
export interface Calendar {
  /** First month of the year, 1 to 12; a year is named by the one it ends in. January unless said. */
  yearStartsIn?: number | undefined;
  /** A first day of weeks, and of two weeks. A Monday unless said. */
  weeksFrom?: string | undefined;
}

/** The period a day lies in. */
export function periodOf(day: string, per: PeriodKind, calendar: Calendar = {}): Stretch {
  const { yearStartsIn = 1, weeksFrom = aMonday } = calendar;
  const isLong = per !== 'week' && per !== 'two-weeks' && per !== 'half-month';
  const key = isLong ? `${day.slice(0, 7)} ${per} ${yearStartsIn}` : `${day} ${per} ${weeksFrom}`;
  const known = stretches.get(key);
  if (known) return known;
  const made = isLong ? monthsOf(day, per, yearStartsIn) : daysOf(day, per, weeksFrom);
  if (stretches.size > 10_000) stretches.clear();
  stretches.set(key, made);
  return made;
}

/** Emptied between two versions of this file that are tried in one process (test/mutants). */
export const stretches = new Map<string, Stretch>();
const aMonday = '2001-01-01';

function daysOf(day: string, per: 'week' | 'two-weeks' | 'half-month', weeksFrom: string): Stretch {
  if (per === 'half-month') {
    const [from, to] = day.slice(8) <= '15' ? ['01', '15'] : ['16', monthsOf(day, 'month', 1).to.slice(8)];
    return interval(`${day.slice(0, 8)}${from}`, `${day.slice(0, 8)}${to}`);
  }
  const length = per === 'week' ? 7 : 14;
  const into = ((daysBetween(weeksFrom, day) % length) + length) % length;
  const from = addSpan(day, { days: -into });
  return interval(from, addSpan(from, { days: length - 1 }));
}

function interval(from: string, to: string): Stretch {
  return { name: `${from}/${to}`, from, to };
}

function monthsOf(day: string, per: 'month' | 'quarter' | 'half-year' | 'year', firstMonth: number): Stretch {
  const month = DateTime.fromISO(day, { zone: 'utc' }).startOf('month');
  if (per === 'month') return stretch(iso(month).slice(0, 7), month, 1);
  const into = (month.month - firstMonth + 12) % 12;
  const yearStart = month.minus({ months: into });
  const yearName = String(yearStart.plus({ months: 11 }).year);
  if (per === 'year') return stretch(yearName, yearStart, 12);
  const [letter, length] = per === 'quarter' ? ['Q', 3] : ['H', 6];
  const part = Math.floor(into / length);
  return stretch(`${yearName}-${letter}${part + 1}`, yearStart.plus({ months: part * length }), length);
}

function stretch(name: string, from: DateTime, months: number): Stretch {
  return { name, from: iso(from), to: iso(from.plus({ months }).minus({ days: 1 })) };
}

function iso(date: DateTime): string {
  return date.toISODate() ?? '';
}

function definedOnly(span: Span): Partial<Record<'days' | 'weeks' | 'months' | 'years', number>> {
  return Object.fromEntries(Object.entries(span).filter(([, value]) => value !== undefined));
}
