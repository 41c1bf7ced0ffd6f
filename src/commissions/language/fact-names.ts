/** Every fact a condition, a case or a table may ask for. A name that is misspelt would otherwise be a fact nobody knows. */
export const factNames = [
  'event',
  'deal',
  'partner',
  'role',
  'tier',
  'region',
  'kind',
  'influence',
  'referrer',
  'amount',
  'currency',
  'eventAmount',
  'number',
  'day',
  'wonAt',
  'startAt',
  'termMonths',
  'quantity',
  'discount',
  'discountPercent',
  'tax',
  'shipping',
  'cost',
  'margin',
  'marginPercent',
  'markupPercent',
  'daysSinceWon',
  'monthsSinceWon',
  'daysToPay',
  'daysOverdue',
] as const;

export const lineFactNames = [
  'id',
  'code',
  'name',
  'family',
  'quantity',
  'total',
  'discount',
  'discountPercent',
  'tax',
  'cost',
  'currency',
] as const;

/** Why a plan cannot ask for this; null: it can. */
export function faultOfFact(name: string, counters: readonly string[]): string | null {
  if (/^(fields|partner|parent|referrer|line\.fields)\../.test(name)) return null;
  if (name.startsWith('line.'))
    return lineFactNames.some((known) => `line.${known}` === name)
      ? null
      : `there is no fact "${name}" of a line: ${lineFactNames.join(', ')}, or line.fields.NAME`;
  if (name.startsWith('counter.')) {
    const [, counter = '', unit, more] = name.split('.');
    if (!counters.includes(counter)) return `there is no counter "${counter}"`;
    return (unit === undefined || unit === 'percent') && more === undefined
      ? null
      : `write counter.${counter}, or counter.${counter}.percent`;
  }
  return factNames.some((known) => known === name)
    ? null
    : `there is no fact "${name}". Write one of: ${factNames.join(', ')}; fields.NAME, partner.NAME, parent.NAME, referrer.NAME, line.NAME or counter.NAME`;
}
