import type { Fields } from '../crm/connector.ts';
import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';

export interface BeforeImage {
  runId: string;
  dealId: string;
  crmId: string;
  created: boolean;
  before: Fields;
  wrote: Fields;
}

/** Keeps what is about to be overwritten, before it is sent: a worker that is killed in between leaves it behind. */
export async function keepImages(
  sql: Sql,
  connectionId: string,
  images: readonly BeforeImage[],
  landed: boolean,
  now: Date,
): Promise<void> {
  if (images.length === 0) return;
  await sql.query(
    `INSERT INTO before_images (run_id, deal_id, connection_id, crm_id, created, before, wrote, taken_at, landed)
     SELECT w."runId", w."dealId", $1, w."crmId", w.created, w.before, w.wrote, $3, $4
       FROM jsonb_to_recordset($2::jsonb)
         AS w("runId" uuid, "dealId" uuid, "crmId" text, created boolean, before jsonb, wrote jsonb)
      WHERE NOT w.created OR NOT EXISTS (
        -- A deal is made once: what comes after it (its links, for one) belongs to that.
        SELECT 1 FROM before_images b
         WHERE b.deal_id = w."dealId" AND b.connection_id = $1 AND b.created AND b.crm_id = w."crmId")
     ON CONFLICT (run_id, deal_id) DO NOTHING`,
    [connectionId, jsonText(images), now, landed],
  );
}

/** What was kept before the send is in the CRM now. */
export async function confirmImages(
  tx: Sql,
  connectionId: string,
  dealIds: readonly string[],
): Promise<void> {
  if (dealIds.length === 0) return;
  await tx.query(
    'UPDATE before_images SET landed = true WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) AND NOT landed',
    [connectionId, dealIds],
  );
}

/** Forgets what is older than the time it is kept for. @returns how many; at most `limit`, so ask again */
export async function pruneImages(sql: Sql, before: Date, limit: number): Promise<number> {
  const rows = await sql.query(
    `DELETE FROM before_images WHERE (run_id, deal_id) IN
       (SELECT run_id, deal_id FROM before_images WHERE taken_at < $1 ORDER BY taken_at LIMIT $2) RETURNING run_id`,
    [before, limit],
  );
  return rows.length;
}

/** For the sweeper. */
export async function areImagesOld(sql: Sql, before: Date): Promise<boolean> {
  const rows = await sql.query('SELECT 1 FROM before_images WHERE taken_at < $1 ORDER BY taken_at LIMIT 1', [
    before,
  ]);
  return rows.length > 0;
}

export interface RunSummary {
  runId: string;
  connection: string;
  at: string;
  updated: number;
  created: number;
  /** Sent, and the answer never recorded. */
  unknown: number;
  reverted: number;
}

/** Runs that can still be taken back, newest first. */
export async function listRuns(
  sql: Sql,
  filter: { connectionId?: string | undefined; limit: number },
): Promise<RunSummary[]> {
  const rows = await sql.query<Omit<RunSummary, 'at'> & { at: Date }>(
    `SELECT run_id AS "runId", connection_id AS connection, min(taken_at) AS at,
            count(*) FILTER (WHERE NOT created)::int AS updated, count(*) FILTER (WHERE created)::int AS created,
            count(*) FILTER (WHERE NOT landed)::int AS unknown, count(*) FILTER (WHERE reverted_at IS NOT NULL)::int AS reverted
       FROM before_images WHERE $1::text IS NULL OR connection_id = $1
      GROUP BY run_id, connection_id ORDER BY min(taken_at) DESC, run_id DESC LIMIT $2`,
    [filter.connectionId ?? null, filter.limit],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

export type RunChoice = { runId: string } | { connectionId: string; since: Date };

export interface KeptImage extends BeforeImage {
  connectionId: string;
  /** A lead until it is converted. */
  recordKind: 'deal' | 'lead';
}

/**
 * The images of a run, or of all runs of a connection since an instant; newest first. Under the id that the deal's record has
 * now: it may have been merged, or converted, since.
 */
export async function loadImages(sql: Sql, choice: RunChoice): Promise<KeptImage[]> {
  const [condition, params] =
    'runId' in choice
      ? ['b.run_id = $1', [choice.runId]]
      : ['b.connection_id = $1 AND b.taken_at >= $2', [choice.connectionId, choice.since]];
  return sql.query<KeptImage>(
    `SELECT b.run_id AS "runId", b.deal_id AS "dealId", b.connection_id AS "connectionId",
            coalesce(m.crm_id, b.crm_id) AS "crmId", coalesce(m.record_kind, 'deal') AS "recordKind", b.created, b.before, b.wrote
       FROM before_images b LEFT JOIN mirrors m ON m.deal_id = b.deal_id AND m.connection_id = b.connection_id
      WHERE ${condition} ORDER BY b.taken_at DESC, b.run_id DESC, b.deal_id`,
    params,
  );
}

export async function markReverted(
  sql: Sql,
  runIds: readonly string[],
  dealIds: readonly string[],
  now: Date,
): Promise<void> {
  await sql.query(
    `UPDATE before_images SET reverted_at = $3
      WHERE run_id = ANY($1::uuid[]) AND deal_id = ANY($2::uuid[]) AND reverted_at IS NULL`,
    [runIds, dealIds, now],
  );
}
