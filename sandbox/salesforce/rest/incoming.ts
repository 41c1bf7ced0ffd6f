import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { readBody } from '../../admin/read-body.ts';
import { RestError } from './rest-error.ts';

/** An HTTP request, read whole. */
export interface IncomingRequest {
  requestId: string;
  method: string;
  /** Path and query as sent. */
  path: string;
  /** Decoded path segments. */
  segments: string[];
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Longest request line the vendor's servers take, in bytes; the same for the line and the headers together. */
const MAX_URI = 16_384;

/** A little more than an upload of the Bulk API may have in bytes, so that one that is too long is told so. */
const MAX_UPLOAD = 151_000_000;
const MAX_URI_AND_HEADERS = 16_384;

/** Reads a request. Throws a RestError 414 when its URI is too long, 431 when it is with the headers, 400 when it is not decodable. */
export async function readIncoming(request: IncomingMessage): Promise<IncomingRequest> {
  const body = await readBody(request, isUpload(request) ? MAX_UPLOAD : undefined);
  const path = request.url ?? '/';
  if (Buffer.byteLength(path) > MAX_URI)
    throw new RestError(414, 'URI_TOO_LONG', 'The requested URI is too long');
  if (path.length + headerBytes(request) > MAX_URI_AND_HEADERS)
    throw new RestError(
      431,
      'REQUEST_HEADER_FIELDS_TOO_LARGE',
      'The URI and the headers together are too long',
    );
  const url = new URL(path, 'http://sandbox');
  return {
    requestId: randomBytes(9).toString('base64url'),
    // PATCH through a POST, for clients that cannot send PATCH.
    method: url.searchParams.get('_HttpMethod')?.toUpperCase() ?? request.method ?? 'GET',
    path,
    segments: decodeSegments(url.pathname),
    query: url.searchParams,
    headers: request.headers,
    body,
  };
}

function headerBytes(request: IncomingMessage): number {
  let bytes = 0;
  // Header values are Latin-1: one character is one byte.
  for (const part of request.rawHeaders) bytes += part.length + 2;
  return bytes;
}

function isUpload(request: IncomingMessage): boolean {
  return request.headers['content-type']?.toLowerCase().startsWith('text/csv') === true;
}

function decodeSegments(pathname: string): string[] {
  try {
    return pathname
      .split('/')
      .slice(1)
      .map(decodeURIComponent)
      .filter((segment, at, all) => segment !== '' || at < all.length - 1);
  } catch {
    throw new RestError(400, 'MALFORMED_URI', 'The requested URI cannot be decoded');
  }
}
