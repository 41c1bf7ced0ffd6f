import { z } from 'zod';
import { readJson, type ApiRequest, type Handler, type Reply } from '../rest/request.ts';
import { notFound, RestError } from '../rest/rest-error.ts';
import { alreadyPast, invalidJobState } from './bulk-error.ts';
import { uploadData } from './create-ingest.ts';
import {
  isOver,
  renderJob,
  renderListed,
  renderProgress,
  type BulkJob,
  type IngestJob,
  type QueryJob,
} from './job.ts';
import { readJobBody } from './read-job.ts';
import { queryResults, rowResults } from './result-routes.ts';

const PAGE = 1000;
const stateSchema = z.strictObject({ state: z.enum(['UploadComplete', 'Aborted']) });

/** `GET /jobs/ingest/{id}` and `GET /jobs/query/{id}` */
export const readIngestJob = onIngestJob((_request, job) => progress(job));
export const readQueryJob = onQueryJob((_request, job) => progress(job));

/** `PUT /jobs/ingest/{id}/batches` */
export const uploadBatches = onIngestJob(uploadData);

/** `GET /jobs/ingest/{id}/successfulResults`, `failedResults` and `unprocessedrecords` */
export const readSuccessful = onIngestJob((request, job) => rowResults(request, job, 'successful'));
export const readFailed = onIngestJob((request, job) => rowResults(request, job, 'failed'));
export const readUnprocessed = onIngestJob((request, job) => rowResults(request, job, 'unprocessed'));

/** `GET /jobs/query/{id}/results` */
export const readQueryResults = onQueryJob(queryResults);

/** `PATCH /jobs/ingest/{id}`: the data is complete, or the job is given up. */
export const changeIngestJob = onIngestJob((request, job) => {
  const { state } = readJobBody(stateSchema, readJson(request));
  if (state === 'Aborted') return abort(request, job);
  if (job.state !== 'Open') throw alreadyPast('Closing', job);
  job.state = 'UploadComplete';
  request.sandbox.bulk.jobs.save(job);
  request.sandbox.bulk.start(job);
  return { status: 200, body: renderJob(job), records: 0 };
});

/** `PATCH /jobs/query/{id}`: a query can only be given up. */
export const changeQueryJob = onQueryJob((request, job) => {
  const { state } = readJobBody(stateSchema, readJson(request));
  if (state !== 'Aborted') throw alreadyPast('Closing', job);
  return abort(request, job);
});

/** `DELETE /jobs/ingest/{id}`: not while it is open or at work. */
export const deleteIngestJob = onIngestJob((request, job) => {
  if (job.state === 'Open' || job.state === 'InProgress') throw cannotDelete(job);
  return remove(request, job);
});

/** `DELETE /jobs/query/{id}`: only when it is over. */
export const deleteQueryJob = onQueryJob((request, job) => {
  if (!isOver(job)) throw cannotDelete(job);
  return remove(request, job);
});

/** `GET /jobs/ingest`, `GET /jobs/query`: 1,000 a page, oldest first. */
export function listJobs(kind: BulkJob['kind']): Handler {
  return (request) => {
    const wanted = request.sandbox.bulk.jobs.list().filter((job) => isAskedFor(request, kind, job));
    const from = locate(request.query.get('queryLocator'));
    const records = wanted.slice(from, from + PAGE).map(renderListed);
    const end = from + records.length;
    const done = end >= wanted.length;
    const next = `/services/data/v${request.version}/jobs/${kind}?queryLocator=${Buffer.from(String(end)).toString('base64url')}`;
    const body = { done, records, nextRecordsUrl: done ? null : next };
    return { status: 200, body, records: records.length };
  };
}

function isAskedFor(request: ApiRequest, kind: BulkJob['kind'], job: BulkJob): boolean {
  const jobType = request.query.get('jobType');
  if (job.kind !== kind) return false;
  // No job here is cut up by record ids.
  if (request.query.get('isPkChunkingEnabled') === 'true') return false;
  return jobType === null || jobType === (kind === 'ingest' ? 'V2Ingest' : 'V2Query');
}

function locate(locator: string | null): number {
  if (locator === null) return 0;
  const text = Buffer.from(locator, 'base64url').toString();
  if (!/^\d+$/.test(text)) throw new RestError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator');
  return Number(text);
}

function progress(job: BulkJob): Reply {
  return { status: 200, body: renderProgress(job), records: 0 };
}

function abort(request: ApiRequest, job: BulkJob): Reply {
  if (isOver(job)) throw alreadyPast('Aborting', job);
  job.state = 'Aborted';
  request.sandbox.bulk.jobs.save(job);
  return { status: 200, body: renderJob(job), records: 0 };
}

function remove(request: ApiRequest, job: BulkJob): Reply {
  request.sandbox.bulk.jobs.remove(job);
  return { status: 204, records: 0 };
}

function cannotDelete(job: BulkJob): RestError {
  return invalidJobState(`Deleting a job in state ${job.state} is not allowed`);
}

function onIngestJob(handle: (request: ApiRequest, job: IngestJob) => Reply): Handler {
  return (request) =>
    handle(request, found(request.sandbox.bulk.jobs.find('ingest', request.params['id'] ?? '')));
}

function onQueryJob(handle: (request: ApiRequest, job: QueryJob) => Reply): Handler {
  return (request) =>
    handle(request, found(request.sandbox.bulk.jobs.find('query', request.params['id'] ?? '')));
}

function found<T>(job: T | undefined): T {
  if (job === undefined) throw notFound();
  return job;
}
