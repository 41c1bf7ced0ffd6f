import { z } from 'zod';

/** A calendar month, quarter or year, in UTC: from its first instant to the first after it. */
export interface Period {
  name: string;
  from: Date;
  to: Date;
}

const forms = /^(?<year>[1-9]\d{3})(?:-(?:Q(?<quarter>[1-4])|(?<month>0[1-9]|1[0-2])))?$/;

/** `2026-06`, `2026-Q2` or `2026`. */
export const PeriodName = z
  .string()
  .regex(forms, 'A period is a month (2026-06), a quarter (2026-Q2) or a year (2026).')
  .transform(toPeriod);

function toPeriod(name: string): Period {
  const { year = '', quarter, month } = forms.exec(name)?.groups ?? {};
  const first = month === undefined ? (Number(quarter ?? 1) - 1) * 3 : Number(month) - 1;
  const months = month !== undefined ? 1 : quarter !== undefined ? 3 : 12;
  const at = (index: number): Date => new Date(Date.UTC(Number(year), index, 1));
  return { name, from: at(first), to: at(first + months) };
}
