import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { JobFailure } from '../bulk/bulk-error.ts';
import { compileColumns } from '../bulk/columns.ts';
import type { IngestJob } from '../bulk/job.ts';
import { compileResultColumns } from '../bulk/result-columns.ts';
import { writeBatch, type RowResult } from '../bulk/write-batch.ts';
import { RestError } from '../rest/rest-error.ts';
import type { Sandbox } from '../sandbox.ts';
import { runSoql } from '../soql/run-query.ts';
import type { RequestPlan } from '../../faults/engine.ts';
import type { AsyncBatch, AsyncJob } from './jobs.ts';

/** What the vendor takes in one batch of this API. */
const MAX_RECORDS = 10_000;

type Outcome = Omit<AsyncBatch, 'id' | 'createdAt'>;

/** Carries out one batch: writes its records in a transaction, or runs its query. */
export function runBatch(
  sandbox: Sandbox,
  job: AsyncJob,
  body: string,
  failItem: RequestPlan['item'],
): Outcome {
  try {
    if (job.operation === 'query' || job.operation === 'queryAll') return runQuery(sandbox, job, body);
    return writeRecords(sandbox, job, body, failItem);
  } catch (error) {
    if (!(error instanceof JobFailure) && !(error instanceof RestError)) throw error;
    const stateMessage = error instanceof JobFailure ? error.message : `InvalidBatch : ${error.message}`;
    return { state: 'Failed', stateMessage, processed: 0, failed: 0, result: '' };
  }
}

function writeRecords(sandbox: Sandbox, job: AsyncJob, body: string, failItem: RequestPlan['item']): Outcome {
  const { org } = sandbox;
  const [header, ...rows] = readCsv(body);
  if (header === undefined || rows.length === 0) throw new JobFailure('InvalidBatch', 'Records not found');
  if (rows.length > MAX_RECORDS)
    throw new JobFailure('ClientInputError', `Number of records exceeds the maximum of ${MAX_RECORDS}`);
  const { type } = org.table(job.object);
  const read = compileColumns(org.preset.schema, org.preset.schema.object(type.name) ?? type, header);
  const transaction = org.begin(job.actor);
  try {
    const results = writeBatch(org, transaction, asIngest(job), type, read, rows, failItem);
    org.commit(transaction);
    const failed = results.filter((result) => 'error' in result).length;
    return { state: 'Completed', processed: rows.length, failed, result: renderResults(results) };
  } catch (error) {
    transaction.rollbackTo(0);
    throw error;
  }
}

function readCsv(body: string): string[][] {
  try {
    return parse(body, { bom: true, skip_empty_lines: true });
  } catch (error) {
    throw new JobFailure('InvalidBatch', error instanceof Error ? error.message : 'unreadable CSV');
  }
}

function renderResults(results: readonly RowResult[]): string {
  const rows = results.map((result) =>
    'error' in result
      ? ['', 'false', 'false', result.error]
      : [result.id, 'true', String(result.created), ''],
  );
  return stringify([['Id', 'Success', 'Created', 'Error'], ...rows], { quoted: true, quoted_empty: true });
}

/** The job as the second Bulk API would keep it: both write records the same way. */
function asIngest(job: AsyncJob): IngestJob {
  return {
    kind: 'ingest',
    id: job.id,
    object: job.object,
    operation: job.operation as IngestJob['operation'],
    ...(job.externalIdFieldName === undefined ? {} : { externalIdFieldName: job.externalIdFieldName }),
    actor: job.actor,
    version: job.version,
    state: 'InProgress',
    columnDelimiter: 'COMMA',
    lineEnding: 'LF',
    createdAt: job.createdAt,
    changedAt: job.changedAt,
    processed: 0,
    retries: 0,
    workMs: 0,
    uploaded: true,
    failed: 0,
    successfulBytes: 0,
    failedBytes: 0,
  };
}

function runQuery({ org }: Sandbox, job: AsyncJob, soql: string): Outcome {
  const columns = compileResultColumns(org.preset.schema, soql);
  const { rows, project } = runSoql(org, soql, {
    version: job.version,
    includeDeleted: job.operation === 'queryAll',
    userId: job.actor.userId,
  });
  const header = columns.map(({ name }) => name);
  const cells = rows.map((row) => {
    const record = project(row);
    return columns.map((column) => column.read(record));
  });
  const result = stringify([header, ...cells], { quoted: true, quoted_empty: true });
  return { state: 'Completed', processed: rows.length, failed: 0, result };
}
