import type { IncomingHttpHeaders } from 'node:http';
import { OauthError } from './oauth-error.ts';

/** Reads the form of a POST, or the query of a GET. Throws invalid_request for a body of another type. */
export function readForm(request: {
  method: string;
  headers: IncomingHttpHeaders;
  query: URLSearchParams;
  body: Buffer;
}): URLSearchParams {
  if (request.method === 'GET') return request.query;
  const contentType = request.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    throw new OauthError('invalid_request', 'must be application/x-www-form-urlencoded');
  }
  return new URLSearchParams(request.body.toString());
}

/** The token of an `Authorization` header, under either scheme the vendor takes. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(header ?? '')?.[1];
}
