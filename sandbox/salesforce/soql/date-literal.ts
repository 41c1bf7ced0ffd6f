import type { FieldDefinition } from '../schema/field.ts';
import type { Value } from '../store/row.ts';
import { malformed } from './query-error.ts';

const DAY_MS = 86_400_000;

/** The half-open range `[from, to)` a date literal such as `TODAY` or `LAST_N_DAYS:7` stands for, in the field's own values. */
export function dateLiteralRange(
  field: FieldDefinition,
  literal: string,
  now: Date,
): { from: Value; to: Value } {
  if (field.type !== 'date' && field.type !== 'datetime') {
    throw malformed(`date literal ${literal} does not fit field '${field.name}'`);
  }
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  const [name = '', count = '0'] = literal.toUpperCase().split(':');
  const days = Number(count) * DAY_MS;
  const ranges: Record<string, [number, number] | undefined> = {
    TODAY: [today, today + DAY_MS],
    YESTERDAY: [today - DAY_MS, today],
    TOMORROW: [today + DAY_MS, today + 2 * DAY_MS],
    LAST_N_DAYS: [today - days, today + DAY_MS],
    NEXT_N_DAYS: [today + DAY_MS, today + days + DAY_MS],
    N_DAYS_AGO: [today - days, today - days + DAY_MS],
    THIS_YEAR: [Date.UTC(now.getUTCFullYear(), 0, 1), Date.UTC(now.getUTCFullYear() + 1, 0, 1)],
    THIS_MONTH: [
      Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1),
      Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1),
    ],
  };
  const range = ranges[name];
  if (range === undefined) throw malformed(`unexpected token: '${literal}'`);
  return { from: inField(field, range[0]), to: inField(field, range[1]) };
}

function inField(field: FieldDefinition, ms: number): Value {
  return field.type === 'date' ? new Date(ms).toISOString().slice(0, 10) : ms;
}
