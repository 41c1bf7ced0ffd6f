import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/database.ts';

export interface Acknowledgement {
  messageId: string;
  /** The receiver's own number of the payout. */
  reference: string | null;
  acknowledgedAt: Date;
}

/**
 * Records that the receiver took on a payout. The first acknowledgement of a message counts and is answered to every
 * later one. An acknowledged message is delivered, even if its own answer was lost. Null: no such payout message.
 */
export async function acknowledgePayout(
  context: { db: Database; clock: Clock },
  messageId: string,
  reference: string | null,
): Promise<Acknowledgement | null> {
  const now = context.clock.now();
  return context.db.transaction(async (tx) => {
    const [message] = await tx.query<{ triggerId: string | null }>(
      'SELECT trigger_id AS "triggerId" FROM messages WHERE id = $1 FOR UPDATE',
      [messageId],
    );
    if (message === undefined || message.triggerId === null) return null;
    await tx.query(
      `INSERT INTO payout_acknowledgements (message_id, trigger_id, reference, via, acknowledged_at)
       VALUES ($1, $2, $3, 'call', $4) ON CONFLICT (message_id) DO NOTHING`,
      [messageId, message.triggerId, reference, now],
    );
    await tx.query(
      `UPDATE messages SET state = 'delivered', delivered_at = coalesce(delivered_at, $2), due_at = NULL,
         parked_at = NULL, lease_token = NULL, leased_until = NULL,
         acknowledged_at = coalesce(acknowledged_at, $2) WHERE id = $1`,
      [messageId, now],
    );
    const [first] = await tx.query<Acknowledgement>(
      `SELECT message_id AS "messageId", reference, acknowledged_at AS "acknowledgedAt"
       FROM payout_acknowledgements WHERE message_id = $1`,
      [messageId],
    );
    return first ?? null;
  });
}
