import { DmlError } from '../dml/dml-error.ts';
import type { Transaction } from '../store/transaction.ts';
import { inTransaction, readJson, type ApiRequest, type Reply } from './request.ts';
import { errorReply } from './error-reply.ts';
import { RestError } from './rest-error.ts';
import { resolveReferences, type Subresponse } from './composite-references.ts';

interface Subrequest {
  method: string;
  url: string;
  referenceId: string;
  body: unknown;
}

const MAX_SUBREQUESTS = 25;
const MAX_QUERIES_AND_COLLECTIONS = 5;

/** `POST /composite`: up to 25 requests in one, later ones may use `@{ref.field}` of earlier answers. */
export function runComposite(request: ApiRequest): Reply {
  const { allOrNone = false, compositeRequest } = readJson(request);
  const subrequests = readSubrequests(compositeRequest);
  const run = (transaction?: Transaction): Subresponse[] => runAll(request, subrequests, transaction);
  const responses = allOrNone === true ? runAllOrNone(request, run) : run();
  return { status: 200, body: { compositeResponse: responses }, records: subrequests.length };
}

function readSubrequests(input: unknown): Subrequest[] {
  if (!Array.isArray(input))
    throw new RestError(400, 'JSON_PARSER_ERROR', 'compositeRequest must be an array');
  if (input.length > MAX_SUBREQUESTS) {
    throw new RestError(400, 'LIMIT_EXCEEDED', `Limit reached: more than ${MAX_SUBREQUESTS} subrequests`);
  }
  const subrequests = input.map(readSubrequest);
  const heavy = subrequests.filter(({ url }) => /\/(query|queryAll|composite\/sobjects)\b/.test(url));
  if (heavy.length > MAX_QUERIES_AND_COLLECTIONS) {
    throw new RestError(
      400,
      'LIMIT_EXCEEDED',
      `Limit reached: more than ${MAX_QUERIES_AND_COLLECTIONS} query or collection subrequests`,
    );
  }
  if (new Set(subrequests.map(({ referenceId }) => referenceId)).size < subrequests.length) {
    throw new RestError(400, 'INVALID_INPUT', 'Duplicate ReferenceId provided in request.');
  }
  return subrequests;
}

function readSubrequest(input: unknown): Subrequest {
  const { method, url, referenceId, body } = (input ?? {}) as Record<string, unknown>;
  if (typeof referenceId !== 'string' || referenceId === '') {
    throw new RestError(400, 'REQUIRED_FIELD_MISSING', 'No reference id was provided');
  }
  if (typeof method !== 'string' || typeof url !== 'string') {
    throw new RestError(400, 'REQUIRED_FIELD_MISSING', 'Each subrequest needs a method and a url');
  }
  return { method: method.toUpperCase(), url, referenceId, body };
}

function runAll(
  request: ApiRequest,
  subrequests: readonly Subrequest[],
  transaction?: Transaction,
): Subresponse[] {
  const done: Subresponse[] = [];
  for (const subrequest of subrequests) done.push(runOne(request, subrequest, done, transaction));
  return done;
}

function runAllOrNone(request: ApiRequest, run: (transaction: Transaction) => Subresponse[]): Subresponse[] {
  return inTransaction(request, (transaction) => {
    const mark = transaction.mark();
    const responses = run(transaction);
    if (responses.every((response) => response.httpStatusCode < 400)) return responses;
    transaction.rollbackTo(mark);
    return responses.map((response) =>
      response.httpStatusCode >= 400 ? response : halted(response.referenceId),
    );
  });
}

function halted(referenceId: string): Subresponse {
  const body = [
    {
      errorCode: 'PROCESSING_HALTED',
      message: 'The transaction was rolled back since another operation in the same transaction failed.',
    },
  ];
  return { body, httpHeaders: {}, httpStatusCode: 400, referenceId };
}

function runOne(
  request: ApiRequest,
  subrequest: Subrequest,
  done: readonly Subresponse[],
  transaction: Transaction | undefined,
): Subresponse {
  const reply = carryOut(request, subrequest, done, transaction);
  const body = reply.json === undefined ? (reply.body ?? null) : (JSON.parse(reply.json) as unknown);
  return {
    body,
    httpHeaders: reply.headers?.['location'] === undefined ? {} : { Location: reply.headers['location'] },
    httpStatusCode: reply.status,
    referenceId: subrequest.referenceId,
  };
}

function carryOut(
  request: ApiRequest,
  subrequest: Subrequest,
  done: readonly Subresponse[],
  transaction: Transaction | undefined,
): Reply {
  try {
    const { url: target, body } = resolveReferences(subrequest, done);
    const url = new URL(target, request.sandbox.url);
    const [, version, path] = /^\/services\/data\/v(\d\d\.0)(?:\/(.*))?$/.exec(url.pathname) ?? [];
    const segments = path === undefined || path === '' ? [] : path.split('/').map(decodeURIComponent);
    const route = version === undefined ? undefined : request.findRoute(subrequest.method, segments);
    if (route?.handler === undefined || route.endpoint === 'POST /composite') {
      throw new RestError(404, 'NOT_FOUND', 'The requested resource does not exist');
    }
    return route.handler({
      ...request,
      method: subrequest.method,
      version: version ?? request.version,
      params: route.params,
      query: url.searchParams,
      body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
      ...(transaction === undefined ? {} : { transaction }),
    });
  } catch (error) {
    if (error instanceof RestError || error instanceof DmlError) return errorReply(error);
    throw error;
  }
}
