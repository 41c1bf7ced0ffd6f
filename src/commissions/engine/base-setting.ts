/** What the rules look at for one partner of one event. */
import type { FullPlan } from '../language/full-plan.ts';
import { dayOf, periodOf } from './days.ts';
import type { DealEvent } from './events.ts';
import type { KnownPartner } from './directory.ts';
import { factOfPartner, factsOf, type Facts } from './facts.ts';
import type { Base, RunState } from './run-state.ts';
import type { Credit } from './split.ts';

export function baseFor(run: RunState, event: DealEvent, { partner, role, share }: Credit): Base {
  const directory = run.directory.on(partner, event.day);
  const own = run.directory.tierOn(partner, tierDay(run.plan, event));
  // What the deal itself says stands above the partner's history.
  const stated =
    event.deal.tier !== undefined &&
    event.deal.tier !== null &&
    partner === (event.deal.partner ?? event.deal.partners?.[0]?.partner);
  const tier = stated ? (event.deal.tier ?? null) : (own?.tier ?? null);
  const seen = stated || own === null ? event : { ...event, deal: { ...event.deal, tierSince: own.since } };
  const facts = withRelatives(
    run,
    event,
    directory,
    factsOf({ event: seen, partner, role, tier, directory }),
  );
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

/** "parent.NAME" and "referrer.NAME": of whom an override is paid to, as "partner.NAME" of the partner; also their tier. */
function withRelatives(run: RunState, event: DealEvent, own: KnownPartner | undefined, facts: Facts): Facts {
  const relatives: Record<string, string | null | undefined> = {
    parent: own?.parent,
    referrer: event.deal.referrer,
  };
  return (name) => {
    const [who = '', ...rest] = name.split('.');
    if (rest.length === 0 || !(who in relatives)) return facts(name);
    const relative = relatives[who];
    if (!relative) return null;
    const about = rest.join('.');
    if (about === 'tier') return run.directory.tierOn(relative, tierDay(run.plan, event))?.tier ?? null;
    return factOfPartner(run.directory.on(relative, event.day), about);
  };
}
