import type { QueryOptions } from '../soql/scope.ts';
import type { ApiRequest } from './request.ts';

const DEFAULT_PAGE = 2000;
const SMALLEST_PAGE = 200;

/** How the queries of a request are run: as its user, children in pages of the size asked for. */
export function queryOptions(request: ApiRequest, includeDeleted: boolean): QueryOptions {
  const { cursors } = request.sandbox;
  return {
    version: request.version,
    includeDeleted,
    userId: request.actor.userId,
    pageChildren: (rows, project) => cursors.firstPage({ rows, project }, pageSize(request), request.version),
  };
}

/** `Sforce-Query-Options: batchSize=500`; sizes outside 200 to 2,000 are moved to the nearest bound. */
export function pageSize(request: ApiRequest): number {
  const header = String(request.headers['sforce-query-options'] ?? '');
  const asked = /batchSize\s*=\s*(\d+)/i.exec(header)?.[1];
  if (asked === undefined) return DEFAULT_PAGE;
  return Math.min(Math.max(Number(asked), SMALLEST_PAGE), DEFAULT_PAGE);
}
