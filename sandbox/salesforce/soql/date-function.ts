import { field, type FieldDefinition } from '../schema/field.ts';
import type { Value } from '../store/row.ts';
import type { fiscalYear } from './fiscal-year.ts';

type Fiscal = ReturnType<typeof fiscalYear>;
type DateFunction = (at: Date, fiscal: Fiscal) => Value;

const DAY_MS = 86_400_000;

/** Date functions by name, of a moment in UTC. Weeks of a month or year are counted from its first day, whatever weekday that is. */
const FUNCTIONS: Record<string, DateFunction | undefined> = {
  CALENDAR_YEAR: (at) => at.getUTCFullYear(),
  CALENDAR_QUARTER: (at) => Math.floor(at.getUTCMonth() / 3) + 1,
  CALENDAR_MONTH: (at) => at.getUTCMonth() + 1,
  FISCAL_YEAR: fiscalYearOf,
  FISCAL_QUARTER: (at, fiscal) => Math.floor(monthsIntoFiscalYear(at, fiscal) / 3) + 1,
  FISCAL_MONTH: (at, fiscal) => monthsIntoFiscalYear(at, fiscal) + 1,
  DAY_IN_MONTH: (at) => at.getUTCDate(),
  DAY_IN_WEEK: (at) => at.getUTCDay() + 1,
  DAY_IN_YEAR: dayOfYear,
  DAY_ONLY: (at) => at.toISOString().slice(0, 10),
  HOUR_IN_DAY: (at) => at.getUTCHours(),
  WEEK_IN_MONTH: (at) => Math.ceil(at.getUTCDate() / 7),
  WEEK_IN_YEAR: (at) => Math.ceil(dayOfYear(at) / 7),
};

/** Whether there is a date function of this name (in capitals). */
export function isDateFunction(name: string): boolean {
  return FUNCTIONS[name] !== undefined;
}

/** Whether the function takes this field: DAY_ONLY and HOUR_IN_DAY need a time of day. */
export function dateFunctionTakes(name: string, input: FieldDefinition): boolean {
  if (name === 'DAY_ONLY' || name === 'HOUR_IN_DAY') return input.type === 'datetime';
  return input.type === 'date' || input.type === 'datetime';
}

/** Applies a date function to a stored date (`YYYY-MM-DD`) or datetime (epoch ms). */
export function applyDateFunction(name: string, value: Value, fiscal: Fiscal): Value | undefined {
  return FUNCTIONS[name]?.(new Date(value as string | number), fiscal);
}

/** The kind of value a date function gives, as a field that can be compared and rendered. */
export function dateFunctionField(name: string): FieldDefinition {
  return field(name, name, name === 'DAY_ONLY' ? 'date' : 'int', { indexed: false });
}

function monthsIntoFiscalYear(at: Date, { startMonth }: Fiscal): number {
  return (at.getUTCMonth() - (startMonth - 1) + 12) % 12;
}

function fiscalYearOf(at: Date, { startMonth, namedByStart }: Fiscal): number {
  const started = at.getUTCMonth() >= startMonth - 1 ? at.getUTCFullYear() : at.getUTCFullYear() - 1;
  return namedByStart || startMonth === 1 ? started : started + 1;
}

function dayOfYear(at: Date): number {
  return Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
}
