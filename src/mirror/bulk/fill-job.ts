import { randomUUID } from 'node:crypto';
import type { BulkTarget } from '../../crm/bulk.ts';
import type { Database, Sql } from '../../platform/database/database.ts';
import { jsonText } from '../../platform/database/json-text.ts';
import type { Lease } from '../lease.ts';
import type { BulkKind } from './jobs.ts';

export interface HandedOver {
  key: string;
  accountKey: string;
  /** What is sent and what its result needs; JSON. */
  item: object;
}

/** A job that stopped growing is looked at after this long. */
const restMs = 1_000;

/**
 * Gives rows of a claim to the job that is being filled, in one transaction: from then on they belong to the job, until its
 * results are recorded. A job that is full is closed, and the next one is begun. Rows whose lease was lost stay with whoever
 * has them now.
 */
export async function handOver(
  db: Database,
  connectionId: string,
  job: { kind: BulkKind; target: BulkTarget; mostRows: number; mostBytes: number },
  lease: Lease,
  rows: readonly HandedOver[],
  now: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await db.transaction(async (tx) => {
    for (let left = rows; left.length > 0;) {
      const filling = await fillingJob(tx, connectionId, job.kind, job.target, now);
      const room = Number(filling.byte_count) >= job.mostBytes ? 0 : job.mostRows - filling.row_count;
      if (room > 0) await addRows(tx, connectionId, job.kind, filling.id, lease, left.slice(0, room), now);
      else await closeJob(tx, filling.id, now);
      left = left.slice(Math.max(0, room));
    }
  });
}

async function addRows(
  tx: Sql,
  connectionId: string,
  kind: BulkKind,
  jobId: string,
  lease: Lease,
  rows: readonly HandedOver[],
  now: Date,
): Promise<void> {
  const taken =
    kind === 'deal' || kind === 'link'
      ? await takeDeals(tx, connectionId, kind, jobId, lease, rows)
      : await takeReferences(tx, connectionId, kind, jobId, lease, rows);
  const kept = rows.filter((row) => taken.has(row.key));
  await tx.query(
    `WITH added AS (
       INSERT INTO bulk_job_rows (job_id, key, account_key, item)
       SELECT $1, r.key, r."accountKey", r.item FROM jsonb_to_recordset($2::jsonb) AS r(key text, "accountKey" text, item jsonb)
       RETURNING octet_length(item::text) AS bytes
     )
     UPDATE bulk_jobs SET row_count = row_count + (SELECT count(*) FROM added),
            byte_count = byte_count + (SELECT coalesce(sum(bytes), 0) FROM added), due_at = $3, updated_at = $4
      WHERE id = $1`,
    [jobId, jsonText(kept), new Date(now.getTime() + restMs), now],
  );
}

async function closeJob(tx: Sql, jobId: string, now: Date): Promise<void> {
  await tx.query(`UPDATE bulk_jobs SET state = 'ready', due_at = $2, updated_at = $2 WHERE id = $1`, [
    jobId,
    now,
  ]);
}

interface FillingJob {
  id: string;
  row_count: number;
  byte_count: bigint;
}

async function fillingJob(
  tx: Sql,
  connectionId: string,
  kind: BulkKind,
  target: BulkTarget,
  now: Date,
): Promise<FillingJob> {
  for (;;) {
    await tx.query(
      `INSERT INTO bulk_jobs (id, connection_id, kind, target, state, created_at, updated_at)
       VALUES ($1, $2, $3, $4, 'filling', $5, $5)
       ON CONFLICT (connection_id, kind, (target->>'operation')) WHERE state = 'filling' DO NOTHING`,
      [randomUUID(), connectionId, kind, JSON.stringify(target), now],
    );
    const [job] = await tx.query<FillingJob>(
      `SELECT id, row_count, byte_count FROM bulk_jobs
        WHERE connection_id = $1 AND kind = $2 AND target->>'operation' = $3 AND state = 'filling' FOR UPDATE`,
      [connectionId, kind, target.operation],
    );
    // Closed by another worker between the two statements: the next round begins a new one.
    if (job) return job;
  }
}

/** As before any write: what is mirrored is unknown from here on, and the deal may exist already. */
async function takeDeals(
  tx: Sql,
  connectionId: string,
  kind: 'deal' | 'link',
  jobId: string,
  lease: Lease,
  rows: readonly HandedOver[],
): Promise<Set<string>> {
  const sending = kind === 'deal' ? 'pushed_hash = NULL, suspect = true,' : '';
  const taken = await tx.query<{ deal_id: string }>(
    `UPDATE mirrors SET lease_token = $4, leased_until = 'infinity', due_at = NULL, mirrored_hash = NULL, ${sending}
            pushed_fresh = false, attempts = attempts + 1
      WHERE connection_id = $1 AND lease_token = $2 AND deal_id = ANY($3::uuid[]) RETURNING deal_id`,
    [connectionId, lease.token, rows.map((row) => row.key), jobId],
  );
  return new Set(taken.map((row) => row.deal_id));
}

async function takeReferences(
  tx: Sql,
  connectionId: string,
  kind: 'account' | 'contact',
  jobId: string,
  lease: Lease,
  rows: readonly HandedOver[],
): Promise<Set<string>> {
  const taken = await tx.query<{ key: string }>(
    `UPDATE crm_references SET lease_token = $5, leased_until = 'infinity', due_at = NULL
      WHERE connection_id = $1 AND kind = $2 AND lease_token = $3 AND key = ANY($4::text[]) RETURNING key`,
    [connectionId, kind, lease.token, rows.map((row) => row.key), jobId],
  );
  return new Set(taken.map((row) => row.key));
}
