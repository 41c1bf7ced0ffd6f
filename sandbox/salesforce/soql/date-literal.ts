import type { FieldDefinition } from '../schema/field.ts';
import type { Value } from '../store/row.ts';
import { malformed } from './query-error.ts';

const DAY_MS = 86_400_000;

type Unit = 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR' | 'FISCAL_QUARTER' | 'FISCAL_YEAR';

/** Days, weeks and years are those of the users' time zone, which is UTC here. */
interface Calendar {
  now: Date;
  /** 1 to 12. */
  fiscalStartMonth: number;
}

/** The half-open range `[from, to)` a date literal such as `TODAY` or `LAST_N_DAYS:7` stands for, in the field's own values. */
export function dateLiteralRange(
  field: FieldDefinition,
  literal: string,
  calendar: Calendar,
): { from: Value; to: Value } {
  if (field.type !== 'date' && field.type !== 'datetime') {
    throw malformed(`date literal ${literal} does not fit field '${field.name}'`);
  }
  const range = rangeOf(literal.toUpperCase(), calendar);
  if (range === undefined) throw malformed(`unexpected token: '${literal}'`);
  return { from: inField(field, range[0]), to: inField(field, range[1]) };
}

const UNITS = 'DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR';
const PLAIN = new RegExp(`^(THIS|LAST|NEXT)_(${UNITS})$`);
const COUNTED = new RegExp(`^(LAST|NEXT)_N_(${UNITS})S:(\\d+)$`);
const AGO = new RegExp(`^N_(${UNITS})S_AGO:(\\d+)$`);
const OFFSETS: Record<string, number> = { YESTERDAY: -1, TODAY: 0, TOMORROW: 1, LAST: -1, THIS: 0, NEXT: 1 };

function rangeOf(literal: string, calendar: Calendar): [number, number] | undefined {
  const start = (unit: Unit, offset: number): number => startOf(unit, offset, calendar);
  const single = (unit: Unit, offset: number): [number, number] => [
    start(unit, offset),
    start(unit, offset + 1),
  ];
  if (/^(YESTERDAY|TODAY|TOMORROW)$/.test(literal)) return single('DAY', OFFSETS[literal] ?? 0);
  if (literal === 'LAST_90_DAYS') return rangeOf('LAST_N_DAYS:90', calendar);
  if (literal === 'NEXT_90_DAYS') return rangeOf('NEXT_N_DAYS:90', calendar);
  const [, which = '', unit] = PLAIN.exec(literal) ?? [];
  if (unit !== undefined) return single(unit as Unit, OFFSETS[which] ?? 0);
  const [, side, counted, count] = COUNTED.exec(literal) ?? [];
  if (counted !== undefined) {
    const n = Number(count);
    if (side === 'NEXT') return [start(counted as Unit, 1), start(counted as Unit, n + 1)];
    // "The last n days" end with today, all other last units before the current one.
    return [start(counted as Unit, -n), start(counted as Unit, counted === 'DAY' ? 1 : 0)];
  }
  const [, ago, distance] = AGO.exec(literal) ?? [];
  return ago === undefined ? undefined : single(ago as Unit, -Number(distance));
}

/** First moment of the unit that lies so many units away from the current one. */
function startOf(unit: Unit, offset: number, { now, fiscalStartMonth }: Calendar): number {
  const year = now.getUTCFullYear();
  const month = now.getUTCMonth();
  const day = Date.UTC(year, month, now.getUTCDate());
  // A month counted on past the year's end, or before its beginning, is what Date.UTC makes of it.
  const sinceFiscalStart = (month - (fiscalStartMonth - 1) + 12) % 12;
  switch (unit) {
    case 'DAY':
      return day + offset * DAY_MS;
    case 'WEEK':
      return day + (offset * 7 - now.getUTCDay()) * DAY_MS;
    case 'MONTH':
      return Date.UTC(year, month + offset, 1);
    case 'QUARTER':
      return Date.UTC(year, month - (month % 3) + offset * 3, 1);
    case 'YEAR':
      return Date.UTC(year + offset, 0, 1);
    case 'FISCAL_QUARTER':
      return Date.UTC(year, month - (sinceFiscalStart % 3) + offset * 3, 1);
    case 'FISCAL_YEAR':
      return Date.UTC(year, month - sinceFiscalStart + offset * 12, 1);
  }
}

function inField(field: FieldDefinition, ms: number): Value {
  return field.type === 'date' ? new Date(ms).toISOString().slice(0, 10) : ms;
}
