import { explainSoql } from '../soql/explain.ts';
import { malformed } from '../soql/query-error.ts';
import { runSoql, type QueryResult } from '../soql/run-query.ts';
import { listViewQuery } from './list-views.ts';
import { pageSize, queryOptions } from './query-options.ts';
import { markViewed } from './recent-records.ts';
import type { ApiRequest, Reply } from './request.ts';

/** `GET /query?q=`, or `?explain=` (a statement, or the id of a list view) for the plans alone. */
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
  const { org, cursors } = request.sandbox;
  const options = queryOptions(request, includeDeleted);
  const explained = request.query.get('explain');
  if (explained !== null) {
    const soql = listViewQuery(request, explained) ?? demanded(explained);
    return { status: 200, body: explainSoql(org, soql, options), records: 0 };
  }
  const result = runSoql(org, demanded(request.query.get('q')), options);
  markIfAsked(request, result);
  if (result.countOnly) {
    return { status: 200, body: { totalSize: result.rows.length, done: true, records: [] }, records: 0 };
  }
  const page = cursors.firstPage(result, pageSize(request), request.version);
  return { status: 200, body: page, records: page.records.length };
}

function demanded(soql: string | null): string {
  if (soql === null || soql.trim() === '') throw malformed("unexpected token: '<EOF>'");
  return soql;
}

function markIfAsked(request: ApiRequest, { type, rows, marks }: QueryResult): void {
  if (marks.view || marks.reference) markViewed(request.sandbox, request.actor.userId, type, rows);
}
