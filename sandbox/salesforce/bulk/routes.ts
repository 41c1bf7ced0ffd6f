import type { Handler } from '../rest/request.ts';
import { createIngestJob } from './create-ingest.ts';
import { createQueryJob } from './create-query.ts';
import {
  changeIngestJob,
  changeQueryJob,
  deleteIngestJob,
  deleteQueryJob,
  listJobs,
  readFailed,
  readIngestJob,
  readQueryJob,
  readQueryResults,
  readSuccessful,
  readUnprocessed,
  uploadBatches,
} from './job-routes.ts';

/** The paths of the Bulk API 2.0 below `/services/data/vXX.0`, and what answers them. */
export const BULK_ROUTES: readonly (readonly [path: string, handlers: Readonly<Record<string, Handler>>])[] =
  [
    ['jobs/ingest', { GET: listJobs('ingest'), POST: createIngestJob }],
    ['jobs/ingest/:id', { GET: readIngestJob, PATCH: changeIngestJob, DELETE: deleteIngestJob }],
    ['jobs/ingest/:id/batches', { PUT: uploadBatches }],
    ['jobs/ingest/:id/successfulResults', { GET: readSuccessful }],
    ['jobs/ingest/:id/failedResults', { GET: readFailed }],
    ['jobs/ingest/:id/unprocessedrecords', { GET: readUnprocessed }],
    ['jobs/query', { GET: listJobs('query'), POST: createQueryJob }],
    ['jobs/query/:id', { GET: readQueryJob, PATCH: changeQueryJob, DELETE: deleteQueryJob }],
    ['jobs/query/:id/results', { GET: readQueryResults }],
  ];
