import { BULK_ROUTES } from '../bulk/routes.ts';
import { pushGenericEvents } from '../events/cometd/push-events.ts';
import { TOOLING_ROUTES } from '../metadata/tooling/routes.ts';
import { listTabs, readTheme } from './appearance.ts';
import { createRows, deleteRows, retrieveRows, updateRows, upsertRows } from './collections.ts';
import { runBatch } from './composite-batch.ts';
import { runGraphs } from './composite-graph.ts';
import { createTree } from './composite-tree.ts';
import { runComposite } from './composite.ts';
import { describeBasic, describeGlobal, describeObject } from './describe.ts';
import {
  describeApprovalLayouts,
  describeCompactLayouts,
  describeLayout,
  describeLayouts,
  describeNamedLayout,
} from './layouts.ts';
import { describeListView, listListViews, readListView, readListViewResults } from './list-views.ts';
import { listResources, readLimits } from './org-info.ts';
import { query, queryAll, queryMore } from './query.ts';
import { listQuickActions } from './quick-actions.ts';
import { readRecent } from './recent-records.ts';
import { readDeleted, readUpdated } from './replication.ts';
import { readRecordTypePicklists } from './record-type-picklists.ts';
import type { FoundRoute, Handler } from './request.ts';
import { parameterizedSearch, search } from './search.ts';
import {
  createRow,
  deleteRow,
  deleteRowByKey,
  readRow,
  readRowByKey,
  updateRow,
  upsertRow,
} from './sobject-rows.ts';

/** A path below `/services/data/vXX.0` and what answers it, by method. */
interface RouteDefinition {
  segments: readonly string[];
  handlers: Readonly<Record<string, Handler>>;
}

// More particular paths come first: `describe` would otherwise be read as a record id.
const ROUTES: readonly RouteDefinition[] = [
  route('', { GET: listResources }),
  route('limits', { GET: readLimits }),
  route('query', { GET: query }),
  route('queryAll', { GET: queryAll }),
  route('query/:locator', { GET: queryMore }),
  route('queryAll/:locator', { GET: queryMore }),
  route('recent', { GET: readRecent }),
  route('search', { GET: search }),
  route('parameterizedSearch', { GET: parameterizedSearch, POST: parameterizedSearch }),
  route('tabs', { GET: listTabs }),
  route('theme', { GET: readTheme }),
  route('quickActions', { GET: listQuickActions }),
  route('composite', { POST: runComposite }),
  route('composite/batch', { POST: runBatch }),
  route('composite/graph', { POST: runGraphs }),
  route('composite/tree/:type', { POST: createTree }),
  route('composite/sobjects', { POST: createRows, PATCH: updateRows, DELETE: deleteRows }),
  route('composite/sobjects/:type', { GET: retrieveRows, POST: retrieveRows }),
  route('composite/sobjects/:type/:extField', { PATCH: upsertRows }),
  ...BULK_ROUTES.map(([path, handlers]) => route(path, handlers)),
  ...TOOLING_ROUTES.map(([path, handlers]) => route(path, handlers)),
  route('ui-api/object-info/:type/picklist-values/:recordType', { GET: readRecordTypePicklists }),
  route('sobjects', { GET: describeGlobal }),
  route('sobjects/:type', { GET: describeBasic, POST: createRow }),
  route('sobjects/:type/describe', { GET: describeObject }),
  route('sobjects/:type/describe/layouts', { GET: describeLayouts }),
  route('sobjects/:type/describe/layouts/:recordType', { GET: describeLayout }),
  route('sobjects/:type/describe/namedLayouts/:name', { GET: describeNamedLayout }),
  route('sobjects/:type/describe/compactLayouts', { GET: describeCompactLayouts }),
  route('sobjects/:type/describe/approvalLayouts', { GET: describeApprovalLayouts }),
  route('sobjects/:type/updated', { GET: readUpdated }),
  route('sobjects/:type/deleted', { GET: readDeleted }),
  route('sobjects/:type/quickActions', { GET: listQuickActions }),
  route('sobjects/:type/listviews', { GET: listListViews }),
  route('sobjects/:type/listviews/:id', { GET: readListView }),
  route('sobjects/:type/listviews/:id/describe', { GET: describeListView }),
  route('sobjects/:type/listviews/:id/results', { GET: readListViewResults }),
  route('sobjects/StreamingChannel/:id/push', { POST: pushGenericEvents }),
  route('sobjects/:type/:id', { GET: readRow, PATCH: updateRow, DELETE: deleteRow }),
  route('sobjects/:type/:extField/:value', { GET: readRowByKey, PATCH: upsertRow, DELETE: deleteRowByKey }),
];

// Every request of a benchmark looks its route up, so only those of its first segment and length are tried.
const ROUTES_BY_SHAPE = new Map<string, RouteDefinition[]>();
for (const one of ROUTES) {
  const shape = shapeOf(one.segments);
  ROUTES_BY_SHAPE.set(shape, [...(ROUTES_BY_SHAPE.get(shape) ?? []), one]);
}

function shapeOf(segments: readonly string[]): string {
  return `${segments.length} ${segments[0] ?? ''}`;
}

/** Finds the route of a path (segments decoded); undefined when nothing is there. */
export function findRoute(method: string, segments: readonly string[]): FoundRoute | undefined {
  for (const candidate of ROUTES_BY_SHAPE.get(shapeOf(segments)) ?? []) {
    const params = match(candidate.segments, segments);
    if (params === undefined) continue;
    const template = candidate.segments.map((segment) => templateOf(segment, params)).join('/');
    return {
      handler: candidate.handlers[method],
      allowed: Object.keys(candidate.handlers),
      params,
      endpoint: `${method} /${template === '' ? 'services/data/{version}' : template}`,
    };
  }
  return undefined;
}

function route(path: string, handlers: Readonly<Record<string, Handler>>): RouteDefinition {
  return { segments: path === '' ? [] : path.split('/'), handlers };
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (let at = 0; at < pattern.length; at += 1) {
    const expected = pattern[at] as string;
    const given = segments[at] as string;
    if (expected.startsWith(':')) params[expected.slice(1)] = given;
    else if (expected !== given) return undefined;
  }
  return params;
}

function templateOf(segment: string, params: Record<string, string>): string {
  if (segment === ':type') return params['type'] ?? '';
  return segment.startsWith(':') ? `{${segment.slice(1)}}` : segment;
}
