import { z } from 'zod';
import { renderDatetime } from '../rest/render.ts';

/** The characters between columns, by the names the API gives them. */
export const DELIMITERS = {
  BACKQUOTE: '`',
  CARET: '^',
  COMMA: ',',
  PIPE: '|',
  SEMICOLON: ';',
  TAB: '\t',
} as const;

export const LINE_ENDINGS = { LF: '\n', CRLF: '\r\n' } as const;

export const INGEST_OPERATIONS = ['insert', 'update', 'upsert', 'delete', 'hardDelete'] as const;

/** How far a job has come. `Open` is an ingest job that waits for its data. */
const JOB_STATES = ['Open', 'UploadComplete', 'InProgress', 'JobComplete', 'Failed', 'Aborted'] as const;

const actorSchema = z.object({
  origin: z.literal('api'),
  userId: z.string(),
  client: z.string(),
  changeOrigin: z.string(),
  requestId: z.string(),
});

const common = {
  id: z.string(),
  /** As the schema spells it. */
  object: z.string(),
  /** On whose behalf the job reads or writes. */
  actor: actorSchema,
  /** Such as `62.0`. */
  version: z.string(),
  state: z.enum(JOB_STATES),
  columnDelimiter: z.enum(['BACKQUOTE', 'CARET', 'COMMA', 'PIPE', 'SEMICOLON', 'TAB']),
  lineEnding: z.enum(['LF', 'CRLF']),
  /** Epoch milliseconds of the sandbox clock. */
  createdAt: z.number(),
  changedAt: z.number(),
  errorMessage: z.string().optional(),
  /** Records carried out so far, refused ones included. */
  processed: z.number(),
  retries: z.number(),
  /** Milliseconds of work. */
  workMs: z.number(),
};

const ingestJobSchema = z.object({
  ...common,
  kind: z.literal('ingest'),
  operation: z.enum(INGEST_OPERATIONS),
  externalIdFieldName: z.string().optional(),
  assignmentRuleId: z.string().optional(),
  /** Whether data was uploaded. */
  uploaded: z.boolean(),
  failed: z.number(),
  /** Bytes of the two result files that belong to committed batches: what stands after them was written by a process that was killed. */
  successfulBytes: z.number(),
  failedBytes: z.number(),
});

const queryJobSchema = z.object({
  ...common,
  kind: z.literal('query'),
  operation: z.enum(['query', 'queryAll']),
  query: z.string(),
});

/** A job as it stands in the journal, too. */
export const jobSchema = z.discriminatedUnion('kind', [ingestJobSchema, queryJobSchema]);
export type IngestJob = z.infer<typeof ingestJobSchema>;
export type QueryJob = z.infer<typeof queryJobSchema>;
export type BulkJob = z.infer<typeof jobSchema>;

/** A job as a list of jobs, its creation and a change of its state show it. */
export function renderJob(job: BulkJob): Record<string, unknown> {
  return {
    id: job.id,
    operation: job.operation,
    object: job.object,
    createdById: job.actor.userId,
    createdDate: renderDatetime(job.createdAt),
    systemModstamp: renderDatetime(job.changedAt),
    state: job.state,
    ...(job.kind === 'ingest' && job.externalIdFieldName !== undefined
      ? { externalIdFieldName: job.externalIdFieldName }
      : {}),
    ...(job.kind === 'ingest' && job.assignmentRuleId !== undefined
      ? { assignmentRuleId: job.assignmentRuleId }
      : {}),
    concurrencyMode: 'Parallel',
    contentType: 'CSV',
    apiVersion: Number(job.version),
    ...(job.kind === 'ingest' && job.state === 'Open' ? { contentUrl: contentUrl(job) } : {}),
    lineEnding: job.lineEnding,
    columnDelimiter: job.columnDelimiter,
  };
}

/** A job with its kind, as a list of jobs shows it. */
export function renderListed(job: BulkJob): Record<string, unknown> {
  return { ...renderJob(job), jobType: job.kind === 'ingest' ? 'V2Ingest' : 'V2Query' };
}

/** A job with its counters, as it answers a poll. */
export function renderProgress(job: BulkJob): Record<string, unknown> {
  const counters = {
    numberRecordsProcessed: job.processed,
    retries: job.retries,
    totalProcessingTime: Math.round(job.workMs),
  };
  if (job.kind === 'query') return { ...renderListed(job), ...counters, isPkChunkingSupported: true };
  return {
    ...renderListed(job),
    ...counters,
    numberRecordsFailed: job.failed,
    apiActiveProcessingTime: Math.round(job.workMs),
    apexProcessingTime: 0,
    ...(job.errorMessage === undefined ? {} : { errorMessage: job.errorMessage }),
  };
}

function contentUrl(job: IngestJob): string {
  // Without a slash at the start, unlike every other URL of the API.
  return `services/data/v${job.version}/jobs/ingest/${job.id}/batches`;
}

/** Whether nothing will happen to the job any more. */
export function isOver(job: BulkJob): boolean {
  return job.state === 'JobComplete' || job.state === 'Failed' || job.state === 'Aborted';
}
