/**
 * Runs a plan over deals in the order of time. Pure: no database, no clock, and bounded memory where the deals come one after
 * the other: sums of the open period, and what a clawback may still take back.
 */
import type { Exact } from '../exact.ts';
import type { FullPlan } from '../language/full-plan.ts';
import { periodKinds, type PeriodKind } from '../language/periods.ts';
import { addSpan, dayOf, periodOf } from './days.ts';
import { earnEvent } from './earn-event.ts';
import { earnOfPeriod, markClosed } from './end-of-period.ts';
import { eventsOf, inOrder, type DealEvent } from './events.ts';
import { Hold } from './hold.ts';
import type { Deal } from './input.ts';
import { payPeriod } from './pay-period.ts';
import { RunState, type RunOptions } from './run-state.ts';
import { takeBackEvent } from './take-back-event.ts';
import { takeOverState } from './take-over-state.ts';

export class PlanRun {
  readonly #state: RunState;
  readonly #kinds: readonly PeriodKind[];
  /** Events from `#reached` on are still to come; in order unless `#isMixed`. */
  #waiting: DealEvent[] = [];
  #reached = 0;
  #isMixed = false;
  #began: string | null = null;
  #last: string | null = null;

  constructor(plan: FullPlan, options: RunOptions) {
    this.#state = new RunState(plan, options);
    this.#kinds = kindsOf(plan);
    takeOverState(this.#state, options.state);
  }

  /** Deals in any order, as long as none begins before an event that was reached. */
  add(deals: readonly Deal[]): void {
    for (const event of deals.flatMap(eventsOf)) {
      if (this.#wasComputed(event)) continue;
      const last = this.#waiting.at(-1);
      // Sorted once, when it is read: deals that come one by one would else sort a day's events again and again.
      if (last !== undefined && inOrder(last, event) > 0) this.#isMixed = true;
      this.#waiting.push(event);
    }
  }

  #sorted(): readonly DealEvent[] {
    if (this.#isMixed || this.#reached > 10_000) {
      this.#waiting = this.#waiting.slice(this.#reached);
      this.#reached = 0;
      if (this.#isMixed) this.#waiting.sort(inOrder);
      this.#isMixed = false;
    }
    return this.#waiting;
  }

  #wasComputed({ deal, day }: DealEvent): boolean {
    const entered = (this.#state.standing.get(deal.deal) ?? [])
      .filter(({ entry }) => entry.event === 'before')
      .map(({ entry }) => dayOf(entry.at));
    const until = deal.earnedUntil ?? entered.toSorted().at(-1);
    return until !== undefined && day <= until;
  }

  /** Takes every event before this day. */
  advance(day: string): void {
    const waiting = this.#sorted();
    for (; this.#reached < waiting.length; this.#reached += 1) {
      const event = waiting[this.#reached];
      if (event === undefined || event.day >= day) return;
      this.#closeBefore(event.day);
      this.#handle(event);
      this.#last = event.day;
    }
  }

  /** Takes what is left and closes the periods. @param asOf nothing after this day is looked at; a period that ends on it is closed */
  finish(asOf?: string): void {
    if (asOf !== undefined) {
      const next = addSpan(asOf, { days: 1 });
      this.advance(next);
      this.#closeBefore(next);
      return;
    }
    this.advance('9999-12-31');
    if (this.#last === null) return;
    this.#closeBefore(this.#last);
    this.#closeBefore('9999-12-31', (kind) => this.#lastEnd(kind));
  }

  /** The end of the last period of this kind that anything happened in; of payouts, that anything becomes payable in. */
  #lastEnd(kind: PeriodKind): string {
    const { plan, releasedUntil } = this.#state;
    const end = (day: string, per: PeriodKind): string => periodOf(day, per, plan).to;
    const last = this.#last ?? '';
    if (plan.payout?.per !== kind) return end(last, kind);
    const earned = periodKinds
      .filter((per) => plan.rules.some(({ earnOn }) => earnOn === per))
      .map((per) => end(last, per));
    return end([last, releasedUntil, ...earned].toSorted().at(-1) ?? last, kind);
  }

  /** What is earned and not payable yet, with the day it will be, as far as that is known. */
  pending(): { partner: string; deal: string | null; at: string | null; amount: Exact; currency: string }[] {
    return this.#state.notReleased
      .filter(({ release }) => !release.amount.isZero())
      .map(({ entry: { partner, deal, currency }, release: { at, amount } }) => ({
        partner,
        deal,
        at,
        amount,
        currency,
      }));
  }

  counters(): { counter: string; of: string; period: string; value: Exact }[] {
    return this.#state.tally.entries('counter|').map(([key, value]) => {
      const [, counter = '', of = '', , period = ''] = key.split('|');
      return { counter, of, period, value };
    });
  }

  balances(): { partner: string; currency: string; carried: Exact; draw: Exact }[] {
    return [...this.#state.balances].map(([key, balance]) => {
      const [partner = '', currency = ''] = key.split('|');
      return { partner, currency, ...balance };
    });
  }

  #handle(event: DealEvent): void {
    const { deal } = event;
    try {
      if (!this.#isInEffect(deal)) {
        const { plan, version } = this.#state.plan;
        if (event.kind === 'won')
          throw new Hold(
            'no-plan-in-effect',
            `Plan ${plan} version ${version} is not in effect on ${dayOf(deal.wonAt)}.`,
          );
        return;
      }
      if (event.kind === 'refund' || event.kind === 'cancel') takeBackEvent(this.#state, event);
      else earnEvent(this.#state, event);
      this.#state.options.onTaken?.(deal.deal, this.#state.tally.found());
      this.#state.tally.commit();
    } catch (thrown) {
      this.#state.tally.rollback();
      if (!(thrown instanceof Hold)) throw thrown;
      const partner = deal.partner ?? deal.partners?.[0]?.partner ?? null;
      this.#state.options.onHeld({
        deal: deal.deal,
        partner,
        event: event.kind,
        at: event.at,
        reason: thrown.reason,
        explanation: thrown.message,
      });
    }
  }

  #isInEffect({ wonAt }: Deal): boolean {
    const day = dayOf(wonAt);
    const { effectiveFrom, effectiveTo } = this.#state.plan;
    return effectiveFrom <= day && (effectiveTo === undefined || day < effectiveTo);
  }

  /** Closes every period that ends before this day, in the order of their ends. */
  #closeBefore(day: string, lastEnd?: (kind: PeriodKind) => string): void {
    for (const kind of this.#kinds)
      if (!this.#state.open.has(kind))
        this.#state.open.set(kind, periodOf(this.#began ?? day, kind, this.#state.plan));
    this.#began ??= day;
    for (;;) {
      const [end] = [...this.#state.open]
        .filter(([kind, { to }]) => to < day && to <= (lastEnd?.(kind) ?? day))
        .map(([, { to }]) => to)
        .toSorted();
      if (end === undefined) return;
      this.#closeAt(end);
    }
  }

  /** Everything is earned before anybody is paid: a bonus of the year belongs to the last month's payout. */
  #closeAt(end: string): void {
    const { plan, tally, open } = this.#state;
    const due = this.#kinds.flatMap((kind) => {
      const stretch = open.get(kind);
      return stretch?.to === end ? [{ kind, stretch }] : [];
    });
    for (const { kind, stretch } of due) {
      earnOfPeriod(this.#state, kind, stretch);
      if (plan.rules.some(({ earnOn }) => earnOn === kind)) markClosed(this.#state, kind);
    }
    for (const { kind, stretch } of due) {
      if (plan.payout?.per === kind) payPeriod(this.#state, stretch);
      // The one before is read by `reads: previous` until the period after it is over.
      tally.forget(periodOf(addSpan(stretch.from, { days: -1 }), kind, plan).name);
      open.set(kind, periodOf(addSpan(stretch.to, { days: 1 }), kind, plan));
    }
  }
}

/** The kinds of period that anything of the plan is of. */
function kindsOf({ rules, limits, counters, payout }: FullPlan): PeriodKind[] {
  const used = new Set<string>([
    ...rules.map(({ earnOn }) => earnOn),
    ...(payout ? [payout.per] : []),
    ...Object.values(counters ?? {}).flatMap(({ per }) => (typeof per === 'string' ? [per] : [])),
    ...[...(limits ?? []), ...rules.flatMap((rule) => rule.limits ?? [])].map(({ per }) => per),
  ]);
  return periodKinds.filter((kind) => used.has(kind));
}
