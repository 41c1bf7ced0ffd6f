import type { RequestPlan } from '../../faults/engine.ts';
import { viewOf } from '../access/act-as.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ObjectType } from '../schema/schema.ts';
import { JobFailure } from './bulk-error.ts';
import type { Bulk } from './bulk.ts';
import { compileColumns, type RowReader } from './columns.ts';
import type { IngestJob } from './job.ts';
import { readRows } from './read-upload.ts';
import { writeBatch } from './write-batch.ts';
import { appendResults } from './write-results.ts';

/** How often the vendor tries a batch again before the job fails. Source: facts 1.5. */
const MAX_RETRIES = 20;

interface Plan {
  type: ObjectType;
  header: readonly string[];
  read: RowReader;
}

/**
 * Carries out an ingest job: checks the whole upload, then writes it batch by batch. Ends early, without a word, when
 * the job is aborted or removed or the org closes; goes on where the last committed batch ended when the org is opened again.
 */
export async function runIngest(owner: Sandbox, bulk: Bulk, job: IngestJob): Promise<void> {
  if (!(await bulk.mayGoOn(job))) return;
  // The org as the job's user sees it now, and not as they did when they asked for the job.
  const { sandbox } = viewOf(owner, job.actor.userId);
  job.state = 'InProgress';
  bulk.jobs.save(job);
  try {
    const plan = await checkUpload(sandbox, bulk, job);
    if (!(await writeRows(sandbox, bulk, job, plan))) return;
    job.state = 'JobComplete';
  } catch (error) {
    if (!(error instanceof JobFailure)) throw error;
    if (!bulk.isWanted(job)) return;
    job.state = 'Failed';
    job.errorMessage = error.message;
  }
  bulk.jobs.save(job);
  sandbox.journal.flush();
}

/** Reads the upload once from end to end: a file that cannot be read writes nothing at all. Undefined when it is empty. */
async function checkUpload(sandbox: Sandbox, bulk: Bulk, job: IngestJob): Promise<Plan | undefined> {
  const started = performance.now();
  if (!job.uploaded) throw new JobFailure('InvalidBatch', 'Records not found');
  const { schema } = sandbox.org.preset;
  const type = schema.object(job.object);
  if (type === undefined) throw new JobFailure('InvalidBatch', `Entity '${job.object}' is not supported`);
  let plan: Plan | undefined;
  for await (const cells of readRows(bulk.files.path(job.id, 'upload.csv'), job)) {
    if (plan !== undefined) continue;
    if (job.operation === 'delete' || job.operation === 'hardDelete') refuseAllButId(cells);
    plan = { type, header: cells, read: compileColumns(schema, type, cells) };
  }
  job.workMs += performance.now() - started;
  return plan;
}

function refuseAllButId(header: readonly string[]): void {
  const other = header.find((name) => name.toLowerCase() !== 'id');
  if (other !== undefined) throw new JobFailure('InvalidBatch', `Field name not found : ${other}`);
}

/** Writes the rows that no committed batch has written yet. False when the work was called off. */
async function writeRows(
  sandbox: Sandbox,
  bulk: Bulk,
  job: IngestJob,
  plan: Plan | undefined,
): Promise<boolean> {
  if (plan !== undefined) {
    for await (const rows of batches(bulk, job, sandbox.settings.current.bulkBatchRecords)) {
      if (!(await commitBatch(sandbox, bulk, job, plan, rows))) return false;
    }
  }
  return bulk.mayGoOn(job);
}

async function* batches(bulk: Bulk, job: IngestJob, size: number): AsyncGenerator<string[][]> {
  // The header, and what was written before a restart.
  let skip = job.processed + 1;
  let batch: string[][] = [];
  for await (const cells of readRows(bulk.files.path(job.id, 'upload.csv'), job)) {
    if (skip > 0) {
      skip -= 1;
      continue;
    }
    batch.push(cells);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Waits for the batch's turn and writes it in a transaction; tries again while a fault rule strikes it. */
async function commitBatch(
  sandbox: Sandbox,
  bulk: Bulk,
  job: IngestJob,
  plan: Plan,
  rows: string[][],
): Promise<boolean> {
  for (;;) {
    if (!(await bulk.mayGoOn(job))) return false;
    const faults = planFaults(sandbox, job);
    if (faults.before === undefined) {
      write(sandbox, bulk, job, plan, rows, faults);
      return true;
    }
    if (job.retries >= MAX_RETRIES) {
      throw new JobFailure(
        'InternalServerError',
        'An unexpected error occurred while the batch was processed',
      );
    }
    job.retries += 1;
    bulk.jobs.save(job);
  }
}

/** A batch is a request of its own to the fault rules: `BATCH /jobs/ingest/{object}`. */
function planFaults(sandbox: Sandbox, job: IngestJob): RequestPlan {
  return sandbox.faults.plan({
    method: 'BATCH',
    path: `/services/data/v${job.version}/jobs/ingest/${job.id}`,
    endpoint: `BATCH /jobs/ingest/${job.object}`,
  });
}

function write(
  sandbox: Sandbox,
  bulk: Bulk,
  job: IngestJob,
  { type, header, read }: Plan,
  rows: string[][],
  faults: RequestPlan,
): void {
  const started = performance.now();
  const transaction = sandbox.org.begin(job.actor);
  try {
    const results = writeBatch(sandbox.org, transaction, job, type, read, rows, faults.item);
    sandbox.org.commit(transaction);
    appendResults(bulk.files, job, header, rows, results);
  } catch (error) {
    transaction.rollbackTo(0);
    throw error;
  }
  job.workMs += performance.now() - started;
  bulk.countBatch();
  // In one flush with the rows: a restart finds both or neither.
  bulk.jobs.save(job);
  sandbox.journal.flush();
}
