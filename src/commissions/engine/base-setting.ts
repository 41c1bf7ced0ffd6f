/** What the rules look at for one partner of one event. */
import type { FullPlan } from '../language/full-plan.ts';
import { dayOf, periodOf } from './days.ts';
import type { DealEvent } from './events.ts';
import { factsOf } from './facts.ts';
import type { Base, RunState } from './run-state.ts';
import type { Credit } from './split.ts';

export function baseFor(run: RunState, event: DealEvent, { partner, role, share }: Credit): Base {
  const directory = run.directory.get(partner);
  const own = run.directory.tierOn(partner, tierDay(run.plan, event));
  // What the deal itself says stands above the partner's history.
  const stated =
    event.deal.tier !== undefined &&
    event.deal.tier !== null &&
    partner === (event.deal.partner ?? event.deal.partners?.[0]?.partner);
  const tier = stated ? (event.deal.tier ?? null) : (own?.tier ?? null);
  const seen = stated || own === null ? event : { ...event, deal: { ...event.deal, tierSince: own.since } };
  const facts = factsOf({ event: seen, partner, role, tier, directory });
  return {
    plan: run.plan,
    tally: run.tally,
    exchange: run.exchange,
    event: seen,
    partner,
    directory,
    facts,
    share: run.plan.split?.of === 'basis' ? share : '100',
    readings: new Map(),
  };
}

function tierDay(plan: FullPlan, { day, deal }: DealEvent): string {
  switch (plan.tierOn) {
    case 'event':
      return day;
    case 'month-start':
      return periodOf(day, 'month').from;
    case 'quarter-start':
      return periodOf(day, 'quarter', plan).from;
    case 'year-start':
      return periodOf(day, 'year', plan).from;
    default:
      return dayOf(deal.wonAt);
  }
}
