import type { Capabilities, ConnectorDefinition } from '../crm/connector.ts';
import { readUsage, type KeptUsage } from '../mirror/usage/keep-usage.ts';
import type { Sql } from '../platform/database/database.ts';

export interface KindProgress {
  kind: 'account' | 'contact' | 'deal';
  done: number;
  left: number;
  /** Wait for a person, with the reasons, the most frequent first. */
  failed: number;
  reasons: { plain: string; count: number }[];
  /** Of the last ten minutes; 0 when nothing moved. */
  perMinute: number;
  /** At that rate; null when nothing moves. */
  secondsLeft: number | null;
}

export interface JobProgress {
  kind: string;
  state: string;
  rows: number;
  processed: number;
  failed: number;
  error: string | null;
}

export interface BackfillProgress {
  connection: string;
  mode: string;
  pausedUntil: string | null;
  pauseReason: string | null;
  kinds: KindProgress[];
  jobs: JobProgress[];
  usage: KeptUsage | null;
  /** About how many calls what is left will take. */
  callsNeeded: number;
}

/** How far each connection is with what has to be in its CRM. */
export async function readBackfill(
  sql: Sql,
  settings: {
    connectionId?: string;
    definitions: readonly ConnectorDefinition[];
    bulkThreshold: number;
    now: Date;
  },
): Promise<BackfillProgress[]> {
  const connections = await sql.query<ConnectionRow>(
    `SELECT id, vendor, mode, paused_until, CASE WHEN paused_until > $2 THEN pause_reason END AS pause_reason FROM connections
      WHERE $1::text IS NULL OR id = $1 ORDER BY record_order, id`,
    [settings.connectionId ?? null, settings.now],
  );
  return Promise.all(connections.map((connection) => readOne(sql, connection, settings)));
}

interface ConnectionRow {
  id: string;
  vendor: string;
  mode: string;
  paused_until: Date | null;
  pause_reason: string | null;
}

async function readOne(
  sql: Sql,
  { id, vendor, mode, paused_until, pause_reason }: ConnectionRow,
  { definitions, bulkThreshold, now }: Parameters<typeof readBackfill>[1],
): Promise<BackfillProgress> {
  const kinds = await readKinds(sql, id, now);
  const definition = definitions.find((candidate) => candidate.vendor === vendor);
  return {
    connection: id,
    mode,
    pausedUntil: pause_reason === null ? null : (paused_until?.toISOString() ?? null),
    pauseReason: pause_reason,
    kinds,
    jobs: await readJobs(sql, id),
    usage: await readUsage(sql, id),
    callsNeeded: definition ? estimateCalls(kinds, definition.capabilities, bulkThreshold) : 0,
  };
}

interface KindRow {
  kind: KindProgress['kind'];
  done: number;
  left: number;
  failed: number;
  moved: number;
  since: Date | null;
  reasons: KindProgress['reasons'] | null;
}

async function readKinds(sql: Sql, connectionId: string, now: Date): Promise<KindProgress[]> {
  const rows = await sql.query<KindRow>(
    `WITH records AS (
       SELECT kind, CASE state WHEN 'resolved' THEN 'done' WHEN 'parked' THEN 'failed' ELSE 'left' END AS stands,
              updated_at, last_error->>'plain' AS reason FROM crm_references WHERE connection_id = $1
       UNION ALL
       SELECT 'deal', CASE WHEN state IN ('mirrored', 'shadowed') THEN 'done' WHEN state = 'parked' THEN 'failed' ELSE 'left' END,
              updated_at, last_error->>'plain' FROM mirrors WHERE connection_id = $1 AND state <> 'tombstone'
     ), reasons AS (
       SELECT kind, jsonb_agg(jsonb_build_object('plain', coalesce(reason, 'unknown'), 'count', count) ORDER BY count DESC) AS reasons
         FROM (SELECT kind, reason, count(*) FROM records WHERE stands = 'failed' GROUP BY kind, reason) r GROUP BY kind
     )
     SELECT kind, count(*) FILTER (WHERE stands = 'done')::int AS done, count(*) FILTER (WHERE stands = 'left')::int AS left,
            count(*) FILTER (WHERE stands = 'failed')::int AS failed,
            count(*) FILTER (WHERE stands = 'done' AND updated_at > $2)::int AS moved,
            min(updated_at) FILTER (WHERE stands = 'done' AND updated_at > $2) AS since,
            (SELECT reasons FROM reasons WHERE reasons.kind = records.kind) AS reasons
       FROM records GROUP BY kind ORDER BY kind`,
    [connectionId, new Date(now.getTime() - 600_000)],
  );
  return rows.map((row) => toKind(row, now));
}

function toKind({ kind, done, left, failed, moved, since, reasons }: KindRow, now: Date): KindProgress {
  const minutes = since === null ? 0 : Math.max(1 / 60, (now.getTime() - since.getTime()) / 60_000);
  const perMinute = minutes === 0 ? 0 : Math.round(moved / minutes);
  const secondsLeft = left === 0 ? 0 : perMinute === 0 ? null : Math.ceil((left / perMinute) * 60);
  return { kind, done, left, failed, reasons: reasons ?? [], perMinute, secondsLeft };
}

function readJobs(sql: Sql, connectionId: string): Promise<JobProgress[]> {
  return sql.query<JobProgress & Record<string, unknown>>(
    `SELECT kind, state, row_count AS rows, processed, failed, last_error->>'plain' AS error FROM bulk_jobs
      WHERE connection_id = $1 ORDER BY created_at DESC LIMIT 20`,
    [connectionId],
  );
}

/** A job takes about ten calls, whatever its size: made, filled, begun, looked at now and then, its results read. */
const callsPerJob = 10;
/** Looking for a customer's own record asks by key, name and website. */
const callsPerMatch = 4;

/** An estimate, for people: what is looked for, written, linked and read back, in full batches. */
export function estimateCalls(
  kinds: readonly Pick<KindProgress, 'kind' | 'left'>[],
  { matchBatch, writeBatch, linkBatch, readBatch }: Capabilities,
  bulkThreshold: number,
): number {
  const batches = (rows: number, size: number): number => Math.ceil(rows / size);
  const writes = (rows: number): number => (rows >= bulkThreshold ? callsPerJob : batches(rows, writeBatch));
  return kinds.reduce((sum, { kind, left }) => {
    if (kind !== 'deal') return sum + callsPerMatch * batches(left, matchBatch) + writes(left);
    const links = left >= bulkThreshold ? callsPerJob : batches(left, linkBatch);
    return sum + writes(left) + links + 2 * batches(left, readBatch);
  }, 0);
}
