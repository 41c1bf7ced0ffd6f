/** What of a deal an invoice or a payment is: as it says itself, else in proportion to its part of the deal's amount. */
import { Exact } from '../exact.ts';
import type { DealEvent } from './events.ts';
import { marginOf } from './facts.ts';
import { Hold } from './hold.ts';
import type { Line } from './input.ts';

/** Exact text; null: neither margin nor cost is known. */
export function marginOfEvent(event: DealEvent): string | null {
  const { margin, cost, amount, deal } = event;
  if (!isPart(event)) return marginOf(deal);
  if (margin !== undefined && margin !== null) return margin;
  if (cost !== undefined && cost !== null && amount !== null) return new Exact(amount).minus(cost).toFixed();
  const whole = marginOf(deal);
  return whole === null ? null : scaled(event, whole);
}

/** Undefined: the products were not read. */
export function linesOfEvent(event: DealEvent): Line[] | undefined {
  const { lines } = event.deal;
  if (event.lines) return event.lines;
  if (
    !isPart(event) ||
    lines === undefined ||
    new Exact(event.amount ?? '0').equals(event.deal.amount ?? '-1')
  )
    return lines;
  return lines.map((line) => ({
    ...line,
    total: scaled(event, line.total),
    discount: line.discount ? scaled(event, line.discount) : null,
    tax: line.tax ? scaled(event, line.tax) : null,
    cost: line.cost ? scaled(event, line.cost) : null,
  }));
}

function isPart({ kind }: DealEvent): boolean {
  return kind === 'invoice' || kind === 'payment';
}

function scaled({ amount, deal, kind }: DealEvent, figure: string): string {
  if (amount === null || deal.amount === null || new Exact(deal.amount).isZero())
    throw new Hold(
      'amount-missing',
      `Deal ${deal.deal} has no amount that this ${kind} could be a part of; give the ${kind} its own lines or margin.`,
    );
  return new Exact(figure).times(amount).dividedBy(deal.amount).toFixed();
}
