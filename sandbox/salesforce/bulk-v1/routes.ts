import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { viewOf } from '../access/act-as.ts';
import type { OauthRequest, OauthRoute } from '../oauth/oauth-request.ts';
import type { Reply } from '../rest/request.ts';
import { isVersion } from '../rest/versions.ts';
import type { Sandbox } from '../sandbox.ts';
import { AsyncError } from './async-error.ts';
import { addJob, findBatch, findJob, nextId, OPERATIONS, type AsyncBatch, type AsyncJob } from './jobs.ts';
import { csvReply, renderBatchInfo, renderJobInfo, xmlReply } from './render.ts';
import { runBatch } from './run-batch.ts';

/** One authenticated request to the first Bulk API. */
interface AsyncRequest {
  sandbox: Sandbox;
  actor: AsyncJob['actor'];
  version: string;
  body: string;
  contentType: string;
}

type Handler = (request: AsyncRequest, ids: readonly string[]) => Reply;

/** Paths below `/services/async/{version}/`; an asterisk stands for an id. */
const ROUTES: Readonly<Record<string, Handler>> = {
  'POST job': createJob,
  'GET job/*': (request, [job = '']) =>
    xmlReply(200, 'jobInfo', renderJobInfo(findJob(request.sandbox, job))),
  'POST job/*': changeJob,
  'POST job/*/batch': addBatch,
  'GET job/*/batch': listBatches,
  'GET job/*/batch/*': readBatch,
  'GET job/*/batch/*/result': readResult,
  'GET job/*/batch/*/result/*': (request, [job = '', batch = '']) =>
    fileOf(requestedBatch(request, job, batch)),
};

/** Finds what answers a path of the first Bulk API. */
export function findAsyncRoute(method: string, segments: readonly string[]): OauthRoute | undefined {
  const [services, api, version = '', ...path] = segments;
  if (services !== 'services' || api !== 'async') return undefined;
  const template = path.map((segment, at) => (at % 2 === 1 ? '*' : segment)).join('/');
  const handler = Object.hasOwn(ROUTES, `${method} ${template}`)
    ? ROUTES[`${method} ${template}`]
    : undefined;
  if (handler === undefined || !isVersion(version)) return undefined;
  const ids = path.filter((_segment, at) => at % 2 === 1);
  return {
    endpoint: `${method} /services/async/${template.replaceAll('*', '{id}')}`,
    run: (request) => answer(request, version, handler, ids),
  };
}

function answer(request: OauthRequest, version: string, handler: Handler, ids: readonly string[]): Reply {
  try {
    const { sandbox, headers, requestId, body } = request;
    const session = sandbox.sessions.find(String(headers['x-sfdc-session'] ?? ''));
    if (session === undefined) throw new AsyncError('InvalidSessionId', 'Invalid session id');
    sandbox.limits.use();
    const actor = {
      origin: 'api' as const,
      userId: session.userId,
      client: '',
      changeOrigin: `com/salesforce/api/bulk/${version}`,
      requestId,
    };
    const view = viewOf(sandbox, session.userId).sandbox;
    const contentType = String(headers['content-type'] ?? '');
    return handler({ sandbox: view, actor, version, body: body.toString(), contentType }, ids);
  } catch (error) {
    if (!(error instanceof AsyncError)) throw error;
    return xmlReply(error.status, 'error', { exceptionCode: error.code, exceptionMessage: error.message });
  }
}

const parser = new XMLParser({ parseTagValue: false });
const JobInfo = z.object({
  jobInfo: z.object({
    operation: z.string().optional(),
    object: z.string().optional(),
    externalIdFieldName: z.string().optional(),
    contentType: z.string().optional(),
    state: z.string().optional(),
  }),
});

function readJobInfo(body: string): z.infer<typeof JobInfo>['jobInfo'] {
  try {
    return JobInfo.parse(parser.parse(body.trim())).jobInfo;
  } catch {
    throw new AsyncError('InvalidJob', 'Unable to parse Job');
  }
}

function createJob({ sandbox, actor, version, body }: AsyncRequest): Reply {
  const given = readJobInfo(body);
  const operation = OPERATIONS.find((one) => one === given.operation);
  if (operation === undefined)
    throw new AsyncError('InvalidOperation', `Unsupported operation: ${given.operation ?? ''}`);
  if (operation === 'hardDelete' && !sandbox.settings.current.bulkHardDelete)
    throw new AsyncError(
      'FeatureNotEnabled',
      'hardDelete operation requires special user profile permission',
    );
  if (given.contentType !== undefined && given.contentType !== 'CSV')
    throw new AsyncError('InvalidJob', `Unsupported content type: ${given.contentType}`);
  const type = sandbox.org.preset.schema.object(given.object ?? '');
  if (type === undefined)
    throw new AsyncError('InvalidEntity', `Entity '${given.object ?? ''}' is not supported by the Bulk API.`);
  const key = given.externalIdFieldName;
  if (operation === 'upsert' && (key === undefined || type.field(key) === undefined))
    throw new AsyncError('InvalidJob', 'External ID was blank for upsert.');
  const job = addJob(sandbox, {
    operation,
    object: type.name,
    actor,
    version,
    ...(key === undefined ? {} : { externalIdFieldName: key }),
  });
  return xmlReply(201, 'jobInfo', renderJobInfo(job));
}

function changeJob({ sandbox, body }: AsyncRequest, [id = '']: readonly string[]): Reply {
  const job = findJob(sandbox, id);
  const { state } = readJobInfo(body);
  if (state !== 'Closed' && state !== 'Aborted')
    throw new AsyncError('InvalidJob', `Invalid state: ${state ?? ''}`);
  if (job.state !== 'Open') throw new AsyncError('InvalidJobState', `Job is already ${job.state}`);
  job.state = state;
  job.changedAt = sandbox.clock.ms();
  return xmlReply(200, 'jobInfo', renderJobInfo(job));
}

/** The answer says `Queued`, as always; the work is done by the time anybody asks again. */
function addBatch({ sandbox, body, contentType }: AsyncRequest, [id = '']: readonly string[]): Reply {
  const job = findJob(sandbox, id);
  if (job.state !== 'Open') throw new AsyncError('InvalidJobState', `Job is in state ${job.state}`);
  if (!/^text\/csv\b/i.test(contentType))
    throw new AsyncError('InvalidBatch', `Content type ${contentType} does not fit the job's CSV`);
  const faults = sandbox.faults.plan({
    method: 'BATCH',
    path: `/services/async/${job.version}/job/${job.id}`,
    endpoint: `BATCH /services/async/${job.object}`,
  });
  const batch: AsyncBatch = {
    id: nextId(sandbox, '751'),
    createdAt: sandbox.clock.ms(),
    ...runBatch(sandbox, job, body, faults.item),
  };
  job.batches.push(batch);
  const queued = { ...batch, processed: 0, failed: 0 };
  return { ...xmlReply(201, 'batchInfo', renderBatchInfo(job, queued, 'Queued')), records: batch.processed };
}

function listBatches({ sandbox }: AsyncRequest, [id = '']: readonly string[]): Reply {
  const job = findJob(sandbox, id);
  return xmlReply(200, 'batchInfoList', {
    batchInfo: job.batches.map((batch) => renderBatchInfo(job, batch)),
  });
}

function requestedBatch({ sandbox }: AsyncRequest, job: string, batch: string): AsyncBatch {
  return findBatch(findJob(sandbox, job), batch);
}

function readBatch({ sandbox }: AsyncRequest, [id = '', batch = '']: readonly string[]): Reply {
  const job = findJob(sandbox, id);
  return xmlReply(200, 'batchInfo', renderBatchInfo(job, findBatch(job, batch)));
}

/** What became of each record; for a query, the id of its one result file. */
function readResult(request: AsyncRequest, [id = '', batchId = '']: readonly string[]): Reply {
  const job = findJob(request.sandbox, id);
  const batch = findBatch(job, batchId);
  if (batch.state !== 'Completed') throw new AsyncError('InvalidBatch', 'Batch not completed');
  if (job.operation !== 'query' && job.operation !== 'queryAll') return fileOf(batch);
  return xmlReply(200, 'result-list', { result: batch.id.replace(/^751/, '752') });
}

function fileOf(batch: AsyncBatch): Reply {
  return csvReply(batch.result, batch.processed);
}
