import { setImmediate as nextTurn } from 'node:timers/promises';
import { viewOf } from '../access/act-as.ts';
import type { Sandbox } from '../sandbox.ts';
import { runSoql } from '../soql/run-query.ts';
import type { Bulk } from './bulk.ts';
import type { QueryJob } from './job.ts';
import { compileResultColumns } from './result-columns.ts';
import { toCsv } from './write-results.ts';

/** Records rendered in one turn of the event loop. */
const SLICE = 2000;
const OFFSET_BYTES = 8;

/** Carries out a query job: runs the query, then writes its result to a file slice by slice. */
export async function runBulkQuery(owner: Sandbox, bulk: Bulk, job: QueryJob): Promise<void> {
  if (!(await bulk.mayGoOn(job))) return;
  // The org as the job's user sees it now, and not as they did when they asked for the job.
  const { sandbox } = viewOf(owner, job.actor.userId);
  job.state = 'InProgress';
  bulk.jobs.save(job);
  if (!(await bulk.mayGoOn(job))) return;
  try {
    if (!(await writeResult(sandbox, bulk, job))) return;
    job.state = 'JobComplete';
  } catch (error) {
    if (!bulk.isWanted(job)) return;
    job.state = 'Failed';
    job.errorMessage = error instanceof Error ? error.message : String(error);
  }
  bulk.jobs.save(job);
  sandbox.journal.flush();
}

async function writeResult(sandbox: Sandbox, bulk: Bulk, job: QueryJob): Promise<boolean> {
  const started = performance.now();
  const { rows, project } = runSoql(sandbox.org, job.query, {
    version: job.version,
    includeDeleted: job.operation === 'queryAll',
  });
  const columns = compileResultColumns(sandbox.org.preset.schema, job.query);
  let end = 0;
  bulk.files.cut(job.id, 'result.csv', 0);
  bulk.files.cut(job.id, 'result.offsets', 0);
  for (let from = 0; from < rows.length; from += SLICE) {
    const lines = rows.slice(from, from + SLICE).map((row) => {
      const record = project(row);
      return Buffer.from(toCsv(job, [columns.map((column) => column.read(record))]));
    });
    const offsets = Buffer.alloc(lines.length * OFFSET_BYTES);
    lines.forEach((line, at) => {
      end += line.length;
      offsets.writeDoubleBE(end, at * OFFSET_BYTES);
    });
    bulk.files.append(job.id, 'result.csv', Buffer.concat(lines));
    bulk.files.append(job.id, 'result.offsets', offsets);
    await nextTurn();
    if (!bulk.isWanted(job)) return false;
  }
  job.processed = rows.length;
  job.workMs += performance.now() - started;
  return true;
}

/** Where in the result file so many records end. */
export function endOfRecord(bulk: Bulk, job: QueryJob, records: number): number {
  if (records === 0) return 0;
  const at = (records - 1) * OFFSET_BYTES;
  return bulk.files.slice(job.id, 'result.offsets', at, OFFSET_BYTES).readDoubleBE(0);
}
