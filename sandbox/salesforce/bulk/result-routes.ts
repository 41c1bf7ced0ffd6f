import { Readable } from 'node:stream';
import type { ApiRequest, Reply } from '../rest/request.ts';
import { RestError } from '../rest/rest-error.ts';
import { invalidJobState } from './bulk-error.ts';
import { isOver, type IngestJob, type QueryJob } from './job.ts';
import { readRows } from './read-upload.ts';
import { compileResultColumns } from './result-columns.ts';
import { endOfRecord } from './run-query.ts';
import { resultHeader, toCsv } from './write-results.ts';

const CSV = { 'content-type': 'text/csv; charset=utf-8' };

/** The rows of an ingest job that went well, failed, or were never reached. Only once the job is over. */
export function rowResults(
  request: ApiRequest,
  job: IngestJob,
  kind: 'successful' | 'failed' | 'unprocessed',
): Reply {
  if (!isOver(job)) throw notReady(job);
  const stream = kind === 'unprocessed' ? unprocessed(request, job) : written(request, job, kind);
  return { status: 200, headers: CSV, stream, records: 0 };
}

function written(request: ApiRequest, job: IngestJob, kind: 'successful' | 'failed'): () => Readable {
  const bytes = kind === 'successful' ? job.successfulBytes : job.failedBytes;
  const content = request.sandbox.bulk.files.read(job.id, `${kind}.csv`, 0, bytes);
  return () => content() ?? Readable.from([resultHeader(job, kind, [])]);
}

/** What was uploaded, as it was, when nothing of it was carried out; otherwise the rows left over. */
function unprocessed(request: ApiRequest, job: IngestJob): () => Readable {
  const { files } = request.sandbox.bulk;
  if (job.processed === 0 && job.state !== 'JobComplete')
    return () => files.read(job.id, 'upload.csv')() ?? Readable.from([]);
  return () => Readable.from(leftOver(files.path(job.id, 'upload.csv'), job));
}

async function* leftOver(path: string, job: IngestJob): AsyncGenerator<string> {
  if (!job.uploaded) return;
  let row = 0;
  for await (const cells of readRows(path, job)) {
    if (row === 0 || row > job.processed) yield toCsv(job, [cells]);
    row += 1;
  }
}

/** `GET /jobs/query/{id}/results`: a page, with where the next one begins; `null` when there is none. Source: facts 1.5. */
export function queryResults(request: ApiRequest, job: QueryJob): Reply {
  if (job.state !== 'JobComplete') throw notReady(job);
  const { bulk, settings, org } = request.sandbox;
  const from = locate(request.query.get('locator'), job);
  const to = Math.min(from + pageSize(request, settings.current.bulkQueryPageRecords), job.processed);
  const header = toCsv(job, [compileResultColumns(org.preset.schema, job.query).map(({ name }) => name)]);
  const content = bulk.files.read(
    job.id,
    'result.csv',
    endOfRecord(bulk, job, from),
    endOfRecord(bulk, job, to),
  );
  return {
    status: 200,
    headers: {
      ...CSV,
      'sforce-locator': to >= job.processed ? 'null' : Buffer.from(String(to)).toString('base64url'),
      'sforce-numberofrecords': String(to - from),
    },
    stream: () => Readable.from(joined(header, content())),
    records: to - from,
  };
}

async function* joined(header: string, content: Readable | undefined): AsyncGenerator<string | Buffer> {
  yield header;
  if (content !== undefined) yield* content as AsyncIterable<Buffer>;
}

function locate(locator: string | null, job: QueryJob): number {
  if (locator === null) return 0;
  const text = Buffer.from(locator, 'base64url').toString();
  if (!/^\d+$/.test(text) || Number(text) >= job.processed)
    throw new RestError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator');
  return Number(text);
}

function pageSize(request: ApiRequest, usual: number): number {
  const asked = request.query.get('maxRecords');
  if (asked === null) return usual;
  if (!/^[1-9]\d*$/.test(asked))
    throw new RestError(400, 'INVALID_PARAMETER', 'maxRecords must be a positive whole number');
  return Number(asked);
}

function notReady(job: IngestJob | QueryJob): RestError {
  return invalidJobState(`Results are not available for a job in state ${job.state}`);
}
