import type { Sql } from '../platform/database/database.ts';

export type DealEventKind =
  | 'registered'
  | 'changed'
  | 'approved'
  | 'rejected'
  | 'withdrawn'
  | 'partner-changed'
  | 'ignored-older'
  | 'refused-change';

/**
 * What happened to a deal, by whom. Events can never be changed, so they carry no personal data of a contact:
 * of those fields only the fact that they changed.
 */
export interface DealEvent {
  deal_id: string;
  version: number;
  kind: DealEventKind;
  data: Readonly<Record<string, unknown>>;
}

/** Appends in the given order. */
export async function appendDealEvents(
  tx: Sql,
  events: readonly DealEvent[],
  actor: string,
  now: Date,
): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `INSERT INTO deal_events (deal_id, version, kind, actor, data, occurred_at)
     SELECT deal_id, version, kind, $2, data, $3
       FROM jsonb_to_recordset($1::jsonb) AS e(position int, deal_id uuid, version int, kind text, data jsonb)
      ORDER BY position`,
    [JSON.stringify(events.map((event, position) => ({ position, ...event }))), actor, now],
  );
}
