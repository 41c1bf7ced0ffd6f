import type { Sql } from '../platform/database/database.ts';

export const heldKind = 'reverted';

/** SQL over `m` (mirrors): what was written of it was taken back, and a person has not said that it shall be again. */
export const isHeld = `(m.state = 'parked' AND coalesce(m.last_error->>'kind' = '${heldKind}', false))`;

/**
 * Keeps the mirror from writing deals again that are being taken back. They stay held, whatever the partner changes, until
 * a person gives them another try by name or kind.
 */
export async function holdDeals(
  sql: Sql,
  connectionId: string,
  dealIds: readonly string[],
  now: Date,
): Promise<void> {
  const reason = {
    kind: heldKind,
    plain: 'What was written to the CRM was taken back; nothing is written again by itself.',
    nextStep: 'When it shall be written again: tributary redrive --kind reverted, or name the deal.',
  };
  await sql.query(
    `UPDATE mirrors SET state = 'parked', due_at = NULL, parked_at = $3, mirrored_hash = NULL, last_error = $4, updated_at = $3
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) AND state <> 'tombstone'`,
    [connectionId, dealIds, now, JSON.stringify(reason)],
  );
}

/** Their records were made by what is taken back, and deleted with it: nothing makes them again without a person. */
export async function buryRemoved(
  tx: Sql,
  connectionId: string,
  dealIds: readonly string[],
  now: Date,
): Promise<void> {
  const reason = {
    kind: 'not-found',
    plain: 'The record was deleted with the run that made it.',
    nextStep: 'Restore it in the CRM, or decide to create it anew.',
  };
  await tx.query(
    `UPDATE mirrors SET state = 'tombstone', due_at = NULL, mirrored_hash = NULL, updated_at = $3, parked_at = NULL, last_error = $4
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[])`,
    [connectionId, dealIds, now, JSON.stringify(reason)],
  );
}

/** Whether a worker may still be writing one of these: a write that was on its way when they were held. */
export async function areBeingWritten(
  sql: Sql,
  connectionId: string,
  dealIds: readonly string[],
): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM mirrors WHERE connection_id = $1 AND deal_id = ANY($2::uuid[])
        AND lease_token IS NOT NULL AND leased_until > clock_timestamp() LIMIT 1`,
    [connectionId, dealIds],
  );
  return rows.length > 0;
}
