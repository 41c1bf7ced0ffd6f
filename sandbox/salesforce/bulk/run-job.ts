import type { Sandbox } from '../sandbox.ts';
import type { BulkJob } from './job.ts';
import { runIngest } from './run-ingest.ts';
import { runBulkQuery } from './run-query.ts';

/** Carries out a job of an org from where it stands to its end. */
export function runJob(sandbox: Sandbox, job: BulkJob): Promise<void> {
  const { bulk } = sandbox;
  return job.kind === 'ingest' ? runIngest(sandbox, bulk, job) : runBulkQuery(sandbox, bulk, job);
}
