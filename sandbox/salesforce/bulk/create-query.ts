import { z } from 'zod';
import { readJson, type ApiRequest, type Reply } from '../rest/request.ts';
import { parseSoql } from '../soql/parse.ts';
import { runSoql } from '../soql/run-query.ts';
import { renderJob, type QueryJob } from './job.ts';
import { dialect, jobActor, readJobBody } from './read-job.ts';
import { compileResultColumns } from './result-columns.ts';

const bodySchema = z.strictObject({
  operation: z.enum(['query', 'queryAll']),
  query: z.string().min(1),
  contentType: z.literal('CSV').nullish(),
  ...dialect,
});

/** `POST /jobs/query`: a query whose result can be fetched later. The statement is checked at once. */
export function createQueryJob(request: ApiRequest): Reply {
  const asked = readJobBody(bodySchema, readJson(request));
  const { sandbox } = request;
  const { bulk, clock } = sandbox;
  checkQuery(request, asked.query);
  const now = clock.ms();
  const job: QueryJob = {
    kind: 'query',
    id: bulk.jobs.nextId(),
    object: sandbox.org.preset.schema.object(parseSoql(asked.query).query.sObject ?? '')?.name ?? '',
    operation: asked.operation,
    query: asked.query,
    actor: jobActor(request),
    version: request.version,
    state: 'UploadComplete',
    columnDelimiter: asked.columnDelimiter ?? 'COMMA',
    lineEnding: asked.lineEnding ?? 'LF',
    createdAt: now,
    changedAt: now,
    processed: 0,
    retries: 0,
    workMs: 0,
  };
  bulk.jobs.save(job);
  bulk.start(job);
  return { status: 200, body: renderJob(job), records: 0 };
}

/** Compiles the statement without reading a row. */
function checkQuery(request: ApiRequest, soql: string): void {
  const { org } = request.sandbox;
  compileResultColumns(org.preset.schema, soql);
  const withoutRows = /\blimit\s+\d+\s*$/i.test(soql)
    ? soql.replace(/\blimit\s+\d+\s*$/i, 'LIMIT 0')
    : `${soql} LIMIT 0`;
  runSoql(org, withoutRows, { version: request.version, includeDeleted: false });
}
