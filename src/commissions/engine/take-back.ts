/** A deal that is cancelled or refunded: what is taken back, never more than there was. */
import { Exact } from '../exact.ts';
import type { FullPlan } from '../language/full-plan.ts';
import type { Clawback } from '../language/paying.ts';
import { Book, money } from './book.ts';
import { addSpan, dayOf, daysBetween, monthsBetween, periodOf } from './days.ts';
import type { DealEvent } from './events.ts';
import type { Entry } from './results.ts';
import { roundTo, scaleOf } from './round.ts';
import { Hold } from './hold.ts';

/** An entry as it still stands: what was taken back of it already. */
export interface Standing {
  entry: Entry;
  clawedBack: Exact;
  /** Of what had not been paid, and never will be. */
  voided: Exact;
}

export interface TakenBack {
  of: Standing;
  clawback: Exact;
  voided: Exact;
  book: Book;
}

/** @throws Hold where the plan does not say what happens then */
export function takeBack(plan: FullPlan, event: DealEvent, standing: readonly Standing[]): TakenBack[] {
  const { clawback } = plan;
  if (clawback === 'none') return [];
  if (clawback === undefined)
    throw new Hold(
      'clawback-not-in-plan',
      `Deal ${event.deal.deal} was ${event.kind === 'refund' ? 'refunded' : 'cancelled'}, and the plan does not say what then; add "clawback" (or: none).`,
    );
  const fraction = fractionOf(clawback, event);
  if (fraction === null || fraction.percent.isZero()) return [];
  const meant = standing.filter(
    ({ entry }) =>
      entry.at <= event.at &&
      (clawback.rules?.includes(entry.rule) ?? true) &&
      (event.payment === undefined || entry.event !== 'payment' || entry.part === event.payment),
  );
  return meant.flatMap((one) => takeBackOne(plan, clawback, event, one, fraction));
}

interface Fraction {
  percent: Exact;
  say: string;
}

function takeBackOne(
  plan: FullPlan,
  clawback: Clawback,
  event: DealEvent,
  of: Standing,
  { percent, say }: Fraction,
): TakenBack[] {
  const { entry } = of;
  const { currency } = entry;
  const book = new Book();
  const paid = paidBy(plan, entry, event.day);
  const unpaid = entry.amount.minus(paid);
  const left = entry.amount.minus(of.clawedBack).minus(of.voided);
  if (!left.greaterThan(0)) return [];
  const places = (amount: Exact): Exact =>
    plan.rounding.stage === 'period'
      ? amount
      : roundTo(amount, scaleOf(plan.rounding.scale, currency), plan.rounding.mode);
  book.note('clawback', say);
  const whole = places(
    book.do(
      'clawback',
      { op: 'percent', of: entry.amount.toFixed(), percent: percent.toFixed() },
      (value) => `${shown(percent)} % of ${money(entry.amount, currency)} = ${money(value, currency)}`,
    ),
  );
  const taken = Exact.min(whole, left);
  const leftUnpaid = Exact.max(0, unpaid.minus(of.voided));
  // What was not paid yet is never paid: nothing has to come back for it.
  const voided =
    clawback.of === 'paid'
      ? Exact.min(leftUnpaid, places(unpaid.times(percent).dividedBy(100)), taken)
      : Exact.min(leftUnpaid, taken);
  const back = Exact.min(taken.minus(voided), Exact.max(0, paid.minus(of.clawedBack)));
  if (taken.lessThan(whole)) book.note('clawback', `only ${money(taken, currency)} is left of it`);
  return [{ of, clawback: back, voided, book }];
}

function shown(percent: Exact): string {
  return percent.toDecimalPlaces(4).toFixed();
}

/** What had been paid out before that day. Without payouts in the plan: what was released by then. */
function paidBy(plan: FullPlan, entry: Entry, day: string): Exact {
  return entry.releases
    .filter(
      ({ at }) => at !== null && (plan.payout ? periodOf(at, plan.payout.per, plan).to < day : at <= day),
    )
    .reduce((sum, { amount }) => sum.plus(amount), new Exact(0));
}

/** Null: outside the window. */
function fractionOf(clawback: Clawback, event: DealEvent): Fraction | null {
  const start = startOf(clawback, event);
  const isLast = clawback.boundary !== 'excluded';
  if (clawback.within) {
    const end = addSpan(start, clawback.within);
    if (isLast ? event.day > end : event.day >= end) return null;
  }
  const what = event.kind === 'refund' ? `refunded on ${event.day}` : `cancelled on ${event.day}`;
  switch (clawback.how) {
    case 'full':
      return { percent: new Exact(100), say: what };
    case 'percent':
      return { percent: new Exact(clawback.percent ?? '0'), say: what };
    case 'by-amount':
      return byAmount(event, what);
    case 'by-time':
      return byTime(clawback, start, event.day, what);
    case 'by-steps': {
      const step = clawback.steps?.find(({ within }) =>
        isLast ? event.day <= addSpan(start, within) : event.day < addSpan(start, within),
      );
      return step
        ? {
            percent: new Exact(step.percent),
            say: `${what}, ${daysBetween(start, event.day)} days after ${start}`,
          }
        : null;
    }
  }
}

function startOf({ since }: Clawback, { deal, day }: DealEvent): string {
  if (since === 'won') return dayOf(deal.wonAt);
  if (since === 'start') return dayOf(deal.startAt ?? deal.wonAt);
  return (deal.payments ?? []).map(({ at }) => dayOf(at)).toSorted()[0] ?? day;
}

function byAmount({ kind, amount, deal, payment }: DealEvent, say: string): Fraction {
  const paid = deal.payments?.find(({ id }) => id !== undefined && id === payment);
  const whole = new Exact(paid?.amount ?? deal.amount ?? '0');
  if (kind === 'cancel' || whole.isZero()) return { percent: new Exact(100), say };
  const part = new Exact(amount ?? '0');
  return {
    percent: Exact.min(100, part.times(100).dividedBy(whole)),
    say: `${say}: ${part.toFixed()} of ${whole.toFixed()}`,
  };
}

/** What of the time is left. */
function byTime({ over, started }: Clawback, start: string, day: string, say: string): Fraction {
  const end = addSpan(start, over ?? { months: 12 });
  if (day >= end) return { percent: new Exact(0), say };
  if (started === 'by-day') {
    const all = daysBetween(start, end);
    const left = all - daysBetween(start, day);
    return { percent: new Exact(left).times(100).dividedBy(all), say: `${say}: ${left} of ${all} days left` };
  }
  const all = monthsBetween(start, end);
  const passed = monthsBetween(start, day);
  const hasBegun = addSpan(start, { months: passed }) < day;
  const used = Math.min(all, passed + (started === 'used' && hasBegun ? 1 : 0));
  return {
    percent: new Exact(all - used).times(100).dividedBy(all),
    say: `${say}: ${all - used} of ${all} months left`,
  };
}
