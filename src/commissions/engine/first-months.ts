/** What a deal over several years is worth in its first months. */
import { Exact } from '../exact.ts';
import { Hold } from './hold.ts';
import type { Setting } from './setting.ts';

/** @throws Hold where the deal does not say its term */
export function ofFirstMonths({ event, book }: Setting, amount: Exact, months: number): Exact {
  const term = event.deal.termMonths;
  if (term === null || term === undefined || new Exact(term).isZero())
    throw new Hold(
      'fact-missing',
      `Deal ${event.deal.deal} says no termMonths, of which the plan counts the first ${months}.`,
    );
  if (new Exact(term).lessThanOrEqualTo(months)) return amount;
  const each = book.do('basis', { op: 'times', of: amount.toFixed(), by: String(months) }, () => '');
  return book.do(
    'basis',
    { op: 'divide', of: each.toFixed(), by: term },
    (value) => `${months} of ${term} months count: ${value.toDecimalPlaces(4).toFixed()}`,
  );
}
