import { randomUUID } from 'node:crypto';
import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';

export interface ClaimedRecord {
  crmId: string;
  /** Only hints up to this one are answered by the read that follows. */
  dueSeq: bigint;
  attempts: number;
}

export interface RecordClaim {
  token: string;
  records: ClaimedRecord[];
}

/** Read-backs of our own writes wait this long for a full batch while more is being written. */
const mostRestMs = 30_000;

/**
 * Claims due records, oldest due first. Less than a batch of nothing but our own writes is left alone for a while when
 * more writes are on their way: read one after the other, they would cost more calls than the writes did.
 */
export async function claimDueRecords(
  sql: Sql,
  connectionId: string,
  limit: number,
  leaseMs: number,
  now: Date,
): Promise<RecordClaim> {
  const token = randomUUID();
  const records = await sql.query<ClaimedRecord>(
    // MATERIALIZED: a plan that reads a plain subquery once per row claims others each time, more than the CRM takes at once.
    `WITH due AS MATERIALIZED (
       SELECT crm_id, due_at, resting_until FROM observed_records
        WHERE connection_id = $1 AND due_at <= $5 AND (leased_until IS NULL OR leased_until < clock_timestamp())
        ORDER BY due_at, crm_id LIMIT $2 FOR UPDATE SKIP LOCKED
     ), taken AS MATERIALIZED (
       SELECT crm_id FROM due
        WHERE NOT (
          (SELECT count(*) < $2 AND bool_and(resting_until IS NOT DISTINCT FROM due_at) AND min(due_at) > $6 FROM due)
          AND EXISTS (SELECT 1 FROM mirrors WHERE connection_id = $1 AND due_at <= $5))
     )
     UPDATE observed_records o
        SET lease_token = $3, leased_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000), attempts = o.attempts + 1
       FROM taken
      WHERE o.connection_id = $1 AND o.crm_id = taken.crm_id
     RETURNING o.crm_id AS "crmId", o.due_seq AS "dueSeq", o.attempts`,
    [connectionId, limit, token, leaseMs, now, new Date(now.getTime() - mostRestMs)],
  );
  return { token, records };
}

/** The read failed or cannot be used yet: the row stays due, later, with the reason; parked only when `at` is null. */
export async function postponeRecords(
  sql: Sql,
  connectionId: string,
  token: string,
  postponed: readonly { crmId: string; at: Date | null; error: object }[],
  now: Date,
): Promise<void> {
  if (postponed.length === 0) return;
  await sql.query(
    `UPDATE observed_records o
        SET due_at = w.at, parked_at = CASE WHEN w.at IS NULL THEN $4::timestamptz END, last_error = w.error,
            lease_token = NULL, leased_until = NULL, updated_at = $4
       FROM jsonb_to_recordset($3::jsonb) AS w("crmId" text, at timestamptz, error jsonb)
      WHERE o.connection_id = $1 AND o.crm_id = w."crmId" AND o.lease_token = $2`,
    [connectionId, token, jsonText(postponed), now],
  );
}
