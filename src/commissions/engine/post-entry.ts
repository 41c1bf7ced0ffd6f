/** An amount that was earned becomes an entry, and is remembered for what comes later. */
import { Exact } from '../exact.ts';
import { collectReleases } from './collect-payouts.ts';
import { dayOf, periodOf } from './days.ts';
import type { DealEvent } from './events.ts';
import { periodKinds } from '../language/periods.ts';
import { releasesOf } from './release.ts';
import type { Entry } from './results.ts';
import { scaleOf } from './round.ts';
import type { RunState } from './run-state.ts';
import type { Paid } from './share-pay.ts';

export function postEntry(
  run: RunState,
  event: DealEvent,
  { earned, partner, role, amount, uncapped, currency, book }: Paid,
): void {
  const plan = run.plan;
  const scale = plan.rounding.stage === 'period' ? null : scaleOf(plan.rounding.scale, currency);
  const entry: Entry = {
    id: ++run.entries,
    deal: event.deal.deal,
    partner,
    role,
    rule: earned.rule.rule,
    label: earned.rule.label ?? earned.rule.rule,
    kind: 'earned',
    event: event.kind,
    at: event.at,
    part: event.id ?? null,
    amount,
    currency,
    uncapped,
    corrects: null,
    releases: releasesOf(plan, event, amount, scale),
    explanation: book.sentence,
    steps: book.steps,
  };
  // Releases shrink when they are voided; who was told of the entry keeps what it was told.
  const own = { ...entry, releases: entry.releases.map((release) => ({ ...release })) };
  sumForPeriodRules(run, entry);
  if (plan.clawback !== undefined && plan.clawback !== 'none') {
    const list = run.standing.get(event.deal.deal) ?? [];
    list.push({ entry: own, clawedBack: new Exact(0), voided: new Exact(0) });
    run.standing.set(event.deal.deal, list);
  }
  collectReleases(run, own);
  run.options.onEntry(entry);
}

/** For rules of a period that are taken of commission. */
function sumForPeriodRules(run: RunState, { rule, partner, currency, amount, at }: Entry): void {
  for (const per of periodKinds)
    if (run.plan.rules.some(({ earnOn, basis }) => earnOn === per && basis.of === 'commission'))
      run.tally.add(
        `earned|${rule}|${partner}|${currency}|${periodOf(dayOf(at), per, run.plan).name}`,
        amount,
      );
}
