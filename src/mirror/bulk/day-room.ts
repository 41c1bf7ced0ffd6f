import type { Sql } from '../../platform/database/database.ts';

/** What was said longer ago is not relied on: the CRM refuses a job itself where there is no room. */
const figuresLifeMs = 3_600_000;

/**
 * Whether the CRM has a batch of bulk jobs left today, as far as it told: what it said last, less what our own jobs have
 * used or will use since.
 * @param batchRows records of a job that count as one batch
 */
export async function hasRoomToday(
  sql: Sql,
  connectionId: string,
  batchRows: number,
  now: Date,
): Promise<boolean> {
  const [row] = await sql.query<{ room: number }>(
    `SELECT ((l.figures->'bulkBatches'->>'remaining')::numeric
             - (SELECT coalesce(sum(ceil(j.row_count / $2::numeric)), 0) FROM bulk_jobs j
                 WHERE j.connection_id = l.connection_id AND j.state <> 'given-up'
                   AND (j.ended_at IS NULL OR j.ended_at > l.read_at)))::float8 AS room
       FROM connection_limits l
      WHERE l.connection_id = $1 AND l.read_at > $3 AND l.figures->'bulkBatches' IS NOT NULL`,
    [connectionId, batchRows, new Date(now.getTime() - figuresLifeMs)],
  );
  return row === undefined || row.room >= 1;
}
