import type { Sql } from '../../platform/database/database.ts';
import type { Gate } from '../gate.ts';
import { hasRoomToday } from './day-room.ts';
import type { BulkJob, BulkKind } from './jobs.ts';

export const defaultBulkThreshold = 5_000;

/** A CRM that refused a job is not asked again before: its rows go out in ordinary batches meanwhile. */
const refusedForMs = 3_600_000;

/**
 * Whether rows of this kind go out as a bulk job: so many are due, or about to be, that it pays; or a job is being filled
 * already. Never below the threshold, never under an hourly cap that such a job could not fit into, not while the CRM has no
 * batch of the day left for it, and not for a while after it refused one.
 */
export async function isBulkWorthIt(
  sql: Sql,
  gate: Gate,
  kind: 'reference' | 'deal',
  { threshold, batchRows }: { threshold: number; batchRows: number },
  now: Date,
): Promise<boolean> {
  if (gate.mode !== 'live') return false;
  if (gate.hourlyWriteCap !== null && gate.hourlyWriteCap < threshold) return false;
  if (!(await hasRoomToday(sql, gate.connectionId, batchRows, now))) return false;
  const [row] = await sql.query<{ refused: boolean; worth: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM bulk_jobs WHERE connection_id = $1 AND state = 'given-up' AND ended_at > $3) AS refused,
            ${kind === 'deal' ? manyDeals : manyReferences} AS worth`,
    [gate.connectionId, threshold, new Date(now.getTime() - refusedForMs), now],
  );
  return row?.worth === true && !row.refused;
}

const held = (kinds: string): string =>
  `(SELECT coalesce(sum(row_count), 0) FROM bulk_jobs WHERE connection_id = $1 AND kind IN (${kinds}) AND due_at IS NOT NULL)`;
const filling = (kinds: string): string =>
  `EXISTS (SELECT 1 FROM bulk_jobs WHERE connection_id = $1 AND kind IN (${kinds}) AND state = 'filling')`;

/** What waits counts only while something it may wait for is under way: else it waits for a person. */
const arriving = `(EXISTS (SELECT 1 FROM crm_references WHERE connection_id = $1 AND due_at <= $4)
  OR EXISTS (SELECT 1 FROM bulk_jobs WHERE connection_id = $1 AND kind IN ('account', 'contact') AND due_at IS NOT NULL))`;

const countUpTo = (rows: string): string =>
  `(SELECT count(*) FROM (SELECT 1 FROM ${rows} LIMIT $2::int) counted)`;

const manyReferences = `(${filling("'account', 'contact'")} OR ${held("'account', 'contact'")}
  + ${countUpTo('crm_references WHERE connection_id = $1 AND due_at <= $4')}
  + CASE WHEN ${arriving} THEN ${countUpTo("crm_references WHERE connection_id = $1 AND state = 'waiting'")} ELSE 0 END >= $2::int)`;

const manyDeals = `(${filling("'deal', 'link'")} OR ${held("'deal', 'link'")}
  + ${countUpTo('mirrors WHERE connection_id = $1 AND due_at <= $4')}
  + CASE WHEN ${arriving} THEN ${countUpTo("mirrors WHERE connection_id = $1 AND state = 'waiting'")} ELSE 0 END >= $2::int)`;

/** How many rows a job may hold: never more than an hour's cap, or it could not be sent in any hour. */
export function mostRowsOf(gate: Gate, mostRows: number): number {
  return gate.hourlyWriteCap === null ? mostRows : Math.min(mostRows, gate.hourlyWriteCap);
}

/** More rows of the kind are on their way into the job that is being filled. */
export async function moreToCome(
  sql: Sql,
  connectionId: string,
  kind: BulkKind,
  now: Date,
): Promise<boolean> {
  const [row] = await sql.query<{ more: boolean }>(`SELECT ${sources[kind]} AS more`, [connectionId, now]);
  return row?.more ?? false;
}

/** Due, or in the hands of a worker; not what a job holds. */
const references = (kind: string): string =>
  `EXISTS (SELECT 1 FROM crm_references WHERE connection_id = $1 AND kind = ${kind} AND due_at <= $2)`;
const jobs = (...kinds: string[]): string =>
  `EXISTS (SELECT 1 FROM bulk_jobs WHERE connection_id = $1 AND kind IN (${kinds.join(', ')}) AND due_at IS NOT NULL)`;
const deals = 'EXISTS (SELECT 1 FROM mirrors WHERE connection_id = $1 AND due_at <= $2)';

const sources: Readonly<Record<BulkKind, string>> = {
  account: references("'account'"),
  contact: `(${references("'account'")} OR ${references("'contact'")} OR ${jobs("'account'")})`,
  deal: `(${references("'account'")} OR ${references("'contact'")} OR ${jobs("'account'", "'contact'")} OR ${deals})`,
  link: `(${references("'account'")} OR ${references("'contact'")} OR ${jobs("'account'", "'contact'", "'deal'")} OR ${deals})`,
};

/** One job at a time per kind of record and connection: two would lock each other's customers. */
export async function isAnotherRunning(sql: Sql, job: BulkJob): Promise<boolean> {
  const kinds = job.kind === 'deal' || job.kind === 'link' ? ['deal', 'link'] : [job.kind];
  const rows = await sql.query(
    `SELECT 1 FROM bulk_jobs WHERE connection_id = $1 AND kind = ANY($2::text[]) AND id <> $3
        AND state IN ('created', 'uploading', 'uploaded', 'working') LIMIT 1`,
    [job.connectionId, kinds, job.id],
  );
  return rows.length > 0;
}
