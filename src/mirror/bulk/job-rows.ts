import type { Database, Sql } from '../../platform/database/database.ts';
import { changeJob, type BulkJob } from './jobs.ts';
import type { StoredError } from '../deal-result.ts';

/** Rows that the job still holds, customer by customer, as they are sent. */
export async function loadJobRows<Item>(sql: Sql, job: BulkJob): Promise<{ key: string; item: Item }[]> {
  return sql.query<{ key: string; item: Item }>(
    'SELECT key, item FROM bulk_job_rows WHERE job_id = $1 ORDER BY account_key, key',
    [job.id],
  );
}

/** The keys that are still leased to the job: what was recorded before an interruption is not recorded again. */
export async function heldKeys(sql: Sql, job: BulkJob): Promise<Set<string>> {
  const rows = await sql.query<{ key: string }>(
    job.kind === 'deal' || job.kind === 'link'
      ? `SELECT r.key FROM bulk_job_rows r
           JOIN mirrors m ON m.deal_id = r.key::uuid AND m.connection_id = $2 AND m.lease_token = r.job_id
          WHERE r.job_id = $1`
      : `SELECT r.key FROM bulk_job_rows r
           JOIN crm_references m ON m.connection_id = $2 AND m.kind = $3 AND m.key = r.key AND m.lease_token = r.job_id
          WHERE r.job_id = $1 AND $3::text IS NOT NULL`,
    job.kind === 'deal' || job.kind === 'link'
      ? [job.id, job.connectionId]
      : [job.id, job.connectionId, job.kind],
  );
  return new Set(rows.map((row) => row.key));
}

/**
 * Ends a job: what it still holds was not written and is due again; deals are looked up by their key before. `givenUp`
 * says why its rows go out in ordinary batches from here on.
 */
export async function endJob(
  db: Database,
  job: BulkJob,
  givenUp: StoredError | null,
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    if (job.kind === 'deal' || job.kind === 'link')
      await tx.query(
        `UPDATE mirrors SET lease_token = NULL, leased_until = NULL, attempts = 0,
                due_at = CASE WHEN state = 'due' THEN coalesce(due_at, $3) ELSE due_at END
          WHERE connection_id = $1 AND lease_token = $2`,
        [job.connectionId, job.id, now],
      );
    else
      await tx.query(
        `UPDATE crm_references SET lease_token = NULL, leased_until = NULL, attempts = 0,
                due_at = CASE WHEN state = 'due' THEN coalesce(due_at, $4) ELSE due_at END
          WHERE connection_id = $1 AND kind = $3 AND lease_token = $2`,
        [job.connectionId, job.id, job.kind, now],
      );
    await tx.query('DELETE FROM bulk_job_rows WHERE job_id = $1', [job.id]);
    const state = givenUp === null ? 'done' : 'given-up';
    await changeJob(tx, job, { state, dueAt: null, error: givenUp }, now);
  });
}
