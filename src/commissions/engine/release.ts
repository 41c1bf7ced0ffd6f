/** When what was earned becomes payable. */
import { Exact } from '../exact.ts';
import type { FullPlan } from '../language/full-plan.ts';
import type { ReleasePart } from '../language/paying.ts';
import { addSpan, dayOf, periodOf } from './days.ts';
import type { DealEvent } from './events.ts';
import type { Deal } from './input.ts';
import type { Release } from './results.ts';
import { shareOut } from './round.ts';

/** @param scale decimals of the amount; null: it is not rounded */
export function releasesOf(plan: FullPlan, event: DealEvent, amount: Exact, scale: number | null): Release[] {
  if (plan.release === undefined) return [{ at: event.day, amount, say: '' }];
  const dated = plan.release.flatMap((part) => datesOf(plan, part, event));
  const exact = dated.map(({ percent }) => amount.times(percent).dividedBy(100));
  const amounts = scale === null ? exact : shareOut(amount, exact, scale);
  return dated.map(({ at, say }, index) => ({ at, say, amount: amounts[index] ?? new Exact(0) }));
}

interface Dated {
  percent: Exact;
  at: string | null;
  say: string;
}

function datesOf(plan: FullPlan, part: ReleasePart, event: DealEvent): Dated[] {
  if (part.on === 'each-payment') return byPayments(part, event);
  const from = dayFor(plan, part, event);
  const at = from === null ? null : laterOf(event.day, part.after ? addSpan(from, part.after) : from);
  return [
    {
      percent: new Exact(part.percent),
      at,
      say: `${part.percent} % ${part.on}${at === null ? ', not yet' : ` ${at}`}`,
    },
  ];
}

function dayFor(plan: FullPlan, { on }: ReleasePart, event: DealEvent): string | null {
  switch (on) {
    case 'invoiced':
      return earliest((event.deal.invoices ?? []).map(({ at }) => at));
    case 'paid-in-full':
      return paidInFullOn(event.deal);
    case 'month-end':
      return periodOf(event.day, 'month').to;
    case 'quarter-end':
      return periodOf(event.day, 'quarter', plan).to;
    case 'year-end':
      return periodOf(event.day, 'year', plan).to;
    default:
      return event.day;
  }
}

/** As much of it as of the deal is paid, payment by payment. What is not paid yet has no day. */
function byPayments(part: ReleasePart, { deal, day }: DealEvent): Dated[] {
  const whole = new Exact(deal.amount ?? '0');
  const payments = (deal.payments ?? []).toSorted((a, b) => (a.at < b.at ? -1 : 1));
  if (whole.isZero()) return [{ percent: new Exact(part.percent), at: day, say: '' }];
  let left = new Exact(part.percent);
  const dated = payments.map(({ at, amount }): Dated => {
    const share = Exact.min(left, new Exact(part.percent).times(amount).dividedBy(whole));
    left = left.minus(share);
    const on = part.after ? addSpan(dayOf(at), part.after) : dayOf(at);
    return { percent: share, at: laterOf(day, on), say: `paid ${amount} on ${dayOf(at)}` };
  });
  return left.greaterThan(0) ? [...dated, { percent: left, at: null, say: 'not paid yet' }] : dated;
}

function paidInFullOn(deal: Deal): string | null {
  let sum = new Exact(0);
  for (const { at, amount } of (deal.payments ?? []).toSorted((a, b) => (a.at < b.at ? -1 : 1))) {
    sum = sum.plus(amount);
    if (deal.amount !== null && sum.greaterThanOrEqualTo(deal.amount)) return dayOf(at);
  }
  return null;
}

function earliest(days: readonly string[]): string | null {
  return days.map(dayOf).toSorted()[0] ?? null;
}

function laterOf(a: string, b: string): string {
  return a > b ? a : b;
}
