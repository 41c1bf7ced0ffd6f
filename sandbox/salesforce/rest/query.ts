import { runSoql } from '../soql/run-query.ts';
import { malformed } from '../soql/query-error.ts';
import type { ApiRequest, Reply } from './request.ts';

const DEFAULT_PAGE = 2000;
const SMALLEST_PAGE = 200;

/** `GET /query?q=` */
export function query(request: ApiRequest): Reply {
  return firstPage(request, false);
}

/** `GET /queryAll?q=`: deleted rows included. */
export function queryAll(request: ApiRequest): Reply {
  return firstPage(request, true);
}

/** `GET /query/{locator}` */
export function queryMore(request: ApiRequest): Reply {
  const { cursors } = request.sandbox;
  const page = cursors.page(request.params['locator'] ?? '', pageSize(request), request.version);
  return { status: 200, body: page, records: page.records.length };
}

function firstPage(request: ApiRequest, includeDeleted: boolean): Reply {
  const soql = request.query.get('q');
  if (soql === null || soql.trim() === '') throw malformed('unexpected token: <EOF>');
  const result = runSoql(request.sandbox.org, soql, { version: request.version, includeDeleted });
  const page = request.sandbox.cursors.firstPage(result, pageSize(request), request.version);
  return { status: 200, body: page, records: page.records.length };
}

/** `Sforce-Query-Options: batchSize=500`; sizes outside 200 to 2,000 are moved to the nearest bound. */
function pageSize(request: ApiRequest): number {
  const header = String(request.headers['sforce-query-options'] ?? '');
  const asked = /batchSize\s*=\s*(\d+)/i.exec(header)?.[1];
  if (asked === undefined) return DEFAULT_PAGE;
  return Math.min(Math.max(Number(asked), SMALLEST_PAGE), DEFAULT_PAGE);
}
