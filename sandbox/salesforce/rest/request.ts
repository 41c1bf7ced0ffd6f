import type { IncomingHttpHeaders } from 'node:http';
import type { RequestPlan } from '../../faults/engine.ts';
import { readSaveOptions } from '../dml/save-options.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Actor, Transaction } from '../store/transaction.ts';
import { itemRefusal } from './fault-reply.ts';
import type { Reply } from './reply.ts';
import { notFound, RestError } from './rest-error.ts';

export type { Reply } from './reply.ts';

/** One authenticated request to the REST API. */
export interface ApiRequest {
  sandbox: Sandbox;
  method: string;
  /** Such as `62.0`. */
  version: string;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  actor: Actor;
  /** Decides whether the next item of a batch fails; from the fault rules. */
  failItem: RequestPlan['item'];
  /** Finds what answers a path: a composite request sends its parts there. */
  findRoute: (method: string, segments: readonly string[]) => FoundRoute | undefined;
  /** Set inside a composite request that commits or fails as a whole. */
  transaction?: Transaction;
}

/** Answers one kind of request. */
export type Handler = (request: ApiRequest) => Reply;

/** A path with its parameters read. */
export interface FoundRoute {
  handler: Handler | undefined;
  allowed: readonly string[];
  params: Record<string, string>;
  /** Method and path template, with the object named: what the request log and fault rules go by. */
  endpoint: string;
}

/** The object a path names; unknown ones are 404. */
export function requestedType(request: ApiRequest): ObjectType {
  const type = request.sandbox.org.preset.schema.object(request.params['type'] ?? '');
  if (type === undefined) throw notFound();
  return type;
}

/** Parses a JSON object body. Throws JSON_PARSER_ERROR or UNSUPPORTED_MEDIA_TYPE. */
export function readJson(request: ApiRequest): Record<string, unknown> {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/json\b/i.test(contentType)) {
    throw new RestError(415, 'UNSUPPORTED_MEDIA_TYPE', `Content type not supported: ${contentType}`);
  }
  const parsed = parseJson(request.body.toString());
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new RestError(400, 'JSON_PARSER_ERROR', 'The HTTP entity body is required to be a JSON object');
  }
  return parsed as Record<string, unknown>;
}

function parseJson(text: string): unknown {
  if (text === '')
    throw new RestError(
      400,
      'JSON_PARSER_ERROR',
      'The HTTP entity body is required, but this request has no entity body.',
    );
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RestError(400, 'JSON_PARSER_ERROR', error instanceof Error ? error.message : 'malformed JSON');
  }
}

/** Runs writes in the request's transaction: its own, committed at the end, or the composite request's. */
export function inTransaction<T>(request: ApiRequest, work: (transaction: Transaction) => T): T {
  const { org } = request.sandbox;
  const transaction = request.transaction ?? org.begin(request.actor);
  transaction.options = readSaveOptions(request.headers, request.version);
  const mark = transaction.mark();
  try {
    const result = work(transaction);
    if (request.transaction === undefined) org.commit(transaction);
    return result;
  } catch (error) {
    transaction.rollbackTo(mark);
    throw error;
  }
}

/** Throws the failure that the fault rules want for the next record, if any. */
export function failIfPlanned(request: ApiRequest): void {
  const failure = request.failItem?.();
  if (failure !== undefined) throw itemRefusal(failure);
}
