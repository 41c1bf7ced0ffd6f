import type { Sql } from '../platform/database/database.ts';

/**
 * Keeps the raw bytes of a verified PRM message before anyone is told "accepted". Answers the row's id, or null
 * when this webhook id was received before. Waits for a transaction that is storing the same id now.
 */
export async function receivePrmEvent(
  sql: Sql,
  message: { source: string; webhookId: string; body: Buffer },
  now: Date,
): Promise<bigint | null> {
  const [row] = await sql.query<{ id: bigint }>(
    `INSERT INTO intake_events (source, webhook_id, body, received_at, due_at) VALUES ($1, $2, $3, $4, $4)
     ON CONFLICT (source, webhook_id) DO NOTHING RETURNING id`,
    [message.source, message.webhookId, message.body, now],
  );
  return row?.id ?? null;
}
