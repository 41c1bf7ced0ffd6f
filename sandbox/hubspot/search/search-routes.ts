import type { Call, Route } from '../http/call.ts';
import { objectPaths } from '../http/paths.ts';
import type { Answer } from '../http/vendor-error.ts';
import { presentView, namesToShow } from '../objects/present.ts';
import { readScopes } from '../objects/scopes.ts';
import type { ObjectType, TypeId } from '../portal/object-types.ts';
import type { Property } from '../portal/property.ts';
import { valueInView, viewAt, type RecordView } from '../records/record.ts';
import { findCandidates } from './find-candidates.ts';
import { compileFilter, comparer, containsToken, type Predicate } from './match-filter.ts';
import { readSearch, type Filter, type SearchRequest } from './search-request.ts';

/** `POST …/{objectType}/search`: five a second per account, over an index that lags behind. */
export function searchRoutes(): Route[] {
  return objectPaths('/{objectType}/search').map((pattern) => {
    return {
      method: 'POST',
      pattern,
      scopes: readScopes,
      authenticated: true,
      limit: 'search',
      handle: search,
    };
  });
}

function search(call: Call): Answer {
  const type = call.types['objectType'] as ObjectType;
  const request = readSearch(call, type.id);
  const matches = sorted(call, type.id, request, findMatches(call, type.id, request));
  const page = matches.slice(request.offset, request.offset + request.limit);
  const names = namesToShow(type.id, request.properties);
  const results = page.map((view) => presentView(view, names));
  call.records = results.length;
  const reached = request.offset + page.length;
  const paging = reached < matches.length ? { paging: { next: { after: String(reached) } } } : {};
  return { status: 200, json: { total: matches.length, results, ...paging } };
}

function findMatches(call: Call, type: TypeId, request: SearchRequest): RecordView[] {
  const indexedUntil = call.now - call.sandbox.settings.searchLagMs;
  const groups: Filter[][] = request.groups.length === 0 ? [[]] : request.groups;
  const found = new Map<string, RecordView>();
  for (const filters of groups) {
    const predicates = compile(call, type, filters, request.query);
    for (const record of findCandidates(call.sandbox, type, filters, indexedUntil)) {
      if (found.has(record.id)) continue;
      const view = viewAt(record, indexedUntil);
      if (view !== undefined && predicates.every((passes) => passes(view))) found.set(record.id, view);
    }
  }
  return [...found.values()];
}

/** What `query` looks through. */
const QUERIED: Record<TypeId, readonly string[]> = {
  '0-1': ['firstname', 'lastname', 'email', 'phone', 'company'],
  '0-2': ['name', 'domain', 'phone', 'website'],
  '0-3': ['dealname', 'pipeline', 'dealstage', 'description', 'dealtype'],
  '0-8': ['name', 'hs_sku'],
  '0-46': ['hs_note_body'],
};

function compile(call: Call, type: TypeId, filters: Filter[], query: string | undefined): Predicate[] {
  const predicates = filters.map((filter) =>
    compileFilter(filter, property(call, type, filter.propertyName)),
  );
  if (query !== undefined && query !== '') {
    predicates.push((view) =>
      QUERIED[type].some((name) => containsToken(valueInView(view, name) ?? '', query)),
    );
  }
  return predicates;
}

function sorted(call: Call, type: TypeId, { sort }: SearchRequest, views: RecordView[]): RecordView[] {
  const byId = (left: RecordView, right: RecordView): number =>
    Number(left.record.id) - Number(right.record.id);
  if (sort === undefined) return views.sort(byId);
  const comparable = comparer(property(call, type, sort.property));
  const keyed = views.map((view) => {
    const value = valueInView(view, sort.property);
    return { view, key: value === undefined ? undefined : comparable(value) };
  });
  const sign = sort.descending ? -1 : 1;
  keyed.sort((left, right) => sign * compare(left.key, right.key) || byId(left.view, right.view));
  return keyed.map(({ view }) => view);
}

function compare(left: number | string | undefined, right: number | string | undefined): number {
  if (left === right) return 0;
  if (left === undefined) return 1;
  if (right === undefined) return -1;
  return left < right ? -1 : 1;
}

function property(call: Call, type: TypeId, name: string): Property {
  return call.sandbox.portal.schemas[type].properties.get(name) as Property;
}
