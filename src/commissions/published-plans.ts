import type { Sql } from '../platform/database/database.ts';
import type { AnyPlan } from './any-plan.ts';

export interface PublishedPlan {
  id: string;
  effectiveFrom: string;
  content: AnyPlan;
}

/** Every published plan, latest first. There are few: one per change of terms. */
export async function loadPlans(sql: Sql): Promise<PublishedPlan[]> {
  return sql.query<PublishedPlan>(
    'SELECT id, effective_from AS "effectiveFrom", content FROM plans ORDER BY effective_from DESC',
  );
}

/** The plan in effect on the UTC day of `wonAt`: the latest one that had started and had not reached its stated end. */
export function planAt(plans: readonly PublishedPlan[], wonAt: Date): PublishedPlan | undefined {
  const day = wonAt.toISOString().slice(0, 10);
  const started = plans.find((plan) => plan.effectiveFrom <= day);
  const end = started?.content.effectiveTo;
  return end !== undefined && day >= end ? undefined : started;
}
