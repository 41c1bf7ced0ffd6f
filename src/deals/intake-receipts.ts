import type { Sql } from '../platform/database/database.ts';

/**
 * Claims the event ids for this transaction, for ever once it commits. Answers the positions whose event was
 * counted before, also earlier in the same batch. Waits for a transaction that is claiming the same id now.
 */
export async function claimReceipts(
  tx: Sql,
  source: string,
  events: readonly { eventId: string | undefined; ref: string }[],
  now: Date,
): Promise<Set<number>> {
  const firstOf = new Map<string, number>();
  const repeated = new Set<number>();
  for (const [position, { eventId }] of events.entries()) {
    if (eventId === undefined) continue;
    if (firstOf.has(eventId)) repeated.add(position);
    else firstOf.set(eventId, position);
  }
  if (firstOf.size === 0) return repeated;
  const wanted = [...firstOf].map(([eventId, position]) => ({
    event_id: eventId,
    source_ref: events[position]?.ref,
  }));
  const claimed = await tx.query<{ event_id: string }>(
    `INSERT INTO intake_receipts (source, event_id, source_ref, received_at)
     SELECT $1, event_id, source_ref, $3 FROM jsonb_to_recordset($2::jsonb) AS e(event_id text, source_ref text)
      ORDER BY event_id
     ON CONFLICT DO NOTHING RETURNING event_id`,
    [source, JSON.stringify(wanted), now],
  );
  const isClaimed = new Set(claimed.map((row) => row.event_id));
  for (const [eventId, position] of firstOf) if (!isClaimed.has(eventId)) repeated.add(position);
  return repeated;
}
