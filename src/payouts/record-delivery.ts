import type { Sql } from '../platform/database/database.ts';

export interface DeliveryFailure {
  /** What happened, in plain words, without secrets. */
  plain: string;
  httpStatus?: number;
}

/**
 * The receiver took the message; `acknowledgement` when its answer acknowledged the payout in the same breath.
 * Changes nothing when the claim was lost: whoever holds it sends the same id again, and the receiver tells.
 */
export async function recordDelivered(
  sql: Sql,
  claim: { token: string; messageId: string },
  acknowledgement: { reference: string | null } | null,
  now: Date,
): Promise<void> {
  await sql.query(
    `WITH done AS (
       UPDATE messages SET state = 'delivered', delivered_at = $3, due_at = NULL, attempts = attempts + 1,
         lease_token = NULL, leased_until = NULL, last_error = NULL,
         acknowledged_at = CASE WHEN $4 AND trigger_id IS NOT NULL THEN coalesce(acknowledged_at, $3) ELSE acknowledged_at END
       WHERE id = $1 AND lease_token = $2 AND state = 'due' RETURNING id, trigger_id)
     INSERT INTO payout_acknowledgements (message_id, trigger_id, reference, via, acknowledged_at)
     SELECT id, trigger_id, $5, 'answer', $3 FROM done WHERE $4 AND trigger_id IS NOT NULL
     ON CONFLICT (message_id) DO NOTHING`,
    [claim.messageId, claim.token, now, acknowledgement !== null, acknowledgement?.reference ?? null],
  );
}

/** The message was not taken, or nobody knows: again at `retryAt`, or parked for a person when that is null. */
export async function recordFailed(
  sql: Sql,
  claim: { token: string; messageId: string },
  failure: DeliveryFailure,
  retryAt: Date | null,
  now: Date,
): Promise<void> {
  await sql.query(
    `UPDATE messages SET attempts = attempts + 1, lease_token = NULL, leased_until = NULL, last_error = $3,
       state = CASE WHEN $4::timestamptz IS NULL THEN 'parked' ELSE 'due' END,
       due_at = $4, parked_at = CASE WHEN $4::timestamptz IS NULL THEN $5::timestamptz END
     WHERE id = $1 AND lease_token = $2 AND state = 'due'`,
    [claim.messageId, claim.token, JSON.stringify({ ...failure, at: now }), retryAt, now],
  );
}
