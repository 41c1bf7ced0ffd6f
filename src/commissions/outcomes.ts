import type { Sql } from '../platform/database/database.ts';

/**
 * Any number no one else locks in this database. Whoever changes the terms (plans, tiers) holds it alone, every
 * computation shares it: a hold can never be recorded behind the back of the change that would have lifted it.
 */
const TERMS_LOCK = 7_420_261_151;

/** To be called first in a transaction that computes, before it locks any row. */
export async function shareTerms(tx: Sql): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock_shared($1)', [TERMS_LOCK]);
}

/** What the last computation made of one won epoch. */
export interface Outcome {
  dealId: string;
  epoch: number;
  epochRevision: number;
  state: 'earned' | 'nothing' | 'held';
  /** Why nothing, or why held; null when earned. */
  reason: string | null;
  explanation: string;
}

/** Replaces what is known of these epochs; `since` survives while state and reason stay the same. */
export async function recordOutcomes(tx: Sql, outcomes: readonly Outcome[], now: Date): Promise<void> {
  if (outcomes.length === 0) return;
  await tx.query(
    `INSERT INTO commission_outcomes AS known
       (deal_id, epoch, epoch_revision, state, reason, explanation, computed_at, since)
     SELECT "dealId", epoch, "epochRevision", state, reason, explanation, $2, $2
     FROM jsonb_to_recordset($1::jsonb) AS o("dealId" uuid, epoch int, "epochRevision" int, state text, reason text,
       explanation text)
     ON CONFLICT (deal_id, epoch) DO UPDATE SET
       epoch_revision = excluded.epoch_revision, state = excluded.state, reason = excluded.reason,
       explanation = excluded.explanation, computed_at = excluded.computed_at,
       since = CASE WHEN known.state = excluded.state AND known.reason IS NOT DISTINCT FROM excluded.reason
                    THEN known.since ELSE excluded.since END`,
    [JSON.stringify(outcomes), now],
  );
}

export interface HeldCommission {
  dealId: string;
  epoch: number;
  reason: string;
  explanation: string;
  since: Date;
}

/** Wins whose commission waits for a person, oldest first. */
export async function listHeld(sql: Sql, limit: number): Promise<HeldCommission[]> {
  return sql.query<HeldCommission>(
    `SELECT deal_id AS "dealId", epoch, reason, explanation, since FROM commission_outcomes
     WHERE state = 'held' ORDER BY since, deal_id LIMIT $1`,
    [limit],
  );
}

/**
 * Makes every held deal due again, because what it waited for may have come: a plan, a tier, a rate. Call it in the
 * transaction that brings it.
 * @returns how many deals were made due
 */
export async function requeueHeld(tx: Sql, now: Date): Promise<number> {
  // A computation under way has read the terms of before; its hold must be committed before we look for holds.
  await tx.query('SELECT pg_advisory_xact_lock($1)', [TERMS_LOCK]);
  const rows = await tx.query(
    `UPDATE commission_due SET due_seq = due_seq + 1, due_at = $1, attempts = 0, updated_at = $1
     WHERE deal_id IN (SELECT deal_id FROM commission_outcomes WHERE state = 'held') RETURNING deal_id`,
    [now],
  );
  return rows.length;
}

/** Deals held for their partner's tier that has been recorded since. No bell rings for it: the rows themselves tell. */
const TIERS_CAME = `
  SELECT o.deal_id FROM commission_outcomes o
  JOIN won_epochs e ON e.deal_id = o.deal_id AND e.epoch = o.epoch
  JOIN deals d ON d.id = o.deal_id
  JOIN partner_tiers t ON t.partner_id = d.partner_id AND t.effective_from <= (e.won_at AT TIME ZONE 'UTC')::date
  WHERE o.state = 'held'
    AND (o.reason = 'tier-missing' OR (o.reason = 'tier-not-in-plan' AND t.recorded_at > o.computed_at))
    AND EXISTS (SELECT FROM commission_due c WHERE c.deal_id = o.deal_id AND c.due_at IS NULL)`;

/** Whether a tier came that lifts a hold. For the sweeper. */
export async function didTiersCome(sql: Sql): Promise<boolean> {
  return (await sql.query(`${TIERS_CAME} LIMIT 1`)).length > 0;
}

/** Makes the deals due again whose partner's tier came. */
export async function requeueForTiers(sql: Sql, now: Date): Promise<void> {
  await sql.query(
    `UPDATE commission_due SET due_seq = due_seq + 1, due_at = $1, attempts = 0, updated_at = $1
     WHERE deal_id IN (${TIERS_CAME})`,
    [now],
  );
}
