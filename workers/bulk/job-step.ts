import type { BulkWriter } from '../../src/crm/bulk.ts';
import type { WiredConnection } from '../../src/mapping/wired-connection.ts';
import type { BulkJob } from '../../src/mirror/bulk/jobs.ts';
import type { Gate } from '../../src/mirror/gate.ts';
import { callTimeoutMs } from '../../src/mirror/lease.ts';
import type { WorkerContext } from '../context.ts';

/** One step of a job, under its lease. */
export interface JobStep {
  context: WorkerContext;
  connection: WiredConnection;
  bulk: BulkWriter;
  gate: Gate;
  job: BulkJob;
}

/** A file takes longer than a record; but no call outlives the hold on the job. */
export function options(job: BulkJob): { deadline: number } {
  return { deadline: Math.min(Date.now() + 4 * callTimeoutMs, job.lease.until) };
}
