import { BULK_ROUTES } from '../bulk/routes.ts';
import { createRows, deleteRows, retrieveRows, updateRows, upsertRows } from './collections.ts';
import { runComposite } from './composite.ts';
import { describeBasic, describeGlobal, describeObject } from './describe.ts';
import { listResources, readLimits } from './org-info.ts';
import { query, queryAll, queryMore } from './query.ts';
import { readRecent } from './recent-records.ts';
import type { FoundRoute, Handler } from './request.ts';
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
  route('composite', { POST: runComposite }),
  route('composite/sobjects', { POST: createRows, PATCH: updateRows, DELETE: deleteRows }),
  route('composite/sobjects/:type', { GET: retrieveRows, POST: retrieveRows }),
  route('composite/sobjects/:type/:extField', { PATCH: upsertRows }),
  ...BULK_ROUTES.map(([path, handlers]) => route(path, handlers)),
  route('sobjects', { GET: describeGlobal }),
  route('sobjects/:type', { GET: describeBasic, POST: createRow }),
  route('sobjects/:type/describe', { GET: describeObject }),
  route('sobjects/:type/:id', { GET: readRow, PATCH: updateRow, DELETE: deleteRow }),
  route('sobjects/:type/:extField/:value', { GET: readRowByKey, PATCH: upsertRow, DELETE: deleteRowByKey }),
];

/** Finds the route of a path (segments decoded); undefined when nothing is there. */
export function findRoute(method: string, segments: readonly string[]): FoundRoute | undefined {
  for (const candidate of ROUTES) {
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
