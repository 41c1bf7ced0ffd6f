import type { Sql } from '../platform/database/database.ts';

export interface ParkedMessage {
  id: string;
  type: string;
  endpointId: string;
  attempts: number;
  parkedAt: Date;
  reason: string;
}

/** Messages whose tries are used up, oldest first. */
export async function listParkedMessages(sql: Sql, limit: number): Promise<ParkedMessage[]> {
  return sql.query<ParkedMessage>(
    `SELECT id, type, endpoint_id AS "endpointId", attempts, parked_at AS "parkedAt", last_error ->> 'plain' AS reason
     FROM messages WHERE state = 'parked' ORDER BY parked_at, id LIMIT $1`,
    [limit],
  );
}

/**
 * Makes parked messages due again, with all their tries, under the same ids. `ids` absent: all of them.
 * @returns how many
 */
export async function redriveMessages(sql: Sql, now: Date, ids?: readonly string[]): Promise<number> {
  const rows = await sql.query(
    `UPDATE messages SET state = 'due', due_at = $1, attempts = 0, parked_at = NULL
     WHERE state = 'parked' AND ($2::text[] IS NULL OR id = ANY($2)) RETURNING id`,
    [now, ids ?? null],
  );
  return rows.length;
}
