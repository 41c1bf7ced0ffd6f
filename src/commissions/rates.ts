import type { Amount } from './amount.ts';
import { Held } from './held.ts';
import { tierKey } from './plan.ts';
import type { Plan } from './plan.ts';
import type { TraceStep } from './trace.ts';

/** In the currency paid. */
export function convert(plan: Plan, basis: Amount, steps: TraceStep[]): Amount {
  if (plan.currency === 'deal' || plan.currency === basis.currency) return basis;
  const found = (plan.rates ?? []).find((rate) => rate.from === basis.currency);
  if (found === undefined) {
    const explanation = `The plan pays in ${plan.currency} and has no rate for ${basis.currency}; publish a version that names one.`;
    throw new Held('rate-missing-for-currency', explanation);
  }
  const amount = basis.amount.times(found.rate);
  steps.push({ step: 'convert', ...found, amount: amount.toFixed() });
  return { amount, currency: found.to };
}

/** A plan, or a base with rates of its own under the plan's name. */
type Rates = Pick<Plan, 'plan' | 'version' | 'tiers' | 'otherTiers'>;

export function percentFor(plan: Rates, tier: string | null): string {
  if (tier !== null) {
    const named = Object.entries(plan.tiers).find(([name]) => tierKey(name) === tierKey(tier));
    if (named !== undefined) return named[1].rate;
  }
  if (plan.otherTiers !== 'hold') return plan.otherTiers.rate;
  if (tier === null)
    throw new Held('tier-missing', 'The partner had no tier on the day of the win; record one.');
  throw new Held(
    'tier-not-in-plan',
    `Plan ${plan.plan} version ${plan.version} names no rate for tier "${tier}".`,
  );
}
