/**
 * A short plan in the whole language: one rule, `base`, by tier, by who brought the deal, and within cap and minimum of
 * the deal. What a short plan says of products is one case for each base; `assignBases` says which line item is in which.
 */
import { Exact } from './exact.ts';
import type { FullPlan } from './language/full-plan.ts';
import type { By, Multiplier, Rate } from './language/rates.ts';
import type { Limit } from './language/rules.ts';
import { OTHER_PRODUCTS } from './assign-bases.ts';
import type { Share } from './plan-rules.ts';
import type { Plan } from './plan.ts';

/** The one rule of a short plan; the component of its entries. */
export const BASE_RULE = 'base';

const known = new WeakMap<Plan, FullPlan>();

export function expandShortPlan(plan: Plan): FullPlan {
  const full = known.get(plan) ?? expand(plan);
  known.set(plan, full);
  return full;
}

function expand(plan: Plan): FullPlan {
  const { plan: key, version, effectiveFrom, effectiveTo, currency } = plan;
  const isByLine = plan.basis === 'line-items';
  return {
    plan: key,
    version,
    effectiveFrom,
    ...(effectiveTo === undefined ? {} : { effectiveTo }),
    currency,
    // A discount may be a line item of its own, below zero; the sum must not be.
    ...(isByLine ? { negativeAmounts: 'count' as const } : {}),
    rules: [
      {
        rule: BASE_RULE,
        earnOn: 'won',
        basis: isByLine
          ? { of: 'each-line', select: [{ fact: 'line.fields.base', isNot: ['-'], unknown: 'fails' }] }
          : { of: 'amount' },
        rate: isByLine ? byBase(plan) : byTier(plan),
        multipliers: [byInfluence(plan)],
        limits: limitsOf(plan),
      },
    ],
    ...(currency === 'deal' ? {} : { exchange: exchangeOf(plan) }),
    rounding: { mode: 'half-up', scale: 'currency', stage: 'rule' },
  };
}

function byTier({ tiers, otherTiers }: Pick<Plan, 'tiers' | 'otherTiers'>): Rate {
  const cases = Object.entries(tiers).map(([tier, { rate }]) => [tier, { percent: rate }] as const);
  const other: By['other'] = otherTiers === 'hold' ? 'hold' : { percent: otherTiers.rate };
  return { by: { fact: 'tier', cases: Object.fromEntries(cases), other } };
}

interface OwnTiers {
  tiers?: Plan['tiers'] | undefined;
  otherTiers?: Plan['otherTiers'] | undefined;
}

/** A base with tiers of its own says alone what other tiers get. */
function byBase(plan: Plan): Rate {
  const own = ({ tiers, otherTiers }: OwnTiers): Rate =>
    byTier({
      tiers: tiers ?? plan.tiers,
      otherTiers: otherTiers ?? (tiers === undefined ? plan.otherTiers : 'hold'),
    });
  const cases = (plan.products ?? []).map((base) => [base.base, own(base)] as const);
  const rest = typeof plan.otherProducts === 'object' ? plan.otherProducts : {};
  return {
    by: {
      fact: 'line.fields.base',
      cases: { ...Object.fromEntries(cases), [OTHER_PRODUCTS]: own(rest) },
      other: 'nothing',
    },
  };
}

function byInfluence({ influenced, renewals }: Plan): Multiplier {
  const factor = (name: string, share: Share | undefined): By['cases'] =>
    share === undefined
      ? {}
      : { [name]: { times: share === 'nothing' ? '0' : new Exact(share.share).dividedBy(100).toFixed() } };
  const cases = {
    sourced: { times: '1' },
    ...factor('influenced', influenced),
    ...factor('renewal', renewals),
  };
  return { by: { fact: 'influence', cases, other: 'hold' } };
}

function limitsOf({ cap, minimum }: Plan): Limit[] {
  const limits: Limit[] = [];
  if (cap !== undefined) limits.push({ per: 'deal', atMost: cap });
  if (minimum?.below === 'raise-to-it') limits.push({ per: 'deal', atLeast: minimum.amounts });
  if (minimum?.below === 'pay-nothing') limits.push({ per: 'deal', nothingBelow: minimum.amounts });
  return limits;
}

/** A short plan fixes its rates for as long as it is in effect. */
function exchangeOf({ rates = [], effectiveFrom }: Plan): NonNullable<FullPlan['exchange']> {
  return {
    date: 'won',
    convert: 'basis',
    inverse: 'refused',
    rates: rates.map((rate) => ({ ...rate, on: effectiveFrom })),
  };
}
