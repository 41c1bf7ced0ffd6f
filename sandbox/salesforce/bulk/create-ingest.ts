import { z } from 'zod';
import { upsertKey } from '../dml/upsert.ts';
import { readJson, type ApiRequest, type Reply } from '../rest/request.ts';
import { RestError } from '../rest/rest-error.ts';
import type { ObjectType } from '../schema/schema.ts';
import { invalidJob, invalidJobState } from './bulk-error.ts';
import { INGEST_OPERATIONS, renderJob, type IngestJob } from './job.ts';
import { readParts } from './multipart.ts';
import { dialect, jobActor, readJobBody } from './read-job.ts';

const bodySchema = z.strictObject({
  object: z.string().optional(),
  operation: z.enum(INGEST_OPERATIONS),
  externalIdFieldName: z.string().nullish(),
  assignmentRuleId: z.string().nullish(),
  contentType: z.literal('CSV').nullish(),
  concurrencyMode: z.literal('Parallel').nullish(),
  ...dialect,
});

/** Longest data of a job that is created with its data in one request, in characters. */
const MAX_MULTIPART_CHARACTERS = 100_000;

/** `POST /jobs/ingest`: a job that waits for its data, or, as a multipart request, a job with its data. */
export function createIngestJob(request: ApiRequest): Reply {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\b/i.test(contentType)) return reply(openJob(request, readJson(request)));
  const parts = readParts(contentType, request.body);
  const [description, content] = [parts.get('job'), parts.get('content')];
  if (description === undefined || content === undefined)
    throw new RestError(400, 'INVALID_MULTIPART_REQUEST', 'The request needs the parts job and content');
  if (content.length > MAX_MULTIPART_CHARACTERS)
    throw invalidJob(`Content of a multipart request is limited to ${MAX_MULTIPART_CHARACTERS} characters`);
  const job = openJob(request, parseDescription(description));
  const { bulk } = request.sandbox;
  bulk.files.write(job.id, 'upload.csv', content);
  job.uploaded = true;
  job.state = 'UploadComplete';
  bulk.jobs.save(job);
  bulk.start(job);
  return reply(job);
}

function reply(job: IngestJob): Reply {
  return { status: 200, body: renderJob(job), records: 0 };
}

function parseDescription(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch (error) {
    throw new RestError(400, 'JSON_PARSER_ERROR', error instanceof Error ? error.message : 'malformed JSON');
  }
}

function openJob(request: ApiRequest, body: unknown): IngestJob {
  const asked = readJobBody(bodySchema, body);
  const { sandbox } = request;
  const { bulk, clock, settings } = sandbox;
  const type = targetOf(request, asked.object);
  const key = asked.operation === 'upsert' ? keyOf(type, asked.externalIdFieldName) : undefined;
  if (asked.operation === 'hardDelete' && !settings.current.bulkHardDelete)
    throw new RestError(
      400,
      'FEATURENOTENABLED',
      'FeatureNotEnabled : hardDelete is not enabled for this user',
    );
  if (bulk.batchesToday() >= settings.current.bulkDailyBatches)
    throw new RestError(400, 'EXCEEDEDQUOTA', 'ExceededQuota : ApiBatchItems Limit exceeded.');
  const now = clock.ms();
  const job: IngestJob = {
    kind: 'ingest',
    id: bulk.jobs.nextId(),
    object: type.name,
    operation: asked.operation,
    ...(key === undefined ? {} : { externalIdFieldName: key }),
    ...(typeof asked.assignmentRuleId === 'string' ? { assignmentRuleId: asked.assignmentRuleId } : {}),
    actor: jobActor(request),
    version: request.version,
    state: 'Open',
    columnDelimiter: asked.columnDelimiter ?? 'COMMA',
    lineEnding: asked.lineEnding ?? 'LF',
    createdAt: now,
    changedAt: now,
    processed: 0,
    retries: 0,
    workMs: 0,
    uploaded: false,
    failed: 0,
    successfulBytes: 0,
    failedBytes: 0,
  };
  bulk.jobs.save(job);
  return job;
}

function targetOf(request: ApiRequest, name: string | undefined): ObjectType {
  if (name === undefined || name === '') throw invalidJob('No object was specified');
  const type = request.sandbox.org.preset.schema.object(name);
  if (type === undefined || type.definition.internal)
    throw new RestError(
      400,
      'INVALIDENTITY',
      `InvalidEntity : Entity '${name}' is not supported by the Bulk API.`,
    );
  return type;
}

function keyOf(type: ObjectType, name: string | null | undefined): string {
  if (name === null || name === undefined || name === '') {
    throw invalidJob(`External ID was blank for ${type.name}. An External ID must be specified for upsert.`);
  }
  const key = upsertKey(type, name);
  if (key !== undefined) return key.name;
  throw invalidJob(
    `Field name provided, ${name} does not match an External ID, Salesforce Id, or indexed field for ${type.name}`,
  );
}

/** `PUT /jobs/ingest/{id}/batches`: the data of an open job, in one piece. */
export function uploadData(request: ApiRequest, job: IngestJob): Reply {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^text\/csv\b/i.test(contentType))
    throw new RestError(415, 'UNSUPPORTED_MEDIA_TYPE', `Content type not supported: ${contentType}`);
  if (job.state !== 'Open')
    throw invalidJobState(`Data can be uploaded to an open job only; this one is ${job.state}`);
  if (job.uploaded) throw invalidJobState(`Found multiple contents for job: <${job.id}>`);
  const limit = request.sandbox.settings.current.bulkMaxUploadBytes;
  if (request.body.length > limit)
    throw new RestError(
      400,
      'CLIENTINPUTERROR',
      `ClientInputError : The data exceeds the limit of ${limit} bytes`,
    );
  const { bulk } = request.sandbox;
  bulk.files.write(job.id, 'upload.csv', request.body);
  job.uploaded = true;
  bulk.jobs.save(job);
  return { status: 201, records: 0 };
}
