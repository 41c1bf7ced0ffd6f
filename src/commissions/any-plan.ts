import type { FullPlan } from './language/full-plan.ts';
import type { Plan } from './plan.ts';

/** A plan in the short form, or in the whole language, which has rules. */
export type AnyPlan = Plan | FullPlan;

export function isFull(plan: AnyPlan): plan is FullPlan {
  return 'rules' in plan;
}
