import { z } from 'zod';
import { readJson, type ApiRequest, type Reply } from './request.ts';
import { RestError } from './rest-error.ts';
import { answerInner, replyBody } from './subrequest.ts';

const MAX_SUBREQUESTS = 25;

const Batch = z.object({
  haltOnError: z.boolean().default(false),
  batchRequests: z.array(
    z.object({ method: z.string(), url: z.string(), richInput: z.unknown().optional() }),
  ),
});

interface Result {
  statusCode: number;
  result: unknown;
}

const HALTED: Result = {
  statusCode: 412,
  result: [{ errorCode: 'BATCH_PROCESSING_HALTED', message: 'Batch processing halted per client request' }],
};

/** `POST /composite/batch`: up to 25 requests that know nothing of each other, each in a transaction of its own. */
export function runBatch(request: ApiRequest): Reply {
  const parsed = Batch.safeParse(readJson(request));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RestError(400, 'JSON_PARSER_ERROR', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { haltOnError, batchRequests } = parsed.data;
  if (batchRequests.length > MAX_SUBREQUESTS)
    throw new RestError(400, 'LIMIT_EXCEEDED', `Limit reached: more than ${MAX_SUBREQUESTS} subrequests`);
  const results: Result[] = [];
  for (const { method, url, richInput } of batchRequests) {
    const stop = haltOnError && results.some(({ statusCode }) => statusCode >= 400);
    results.push(stop ? HALTED : runOne(request, method.toUpperCase(), url, richInput));
  }
  const hasErrors = results.some(({ statusCode }) => statusCode >= 400);
  return { status: 200, body: { hasErrors, results }, records: results.length };
}

function runOne(request: ApiRequest, method: string, url: string, body: unknown): Result {
  const reply = answerInner(request, { method, url, body }, undefined);
  return { statusCode: reply.status, result: replyBody(reply) };
}
