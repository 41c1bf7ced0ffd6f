/** What conditions, cases and bands may ask of an event. A name that the input does not say is null, and never guessed. */
import { Exact } from '../exact.ts';
import { daysBetween, dayOf, monthsBetween } from './days.ts';
import type { DealEvent } from './events.ts';
import type { KnownPartner } from './directory.ts';
import type { Deal, Line } from './input.ts';

export type Facts = (name: string) => string | null;

export interface FactSource {
  event: DealEvent;
  partner: string | null;
  role: string | null;
  tier: string | null;
  directory: KnownPartner | undefined;
  line?: Line | undefined;
}

export function factsOf(source: FactSource): Facts {
  return (name) => {
    if (name.startsWith('fields.')) return source.event.deal.fields?.[name.slice(7)] ?? null;
    if (name.startsWith('partner.')) return factOfPartner(source.directory, name.slice(8));
    if (name.startsWith('line.')) return source.line ? ofLine(source.line, name.slice(5)) : null;
    return ofEvent(source, name);
  };
}

export function factOfPartner(partner: KnownPartner | undefined, name: string): string | null {
  if (name === 'region') return partner?.region ?? null;
  if (name === 'parent') return partner?.parent ?? null;
  if (name === 'currency') return partner?.currency ?? null;
  return partner?.fields?.[name] ?? null;
}

function ofLine(line: Line, name: string): string | null {
  const plain = [
    'id',
    'code',
    'name',
    'family',
    'quantity',
    'total',
    'discount',
    'tax',
    'cost',
    'currency',
  ] as const;
  const known = plain.find((one) => one === name);
  if (known) return line[known] ?? null;
  if (name === 'discountPercent') return discountPercent(line.total, line.discount);
  if (name.startsWith('fields.')) return line.fields?.[name.slice(7)] ?? null;
  return null;
}

function ofEvent({ event, partner, role, tier, directory }: FactSource, name: string): string | null {
  const { deal } = event;
  switch (name) {
    case 'event':
      return event.kind;
    case 'partner':
      return partner;
    case 'role':
      return role;
    case 'tier':
      return tier;
    case 'eventAmount':
      return event.amount;
    case 'number':
      return String(event.number);
    case 'day':
      return event.day;
    case 'wonAt':
      return dayOf(deal.wonAt);
    case 'startAt':
      return deal.startAt ? dayOf(deal.startAt) : null;
    case 'region':
      return deal.region ?? directory?.region ?? null;
    case 'kind':
      return deal.kind ?? (deal.influence === 'renewal' ? 'renewal' : null);
    case 'influence':
      return deal.influence ?? 'sourced';
    case 'discountPercent':
      return deal.amount === null ? null : discountPercent(deal.amount, deal.discount);
    case 'margin':
      return marginOf(deal);
    case 'marginPercent':
      return marginPercent(deal);
    case 'markupPercent':
      return markupPercent(deal);
    case 'daysSinceWon':
      return String(daysBetween(dayOf(deal.wonAt), event.day));
    case 'monthsSinceWon':
      return String(monthsBetween(dayOf(deal.wonAt), event.day));
    case 'daysToPay':
      return event.kind === 'payment' && event.invoicedAt
        ? String(daysBetween(event.invoicedAt, event.day))
        : null;
    case 'daysOverdue':
      return event.kind === 'payment' && event.dueAt
        ? String(Math.max(0, daysBetween(event.dueAt, event.day)))
        : null;
    default:
      return ofDeal(deal, name);
  }
}

const plainFacts = [
  'deal',
  'amount',
  'currency',
  'referrer',
  'termMonths',
  'quantity',
  'discount',
  'tax',
  'shipping',
  'cost',
] as const;

function ofDeal(deal: Deal, name: string): string | null {
  const known = plainFacts.find((one) => one === name);
  return known ? (deal[known] ?? null) : null;
}

/** What was taken off, in percent of the price before. */
function discountPercent(amount: string, discount: string | null | undefined): string | null {
  if (discount === null || discount === undefined) return null;
  const before = new Exact(amount).plus(discount);
  return before.isZero() ? '0' : new Exact(discount).times(100).dividedBy(before).toFixed();
}

export function marginOf(deal: Deal): string | null {
  if (deal.margin !== null && deal.margin !== undefined) return deal.margin;
  if (deal.amount === null || deal.cost === null || deal.cost === undefined) return null;
  return new Exact(deal.amount).minus(deal.cost).toFixed();
}

function marginPercent(deal: Deal): string | null {
  const margin = marginOf(deal);
  if (margin === null || deal.amount === null || new Exact(deal.amount).isZero()) return null;
  return new Exact(margin).times(100).dividedBy(deal.amount).toFixed();
}

/** What some call margin: of the cost, 50 on top of 100 is 50 %. */
function markupPercent(deal: Deal): string | null {
  const margin = marginOf(deal);
  const cost =
    deal.cost ??
    (margin === null || deal.amount === null ? null : new Exact(deal.amount).minus(margin).toFixed());
  if (margin === null || cost === null || new Exact(cost).isZero()) return null;
  return new Exact(margin).times(100).dividedBy(cost).toFixed();
}
