import type { DealSnapshot, Stage, StageEntry } from '../crm/connector.ts';
import type { Sql } from '../platform/database/database.ts';

/** Remembers what the stages that a CRM has mean. One that is not among them keeps the meaning it had. */
export async function keepStages(
  sql: Sql,
  connectionId: string,
  stages: readonly Stage[],
  now: Date,
): Promise<void> {
  await sql.query(
    `INSERT INTO known_stages AS k (connection_id, stage, closed, won, seen_at)
     SELECT DISTINCT ON (s.id) $1, s.id, s.closed, s.won, $3::timestamptz
       FROM jsonb_to_recordset($2::jsonb) AS s(id text, closed boolean, won boolean)
      ORDER BY s.id
     ON CONFLICT (connection_id, stage) DO UPDATE SET closed = excluded.closed, won = excluded.won, seen_at = excluded.seen_at
      WHERE (k.closed, k.won) IS DISTINCT FROM (excluded.closed, excluded.won)`,
    [connectionId, JSON.stringify(stages), now],
  );
}

/** Gives stages that the CRM does not know any more the meaning they had. One that was never seen stays open: it wins nothing. */
export async function recallStages(
  sql: Sql,
  connectionId: string,
  snapshots: readonly DealSnapshot[],
): Promise<readonly DealSnapshot[]> {
  const unknown = snapshots.flatMap(({ stageHistory }) => stageHistory.filter((entry) => entry.unknown));
  if (unknown.length === 0) return snapshots;
  const rows = await sql.query<{ stage: string; closed: boolean; won: boolean }>(
    'SELECT stage, closed, won FROM known_stages WHERE connection_id = $1 AND stage = ANY($2::text[])',
    [connectionId, unknown.map(({ stage }) => stage)],
  );
  const known = new Map(rows.map(({ stage, closed, won }) => [stage, { closed, won }]));
  const recalled = (entry: StageEntry): StageEntry =>
    entry.unknown ? { ...entry, ...known.get(entry.stage) } : entry;
  return snapshots.map((snapshot) => ({ ...snapshot, stageHistory: snapshot.stageHistory.map(recalled) }));
}
