import type { Sql } from '../platform/database/database.ts';

/**
 * Makes every mirrored record of a connection due, because what is to be written there may have changed. What turns out to
 * be the same costs no call. Parked deals and tombstones keep waiting for their person.
 * @returns how many records
 */
export async function desireAgain(tx: Sql, connectionId: string, now: Date): Promise<number> {
  const rows = await tx.query(
    `UPDATE mirrors SET state = 'due', due_at = $2, attempts = 0, updated_at = $2
      WHERE connection_id = $1 AND state IN ('mirrored', 'shadowed') RETURNING deal_id`,
    [connectionId, now],
  );
  return rows.length;
}
