/** Periods of a calendar that things are counted, limited, earned and paid by. */

export const periodKinds = [
  'week',
  'two-weeks',
  'half-month',
  'month',
  'quarter',
  'half-year',
  'year',
] as const;
export type PeriodKind = (typeof periodKinds)[number];

export function isPeriodKind(name: unknown): name is PeriodKind {
  return periodKinds.some((kind) => kind === name);
}
