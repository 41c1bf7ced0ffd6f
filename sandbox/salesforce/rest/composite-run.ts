import type { Transaction } from '../store/transaction.ts';
import { resolveReferences, type Subresponse } from './composite-references.ts';
import { errorReply } from './error-reply.ts';
import { inTransaction, type ApiRequest, type Reply } from './request.ts';
import { RestError } from './rest-error.ts';
import { answerInner, replyBody } from './subrequest.ts';

/** One request of a composite or graph. */
export interface Subrequest {
  method: string;
  url: string;
  referenceId: string;
  body: unknown;
  httpHeaders: Readonly<Record<string, string>>;
}

/** Reads the requests of a composite or graph. Throws when one has no method, url or reference, or shares its reference. */
export function readSubrequests(input: unknown): Subrequest[] {
  if (!Array.isArray(input))
    throw new RestError(400, 'JSON_PARSER_ERROR', 'compositeRequest must be an array');
  const subrequests = input.map(readSubrequest);
  if (new Set(subrequests.map(({ referenceId }) => referenceId)).size < subrequests.length) {
    throw new RestError(400, 'INVALID_INPUT', 'Duplicate ReferenceId provided in request.');
  }
  return subrequests;
}

function readSubrequest(input: unknown): Subrequest {
  const { method, url, referenceId, body, httpHeaders } = (input ?? {}) as Record<string, unknown>;
  if (typeof referenceId !== 'string' || referenceId === '') {
    throw new RestError(400, 'REQUIRED_FIELD_MISSING', 'No reference id was provided');
  }
  if (typeof method !== 'string' || typeof url !== 'string') {
    throw new RestError(400, 'REQUIRED_FIELD_MISSING', 'Each subrequest needs a method and a url');
  }
  const headers = Object.entries((httpHeaders ?? {}) as Record<string, unknown>);
  return {
    method: method.toUpperCase(),
    url,
    referenceId,
    body,
    httpHeaders: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
  };
}

/** Carries out requests one after the other, later ones with what earlier ones answered. */
export function runAll(
  request: ApiRequest,
  subrequests: readonly Subrequest[],
  transaction?: Transaction,
): Subresponse[] {
  const done: Subresponse[] = [];
  for (const subrequest of subrequests) done.push(runOne(request, subrequest, done, transaction));
  return done;
}

/** Carries out requests in one transaction. When one fails nothing stays, and the others say so. */
export function runAllOrNone(request: ApiRequest, subrequests: readonly Subrequest[]): Subresponse[] {
  return inTransaction(request, (transaction) => {
    const mark = transaction.mark();
    const responses = runAll(request, subrequests, transaction);
    if (responses.every((response) => response.httpStatusCode < 400)) return responses;
    transaction.rollbackTo(mark);
    return responses.map((response) =>
      response.httpStatusCode >= 400 ? response : halted(response.referenceId),
    );
  });
}

/** The answer to a request that was taken back, or never tried, because another failed. */
export function halted(referenceId: string): Subresponse {
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
  const reply = answer(request, subrequest, done, transaction);
  const location = reply.headers?.['location'];
  return {
    body: replyBody(reply),
    httpHeaders: location === undefined ? {} : { Location: location },
    httpStatusCode: reply.status,
    referenceId: subrequest.referenceId,
  };
}

function answer(
  request: ApiRequest,
  subrequest: Subrequest,
  done: readonly Subresponse[],
  transaction: Transaction | undefined,
): Reply {
  try {
    const { url, body } = resolveReferences(subrequest, done);
    return answerInner(
      request,
      { method: subrequest.method, url, body, headers: subrequest.httpHeaders },
      transaction,
    );
  } catch (error) {
    if (error instanceof RestError) return errorReply(error);
    throw error;
  }
}
