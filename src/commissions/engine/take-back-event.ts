/** A refund or a cancellation: entries that take back what was earned by the deal. */
import { Exact } from '../exact.ts';
import { Book, money } from './book.ts';
import { collectedIn, withhold } from './collect-payouts.ts';
import { periodOf } from './days.ts';
import type { DealEvent } from './events.ts';
import { lowerCounters } from './lower-counters.ts';
import type { Entry } from './results.ts';
import type { RunState } from './run-state.ts';
import { takeBack } from './take-back.ts';

export function takeBackEvent(run: RunState, event: DealEvent): void {
  const standing = run.standing.get(event.deal.deal) ?? [];
  for (const { of, clawback, voided, book } of takeBack(run.plan, event, standing)) {
    of.clawedBack = of.clawedBack.plus(clawback);
    of.voided = of.voided.plus(voided);
    if (clawback.greaterThan(0)) postBack(run, event, of.entry, 'clawback', clawback, book);
    if (voided.greaterThan(0)) postBack(run, event, of.entry, 'voided', voided, book);
  }
  lowerCounters(run, event);
}

function postBack(
  run: RunState,
  event: DealEvent,
  of: Entry,
  kind: 'clawback' | 'voided',
  amount: Exact,
  before: Book,
): void {
  const book = lastStep(before, kind, amount, of.currency);
  const entry: Entry = {
    ...of,
    id: ++run.entries,
    kind,
    event: event.kind,
    at: event.at,
    amount: amount.negated(),
    uncapped: amount.negated(),
    corrects: of.id,
    releases: [],
    explanation: book.sentence,
    steps: book.steps,
  };
  const { payout } = run.plan;
  if (payout) {
    const own = collectedIn(run, of.partner, of.currency, periodOf(event.day, payout.per, run.plan).name);
    if (kind === 'clawback') own.clawedBack = own.clawedBack.plus(amount);
    else withhold(run, of, amount, event.day);
  }
  run.options.onEntry(entry);
}

/** The part of what is taken back that this entry is of. The sentence repeats no amount it has just said. */
function lastStep({ steps }: Book, kind: 'clawback' | 'voided', amount: Exact, currency: string): Book {
  const book = new Book();
  book.steps.push(...steps);
  const said = new Exact(steps.findLast(({ value }) => value !== undefined)?.value ?? 0);
  const what = kind === 'clawback' ? 'taken back' : 'not paid any more';
  book.do('clawback', { op: 'less', from: '0', of: [amount.toFixed()] }, () =>
    said.equals(amount) ? '' : `${what}: ${money(amount, currency)}`,
  );
  return book;
}
