import { DmlError } from '../dml/dml-error.ts';
import type { Transaction } from '../store/transaction.ts';
import { errorReply } from './error-reply.ts';
import type { ApiRequest, FoundRoute, Reply } from './request.ts';
import { notFound, RestError } from './rest-error.ts';

/** A request inside another one. */
export interface InnerRequest {
  method: string;
  url: string;
  body: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** Headers the outer request alone decides. */
const OUTER_HEADERS = new Set(['accept', 'authorization', 'content-type', 'sforce-call-options']);

/** Sends a request inside another to what answers its path. Refusals come back as replies; nothing composite may be inside. */
export function answerInner(
  request: ApiRequest,
  inner: InnerRequest,
  transaction: Transaction | undefined,
): Reply {
  try {
    const { route, version, query } = findInner(request, inner);
    if (route?.handler === undefined || /^POST \/composite(\/(batch|graph|tree\b.*))?$/.test(route.endpoint))
      throw notFound();
    return route.handler({
      ...request,
      method: inner.method,
      version,
      params: route.params,
      query,
      headers: { ...request.headers, ...ownHeaders(inner), 'content-type': 'application/json' },
      body: Buffer.from(inner.body === undefined ? '' : JSON.stringify(inner.body)),
      ...(transaction === undefined ? {} : { transaction }),
    });
  } catch (error) {
    if (error instanceof RestError || error instanceof DmlError) return errorReply(error);
    throw error;
  }
}

/** The route of an inner request. Its url may begin at `/services/data/` or at the version. */
export function findInner(
  request: ApiRequest,
  { method, url }: Pick<InnerRequest, 'method' | 'url'>,
): { route: FoundRoute | undefined; version: string; query: URLSearchParams } {
  const absolute = /^\/?v\d/.test(url) ? `/services/data/${url.replace(/^\//, '')}` : url;
  const { pathname, searchParams } = parseUrl(absolute, request.sandbox.url);
  const [, version, path = ''] = /^\/services\/data\/v(\d\d\.0)(?:\/(.*))?$/.exec(pathname) ?? [];
  const segments = path === '' ? [] : path.replace(/\/$/, '').split('/').map(decode);
  const route = version === undefined ? undefined : request.findRoute(method, segments);
  return { route, version: version ?? request.version, query: searchParams };
}

/** The body of a reply as a value, to be put into another body. */
export function replyBody(reply: Reply): unknown {
  return reply.json === undefined ? (reply.body ?? null) : (JSON.parse(reply.json) as unknown);
}

function ownHeaders({ headers = {} }: InnerRequest): Record<string, string> {
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(lowered.filter(([name]) => !OUTER_HEADERS.has(name)));
}

function parseUrl(url: string, base: string): URL {
  try {
    return new URL(url, base);
  } catch {
    throw notFound();
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new RestError(400, 'MALFORMED_URI', 'The requested URI cannot be decoded');
  }
}
