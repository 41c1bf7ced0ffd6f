/** HubSpot's error body; every field but `message` may be missing. */
export interface ErrorBody {
  status?: string;
  message: string;
  category?: string;
  subCategory?: string;
  errors?: { message: string; code?: string; in?: string; context?: Record<string, string[]> }[];
  context?: Record<string, string[]>;
  links?: Record<string, string>;
  [field: string]: unknown;
}

/** An answer. `json` is stringified by the server; `html` is sent as text/html. */
export interface Answer {
  status: number;
  json?: unknown;
  html?: string;
  headers?: Record<string, string>;
  /** For the request log. */
  error?: string;
}

/** Thrown by a route to answer with an error; nothing may have been committed before. */
export class VendorError extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(answer.error ?? `HTTP ${answer.status}`);
    this.name = 'VendorError';
    this.answer = answer;
  }
}

/** An error answer in HubSpot's shape; the server adds the correlation id. */
export function errorAnswer(status: number, body: ErrorBody): Answer {
  return { status, json: { status: 'error', ...body }, error: body.category ?? body.message };
}

/** One entry of `errors[]` in a 207. Unlike in a refusal, all six fields are always there [S]. */
export function batchError(
  category: string,
  message: string,
  context: Record<string, string[]>,
  errors: NonNullable<ErrorBody['errors']> = [],
): Record<string, unknown> {
  return { status: 'error', category, message, errors, context, links: {} };
}

/** 400 VALIDATION_ERROR. */
export function invalid(message: string, more: Partial<ErrorBody> = {}): VendorError {
  return new VendorError(errorAnswer(400, { message, ...more, category: 'VALIDATION_ERROR' }));
}

/** 400 for a body that is JSON but not the expected shape, as HubSpot's parser words it. */
export function invalidJson(detail: string): VendorError {
  return invalid(`Invalid input JSON on line 1, column 1: ${detail}`);
}

/** JSON 404, for everything but single objects. */
export function notFound(message: string): VendorError {
  return new VendorError(errorAnswer(404, { message, category: 'OBJECT_NOT_FOUND' }));
}

/** A missing object read by id or idProperty: HTML, marked by a header [R]. */
export function objectNotFound(): VendorError {
  return new VendorError({
    status: 404,
    html: '<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n',
    headers: { 'X-Hubspot-Notfound': 'true' },
    error: 'object not found',
  });
}
