import { randomUUID } from 'node:crypto';
import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';
import { environmentNumber } from '../platform/environment-number.ts';

export interface DueDeal {
  dealId: string;
  /** The sequence this claim answers; a change that arrives meanwhile raises it again. */
  seq: bigint;
  /** Tries so far, this one included. */
  attempts: number;
}

export interface CommissionClaim {
  token: string;
  deals: readonly DueDeal[];
}

/** A claim has no call to the outside in it; a worker that needs longer, by the database's clock, has stopped. */
const leaseMs = environmentNumber('TRIBUTARY_LEASE_MS', 60_000);

/** Claims due deals, oldest first, and commits at once. Other workers skip them until they are done or the lease ends. */
export async function claimCommissionDue(sql: Sql, limit: number, now: Date): Promise<CommissionClaim> {
  const token = randomUUID();
  const deals = await sql.query<DueDeal>(
    // MATERIALIZED: a plan that reads a plain subquery once per row claims others each time, beyond the limit.
    `WITH due AS MATERIALIZED (
       SELECT deal_id FROM commission_due
       WHERE due_at <= $2 AND (leased_until IS NULL OR leased_until < clock_timestamp())
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE commission_due SET lease_token = $1, leased_until = clock_timestamp() + $4 * interval '1 millisecond',
       attempts = attempts + 1
     WHERE deal_id IN (SELECT deal_id FROM due)
     RETURNING deal_id AS "dealId", due_seq AS seq, attempts`,
    [token, now, limit, leaseMs],
  );
  return { token, deals };
}

/** Whether any deal is due and free. For the sweeper. */
export async function isCommissionDue(sql: Sql, now: Date): Promise<boolean> {
  const rows = await sql.query(
    'SELECT 1 FROM commission_due WHERE due_at <= $1 AND (leased_until IS NULL OR leased_until < clock_timestamp()) LIMIT 1',
    [now],
  );
  return rows.length > 0;
}

/**
 * Keeps of `deals` those this claim still holds and locks their due rows. Call after the deals themselves are
 * locked: T1 takes the deal first too.
 */
export async function keepHeldClaims(tx: Sql, token: string, deals: readonly DueDeal[]): Promise<DueDeal[]> {
  const held = await tx.query<{ dealId: string }>(
    `SELECT deal_id AS "dealId" FROM commission_due WHERE deal_id = ANY($1) AND lease_token = $2
     ORDER BY deal_id FOR UPDATE`,
    [deals.map((deal) => deal.dealId), token],
  );
  const ids = new Set(held.map((row) => row.dealId));
  return deals.filter((deal) => ids.has(deal.dealId));
}

/** Records that the claimed sequences were computed. A deal raised meanwhile stays due. */
export async function finishDue(tx: Sql, token: string, deals: readonly DueDeal[], now: Date): Promise<void> {
  await tx.query(
    `UPDATE commission_due AS due SET
       seen_seq = done.seq,
       due_at = CASE WHEN due.due_seq > done.seq THEN due.due_at END,
       attempts = 0, lease_token = NULL, leased_until = NULL, last_error = NULL, updated_at = $4
     FROM unnest($1::uuid[], $2::bigint[]) AS done(deal_id, seq)
     WHERE due.deal_id = done.deal_id AND due.lease_token = $3`,
    [deals.map((deal) => deal.dealId), deals.map((deal) => deal.seq), token, now],
  );
}

/** One deal that could not be computed waits longer each time and shows why; its neighbours go on. */
export async function postponeDue(
  sql: Sql,
  token: string,
  deal: DueDeal,
  problem: { message: string; retryAt: Date },
  now: Date,
): Promise<void> {
  await sql.query(
    `UPDATE commission_due SET due_at = $3, lease_token = NULL, leased_until = NULL, last_error = $4, updated_at = $5
     WHERE deal_id = $1 AND lease_token = $2`,
    [deal.dealId, token, problem.retryAt, jsonText({ plain: problem.message, at: now }), now],
  );
}
