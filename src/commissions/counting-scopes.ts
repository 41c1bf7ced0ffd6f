/**
 * Wins that move the same counters: those of one partner in one period of one plan. What one of them earns follows from
 * those before it, so all of them are locked and computed together, and a late one posts the differences of its successors.
 */
import type { Sql } from '../platform/database/database.ts';
import { isFull } from './any-plan.ts';
import { addSpan, periodOf, type Stretch } from './engine/days.ts';
import type { FullPlan } from './language/full-plan.ts';
import type { WonEpoch } from './load-batch.ts';
import { planAt, type PublishedPlan } from './published-plans.ts';

export interface Scope {
  plan: PublishedPlan;
  partnerId: string;
  /** Days, both included. */
  from: string;
  to: string;
}

/** Names the lock; sorted by it, two computations wait for each other instead of deadlocking. */
function keyOf({ plan, partnerId, from }: Scope): string {
  return `${plan.id} ${partnerId} ${from}`;
}

/** The scopes of these deals: as they stand, and as they stood when something was posted for them. */
export async function findScopes(
  tx: Sql,
  plans: readonly PublishedPlan[],
  dealIds: readonly string[],
): Promise<Scope[]> {
  if (!plans.some(({ content }) => isFull(content) && countingPer(content) !== null)) return [];
  const rows = await tx.query<{ partnerId: string; wonAt: Date }>(
    `SELECT d.partner_id AS "partnerId", e.won_at AS "wonAt" FROM won_epochs e JOIN deals d ON d.id = e.deal_id
     WHERE e.deal_id = ANY($1)
     UNION SELECT partner_id, won_at FROM commission_entries WHERE deal_id = ANY($1)`,
    [dealIds],
  );
  const scopes = rows.flatMap(({ partnerId, wonAt }) => scopeAt(plans, partnerId, wonAt) ?? []);
  const byKey = new Map(scopes.map((scope) => [keyOf(scope), scope]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, scope]) => scope);
}

/** The scope a win counts in; null where its plan counts nothing. */
export function scopeAt(plans: readonly PublishedPlan[], partnerId: string, wonAt: Date): Scope | null {
  const plan = planAt(plans, wonAt);
  if (plan === undefined || !isFull(plan.content)) return null;
  const per = countingPer(plan.content);
  if (per === null) return null;
  const { from, to }: Stretch = periodOf(wonAt.toISOString().slice(0, 10), per, plan.content);
  return { plan, partnerId, from, to };
}

/** The longest period that it counts or limits by: the shorter ones lie within it. Null: each win stands alone. */
function countingPer({ counters = {}, limits = [], rules }: FullPlan): 'month' | 'quarter' | 'year' | null {
  const used = new Set<unknown>([
    ...Object.values(counters).map(({ per }) => per),
    ...[...limits, ...rules.flatMap((rule) => rule.limits ?? [])].map(({ per }) => per),
  ]);
  return (['year', 'quarter', 'month'] as const).find((per) => used.has(per)) ?? null;
}

/** To be called in sorted order, before any deal is locked. */
export async function lockScopes(tx: Sql, scopes: readonly Scope[]): Promise<void> {
  for (const scope of scopes)
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `commission scope ${keyOf(scope)}`,
    ]);
}

/** A change that came between finding the scopes and locking the deals would be computed without the lock it needs. */
export function requireSameScopes(locked: readonly Scope[], found: readonly Scope[]): void {
  const keys = new Set(locked.map(keyOf));
  if (found.every((scope) => keys.has(keyOf(scope)))) return;
  throw new Error(
    'the partner or the win of a deal changed while its counters were locked; it is tried again',
  );
}

/** Every deal with a live win in these scopes: as many as a partner wins in a period. */
export async function findDealsIn(tx: Sql, scopes: readonly Scope[]): Promise<string[]> {
  if (scopes.length === 0) return [];
  const rows = await tx.query<{ dealId: string }>(
    `SELECT DISTINCT e.deal_id AS "dealId"
     FROM unnest($1::uuid[], $2::date[], $3::date[]) AS s(partner_id, starts, ends)
     JOIN deals d ON d.partner_id = s.partner_id
     JOIN won_epochs e ON e.deal_id = d.id
     WHERE e.live AND e.won_at >= s.starts::timestamp AT TIME ZONE 'UTC'
       AND e.won_at < s.ends::timestamp AT TIME ZONE 'UTC'`,
    [
      scopes.map(({ partnerId }) => partnerId),
      scopes.map(({ from }) => from),
      scopes.map(({ to }) => addSpan(to, { days: 1 })),
    ],
  );
  return rows.map(({ dealId }) => dealId);
}

/** Whether all that this win counts with was loaded. */
export function isIn(
  scopes: readonly Scope[],
  plans: readonly PublishedPlan[],
  { partnerId, wonAt }: WonEpoch,
): boolean {
  const own = scopeAt(plans, partnerId, wonAt);
  return own !== null && scopes.some((scope) => keyOf(scope) === keyOf(own));
}
