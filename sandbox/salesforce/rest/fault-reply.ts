import type { ItemFault } from '../../faults/engine.ts';
import type { StatusFault } from '../../faults/rules.ts';
import { DmlError } from '../dml/dml-error.ts';
import { ERROR_CODES } from './error-codes.ts';
import type { Reply } from './reply.ts';

/** What Salesforce says where it says nothing more particular: the code and its text. */
const BY_STATUS: Record<number, readonly [code: string, message: string]> = {
  401: ['INVALID_SESSION_ID', 'Session expired or invalid'],
  403: ['REQUEST_LIMIT_EXCEEDED', 'ConcurrentPerOrgLongTxn Limit exceeded.'],
  404: ['NOT_FOUND', 'The requested resource does not exist'],
  405: ['METHOD_NOT_ALLOWED', 'HTTP method not allowed for this resource'],
  409: ['CONFLICT', 'The request conflicts with the current state of the resource'],
  410: ['GONE', 'The requested resource has been retired or removed'],
  412: ['PRECONDITION_FAILED', 'A precondition of the request was not met'],
  414: ['URI_TOO_LONG', 'The requested URI is too long'],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'The format of the request body is not supported'],
  420: ['EDGE_ROUTE_UNKNOWN', 'No route is known for this request host'],
  428: ['PRECONDITION_REQUIRED', 'The request has to be conditional'],
  429: ['REQUEST_LIMIT_EXCEEDED', 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.'],
  431: ['REQUEST_HEADER_FIELDS_TOO_LARGE', 'The URI and the headers together are too long'],
  500: [
    'UNKNOWN_EXCEPTION',
    'An unexpected error occurred. Please include this ErrorId if you contact support.',
  ],
  503: ['SERVER_UNAVAILABLE', 'The server is temporarily unavailable. Please try again later.'],
};

/** An injected refusal of a whole request, as the API words it; the login endpoints have a shape of their own. */
export function faultReply(fault: StatusFault, atLogin: boolean): Reply {
  const [usualCode, usualText] = BY_STATUS[fault.status] ?? [
    'SERVER_UNAVAILABLE',
    'The request could not be processed.',
  ];
  const code = fault.code ?? usualCode;
  const message = fault.message ?? ERROR_CODES[code]?.text ?? usualText;
  const isOauth = atLogin && fault.code !== undefined;
  const worded = isOauth ? { error: code, error_description: message } : [{ message, errorCode: code }];
  const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  return { status: fault.status, body: fault.body ?? worded, headers, records: 0 };
}

/** An injected refusal of one record. */
export function itemRefusal({ code, message, fields }: ItemFault): DmlError {
  const known = ERROR_CODES[code];
  return new DmlError(code, message ?? known?.text ?? code, fields, known?.status ?? 400);
}
