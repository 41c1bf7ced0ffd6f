/** The shortest plan around one or a few rules, in EUR. */
import { FullPlan } from '../../src/commissions/language/full-plan.ts';
import { Input } from '../../src/commissions/engine/input.ts';

type Json = Record<string, unknown>;

export const yearlySales = {
  sales: { of: 'amount', on: 'won', scope: 'partner', per: 'year', credit: 'full' },
};

/** @param parts replace those of the plan */
export function planOf(rules: readonly Json[], parts: Json = {}): FullPlan {
  return FullPlan.parse({
    plan: 'short',
    version: '1',
    effectiveFrom: '2020-01-01',
    currency: 'EUR',
    counters: yearlySales,
    rules: rules.map((rule, index) => ({ rule: `rule-${index}`, earnOn: 'won', basis: 'amount', ...rule })),
    rounding: { mode: 'half-up', scale: 'currency', stage: 'rule' },
    ...parts,
  });
}

/** Deals D0, D1 … of partner p in EUR, won on 10 May 2026 unless they say otherwise. */
export function dealsOf(...deals: Json[]): Input {
  return Input.parse({
    deals: deals.map((deal, index) => ({
      deal: `D${index}`,
      partner: 'p',
      currency: 'EUR',
      wonAt: '2026-05-10',
      ...deal,
    })),
  });
}
