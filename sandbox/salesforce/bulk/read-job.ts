import { z } from 'zod';
import type { ApiRequest } from '../rest/request.ts';
import { RestError } from '../rest/rest-error.ts';
import type { BulkJob } from './job.ts';

/** How a job's file is written; the API's names in capitals. */
export const dialect = {
  columnDelimiter: z.enum(['BACKQUOTE', 'CARET', 'COMMA', 'PIPE', 'SEMICOLON', 'TAB']).nullish(),
  lineEnding: z.enum(['LF', 'CRLF']).nullish(),
};

/** Reads the description of a job, or of its change. Throws JSON_PARSER_ERROR for what the API does not know. */
export function readJobBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue?.path.join('.') ?? '';
  throw new RestError(
    400,
    'JSON_PARSER_ERROR',
    at === '' ? (issue?.message ?? '') : `${issue?.message ?? ''} at [${at}]`,
  );
}

/** Who a job's writes are done for: change events tell the bulk API from the REST API. */
export function jobActor(request: ApiRequest): BulkJob['actor'] {
  const { userId, client, requestId } = request.actor;
  const changeOrigin = `com/salesforce/api/bulk/${request.version}${client === '' ? '' : `;client=${client}`}`;
  return { origin: 'api', userId, client, changeOrigin, requestId };
}
