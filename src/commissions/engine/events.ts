/** What happens to deals, in the order of time: a deal alone does not say when its payments come. */
import type { PeriodKind } from '../language/periods.ts';
import { dayOf } from './days.ts';
import type { Deal } from './input.ts';

export type EventKind = 'won' | 'invoice' | 'payment' | 'refund' | 'cancel' | PeriodKind;

export interface DealEvent {
  kind: EventKind;
  /** As given: a day or an instant. */
  at: string;
  day: string;
  deal: Deal;
  /** From 1: the how-many-eth of its kind. */
  number: number;
  id?: string | undefined;
  amount: string | null;
  discount?: string | null | undefined;
  tax?: string | null | undefined;
  shipping?: string | null | undefined;
  cost?: string | null | undefined;
  margin?: string | null | undefined;
  quantity?: string | null | undefined;
  /** Of an invoice or payment that says its products itself. */
  lines?: Deal['lines'];
  /** Of a payment: the invoice it pays. */
  invoicedAt?: string | undefined;
  dueAt?: string | undefined;
  /** Of a refund: the payment it gives back. */
  payment?: string | undefined;
  /** Of a payment: all of the deal is paid with it. */
  completes?: boolean;
}

const order: readonly EventKind[] = ['won', 'invoice', 'payment', 'refund', 'cancel'];

export function eventsOf(deal: Deal): DealEvent[] {
  const { amount, discount, tax, shipping, cost } = deal;
  const won: DealEvent = {
    kind: 'won',
    ...at(deal.wonAt),
    deal,
    number: 1,
    amount,
    discount,
    tax,
    shipping,
    cost,
  };
  const cancelled: DealEvent[] = deal.cancelledAt
    ? [{ kind: 'cancel', ...at(deal.cancelledAt), deal, number: 1, amount: deal.amount }]
    : [];
  return [won, ...invoices(deal), ...payments(deal), ...refunds(deal), ...cancelled].sort(inOrder);
}

/** By time; within a moment wins before money; then by the deal's name, so that the order of the file decides nothing. */
export function inOrder(a: DealEvent, b: DealEvent): number {
  return (
    compare(a.at, b.at) ||
    order.indexOf(a.kind) - order.indexOf(b.kind) ||
    compare(a.deal.deal, b.deal.deal) ||
    a.number - b.number
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function at(when: string): { at: string; day: string } {
  return { at: when, day: dayOf(when) };
}

function invoices(deal: Deal): DealEvent[] {
  return (deal.invoices ?? []).map((one, index) => ({
    kind: 'invoice',
    ...one,
    ...at(one.at),
    deal,
    number: index + 1,
    dueAt: one.dueAt ? dayOf(one.dueAt) : undefined,
  }));
}

function payments(deal: Deal): DealEvent[] {
  const sorted = (deal.payments ?? []).toSorted((a, b) => compare(a.at, b.at));
  return sorted.map((one, index) => {
    const invoice =
      deal.invoices?.find(({ id }) => id !== undefined && id === one.invoice) ?? deal.invoices?.[index];
    return {
      kind: 'payment',
      ...one,
      ...at(one.at),
      deal,
      number: index + 1,
      invoicedAt: invoice ? dayOf(invoice.at) : undefined,
      dueAt: invoice?.dueAt ? dayOf(invoice.dueAt) : undefined,
    };
  });
}

function refunds(deal: Deal): DealEvent[] {
  return (deal.refunds ?? []).map((one, index) => ({
    kind: 'refund',
    ...one,
    ...at(one.at),
    deal,
    number: index + 1,
  }));
}
