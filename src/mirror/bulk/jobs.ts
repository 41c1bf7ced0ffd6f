import { randomUUID } from 'node:crypto';
import type { BulkTarget } from '../../crm/bulk.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { StoredError } from '../deal-result.ts';
import { leaseMs, type Lease } from '../lease.ts';

export type BulkKind = 'account' | 'contact' | 'deal' | 'link';
export type BulkJobState =
  'filling' | 'ready' | 'created' | 'uploading' | 'uploaded' | 'working' | 'done' | 'given-up';

/** A job under a lease: only its holder takes the next step. What it writes is leased to the job itself, by its id. */
export interface BulkJob {
  id: string;
  connectionId: string;
  kind: BulkKind;
  target: BulkTarget;
  state: BulkJobState;
  crmJobId: string | null;
  rows: number;
  bytes: number;
  reserved: boolean;
  processed: number;
  failed: number;
  polls: number;
  attempts: number;
  halted: boolean;
  createdAt: Date;
  lease: Lease;
}

interface JobRow {
  id: string;
  kind: BulkKind;
  target: BulkTarget;
  state: BulkJobState;
  crm_job_id: string | null;
  row_count: number;
  byte_count: bigint;
  reserved: boolean;
  processed: number;
  failed: number;
  polls: number;
  attempts: number;
  halted: boolean;
  created_at: Date;
}

/** Somebody else took the job over: its holder must not go on. */
export class JobLost extends Error {
  constructor() {
    super('Another worker has taken over the bulk job.');
    this.name = 'JobLost';
  }
}

/** Jobs whose data may be in the CRM: what the stop switch has to end there. */
const inTheCrm = ['created', 'uploading', 'uploaded', 'working'];
const underWay = ['filling', 'ready', ...inTheCrm];

/** The job that waits longest for its next step; while everything is stopped only what has to be ended in the CRM. */
export async function leaseDueJob(
  sql: Sql,
  connectionId: string,
  stopped: boolean,
  now: Date,
): Promise<BulkJob | null> {
  const lease: Lease = { token: randomUUID(), until: Date.now() + leaseMs };
  const [row] = await sql.query<JobRow>(
    `UPDATE bulk_jobs j SET lease_token = $2, leased_until = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
      WHERE j.id = (SELECT id FROM bulk_jobs WHERE connection_id = $1 AND due_at <= $4 AND state = ANY($5::text[])
                       AND (leased_until IS NULL OR leased_until < clock_timestamp())
                     ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING j.id, j.kind, j.target, j.state, j.crm_job_id, j.row_count, j.byte_count, j.reserved, j.processed, j.failed,
                j.polls, j.attempts, j.halted, j.created_at`,
    [connectionId, lease.token, leaseMs, now, stopped ? inTheCrm : underWay],
  );
  if (!row) return null;
  return {
    id: row.id,
    connectionId,
    kind: row.kind,
    target: row.target,
    state: row.state,
    crmJobId: row.crm_job_id,
    rows: row.row_count,
    bytes: Number(row.byte_count),
    reserved: row.reserved,
    processed: row.processed,
    failed: row.failed,
    polls: row.polls,
    attempts: row.attempts,
    halted: row.halted,
    createdAt: row.created_at,
    lease,
  };
}

export interface JobChange {
  state?: BulkJobState;
  crmJobId?: string | null;
  reserved?: boolean;
  processed?: number;
  failed?: number;
  polls?: number;
  attempts?: number;
  halted?: boolean;
  /** When the next step is due; null: never. */
  dueAt?: Date | null;
  error?: StoredError | null;
}

/** Commits where the job stands, and goes on holding it. @throws JobLost */
export async function changeJob(sql: Sql, job: BulkJob, change: JobChange, now: Date): Promise<void> {
  const next = { ...job, ...change };
  const rows = await sql.query(
    `UPDATE bulk_jobs
        SET state = $3, crm_job_id = $4, reserved = $5, processed = $6, failed = $7, polls = $8, attempts = $9, halted = $10,
            due_at = CASE WHEN $11 THEN $12::timestamptz ELSE due_at END,
            last_error = CASE WHEN $13 THEN $14::jsonb ELSE last_error END, updated_at = $15,
            ended_at = CASE WHEN $3 IN ('done', 'given-up') THEN $15::timestamptz END,
            leased_until = clock_timestamp() + make_interval(secs => $16::float8 / 1000)
      WHERE id = $1 AND lease_token = $2 RETURNING id`,
    [
      job.id,
      job.lease.token,
      next.state,
      next.crmJobId,
      next.reserved,
      next.processed,
      next.failed,
      next.polls,
      next.attempts,
      next.halted,
      change.dueAt !== undefined,
      change.dueAt ?? null,
      change.error !== undefined,
      change.error ? JSON.stringify(change.error) : null,
      now,
      leaseMs,
    ],
  );
  if (rows.length === 0) throw new JobLost();
  for (const name of Object.keys(change))
    if (name in job) Object.assign(job, { [name]: next[name as keyof BulkJob] });
  job.lease.until = Date.now() + leaseMs;
}

/** Work on a job that takes longer than a lease goes on holding it. @throws JobLost */
export function keepJob(sql: Sql, job: BulkJob, now: Date): Promise<void> {
  return changeJob(sql, job, {}, now);
}

export async function releaseJob(sql: Sql, job: BulkJob): Promise<void> {
  await sql.query(
    'UPDATE bulk_jobs SET lease_token = NULL, leased_until = NULL WHERE id = $1 AND lease_token = $2',
    [job.id, job.lease.token],
  );
}
