import type { Database } from '../platform/database/database.ts';

const everyMs = 24 * 3_600_000;
const cursor = 'wins';

/**
 * Once a day every record with a live win is read again, spread over an hour. Deletions and merges are in no poll of some
 * CRMs: were the one notification of them lost, or never subscribed to, a win that is gone would stay paid for ever.
 * @returns how many records are to be read; 0 also when it is not time yet
 */
export async function rereadWins(db: Database, connectionId: string, now: Date): Promise<number> {
  return db.transaction(async (tx) => {
    const turn = await tx.query(
      `INSERT INTO cursors AS c (connection_id, name, value, updated_at) VALUES ($1, $2, '', $3)
       ON CONFLICT (connection_id, name) DO UPDATE SET updated_at = excluded.updated_at WHERE c.updated_at <= $4
       RETURNING name`,
      [connectionId, cursor, now, new Date(now.getTime() - everyMs)],
    );
    if (turn.length === 0) return 0;
    const raised = await tx.query(
      `INSERT INTO observed_records AS o (connection_id, crm_id, deal_id, due_seq, due_at, updated_at)
       SELECT connection_id, crm_id, deal_id, 1, $2::timestamptz + random() * interval '1 hour', $2
         FROM won_epochs WHERE connection_id = $1 AND live ORDER BY crm_id
       ON CONFLICT (connection_id, crm_id) DO UPDATE
          SET due_seq = o.due_seq + 1, due_at = least(coalesce(o.due_at, excluded.due_at), excluded.due_at)
       RETURNING crm_id`,
      [connectionId, now],
    );
    return raised.length;
  });
}
