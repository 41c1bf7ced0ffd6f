import type { Call, Route } from '../http/call.ts';
import { objectPaths } from '../http/paths.ts';
import { invalid, type Answer } from '../http/vendor-error.ts';
import type { CrmRecord } from '../records/record.ts';
import { typeIn } from './find-record.ts';
import { flagParam, listParam } from './read-options.ts';
import { readScopes } from './scopes.ts';
import { presentWithExtras } from './single-routes.ts';

const MAX_PAGE = 100;
const MAX_PAGE_WITH_HISTORY = 50;

/** `GET …/{objectType}`: all records, paged by id. */
export function listRoutes(): Route[] {
  return objectPaths('/{objectType}').map((pattern) => {
    return { method: 'GET', pattern, scopes: readScopes, authenticated: true, limit: 'burst', handle: list };
  });
}

function list(call: Call): Answer {
  const type = typeIn(call);
  const limit = Number(call.query.get('limit') ?? 10);
  const max = listParam(call, 'propertiesWithHistory').length > 0 ? MAX_PAGE_WITH_HISTORY : MAX_PAGE;
  if (!Number.isInteger(limit) || limit < 1 || limit > max) {
    throw invalid(`Limit must be between 1 and ${max}, but was ${call.query.get('limit')}`);
  }
  const store = call.sandbox.ledger.stores[type.id];
  const records = flagParam(call, 'archived') ? store.archived() : store.all();
  const page = pageAfter(records, Number(call.query.get('after') ?? 0), limit + 1);
  const shown = page.slice(0, limit).map((record) => presentWithExtras(call, type, record));
  call.records = shown.length;
  const last = page[limit - 1];
  const more = page.length > limit && last !== undefined;
  return { status: 200, json: { results: shown, ...(more ? { paging: next(call, last.id) } : {}) } };
}

function pageAfter(records: Iterable<CrmRecord>, after: number, count: number): CrmRecord[] {
  const page: CrmRecord[] = [];
  for (const record of records) {
    if (Number(record.id) <= after) continue;
    page.push(record);
    if (page.length === count) break;
  }
  return page;
}

function next(call: Call, after: string): unknown {
  const query = new URLSearchParams(call.query);
  query.set('after', after);
  return { next: { after, link: `${call.sandbox.url}/crm/v3/objects?${query.toString()}` } };
}
