import { z } from 'zod';
import type { Call } from '../http/call.ts';
import { readJson } from '../http/read-json.ts';
import { invalid } from '../http/vendor-error.ts';
import type { TypeId } from '../portal/object-types.ts';
import type { Portal } from '../portal/portal.ts';

const OPERATORS = [
  'EQ',
  'NEQ',
  'LT',
  'LTE',
  'GT',
  'GTE',
  'BETWEEN',
  'IN',
  'NOT_IN',
  'HAS_PROPERTY',
  'NOT_HAS_PROPERTY',
  'CONTAINS_TOKEN',
  'NOT_CONTAINS_TOKEN',
] as const;

const scalar = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);

const filterSchema = z.object({
  propertyName: z.string(),
  operator: z.enum(OPERATORS),
  value: scalar.optional(),
  highValue: scalar.optional(),
  values: z.array(scalar).optional(),
});

const searchSchema = z.object({
  filterGroups: z.array(z.object({ filters: z.array(filterSchema) })).default([]),
  sorts: z
    .array(
      z.union([
        z.string(),
        z.object({ propertyName: z.string(), direction: z.enum(['ASCENDING', 'DESCENDING']).optional() }),
      ]),
    )
    .default([]),
  query: z.string().optional(),
  properties: z.array(z.string()).default([]),
  limit: z.number().int().default(10),
  after: z.union([z.string(), z.number().transform(String)]).optional(),
});

export type Filter = z.infer<typeof filterSchema>;

/** A search that HubSpot would accept. */
export interface SearchRequest {
  groups: Filter[][];
  sort: { property: string; descending: boolean } | undefined;
  query: string | undefined;
  properties: string[];
  limit: number;
  offset: number;
}

/** Limits of the search API (facts: Search [D]). */
const LIMITS = { body: 3000, groups: 5, page: 200, values: 100 };
/** The search guide's numbers, and those of a later changelog. */
const FILTERS = { guide: { inGroup: 6, total: 18 }, changelog: { inGroup: 10, total: 25 } };

/** Reads a search body and refuses what HubSpot refuses. */
export function readSearch(call: Call, type: TypeId): SearchRequest {
  if (call.body.toString().length > LIMITS.body) {
    throw problem(`The request body is longer than ${LIMITS.body} characters`);
  }
  const body = readJson(call, searchSchema);
  const groups = body.filterGroups.map(({ filters }) => filters);
  checkCounts(groups, FILTERS[call.sandbox.settings.searchFilters]);
  for (const filter of groups.flat()) checkFilter(call.sandbox.portal, type, filter);
  const offset = readOffset(body.after);
  if (body.limit < 1 || body.limit > LIMITS.page) {
    throw problem(`limit must be between 1 and ${LIMITS.page}`);
  }
  const { searchReach } = call.sandbox.settings;
  if (offset + body.limit > searchReach) {
    throw problem(`The search reaches beyond ${searchReach} results; narrow the filters instead`);
  }
  const { query, properties, limit } = body;
  return { groups, sort: readSort(call, type, body.sorts), query, properties, limit, offset };
}

function checkCounts(groups: Filter[][], limits: { inGroup: number; total: number }): void {
  if (groups.length > LIMITS.groups) throw problem(`No more than ${LIMITS.groups} filter groups are allowed`);
  if (groups.some((filters) => filters.length > limits.inGroup)) {
    throw problem(`No more than ${limits.inGroup} filters are allowed in a group`);
  }
  if (groups.flat().length > limits.total) throw problem(`No more than ${limits.total} filters are allowed`);
}

function checkFilter(portal: Portal, type: TypeId, filter: Filter): void {
  const property = portal.schemas[type].properties.get(filter.propertyName);
  if (property === undefined || property.archived) {
    throw problem(`Property ${filter.propertyName} does not exist`);
  }
  if (filter.operator === 'IN' || filter.operator === 'NOT_IN') {
    const count = filter.values?.length ?? 0;
    if (count === 0) throw problem(`${filter.operator} needs values`);
    if (count > LIMITS.values) throw problem(`No more than ${LIMITS.values} values are allowed`);
  } else if (filter.operator === 'BETWEEN') {
    if (filter.value === undefined || filter.highValue === undefined) {
      throw problem('BETWEEN needs value and highValue');
    }
  } else if (!filter.operator.endsWith('HAS_PROPERTY') && filter.value === undefined) {
    throw problem(`${filter.operator} needs a value`);
  }
}

function readSort(
  call: Call,
  type: TypeId,
  sorts: z.infer<typeof searchSchema>['sorts'],
): SearchRequest['sort'] {
  const [first, ...more] = sorts;
  if (first === undefined) return undefined;
  if (more.length > 0) throw problem('Only one sort is allowed');
  const text = typeof first === 'string' ? first : first.propertyName;
  const property = text.replace(/^-/, '');
  if (!call.sandbox.portal.schemas[type].properties.has(property)) {
    throw problem(`Property ${property} does not exist`);
  }
  const descending = typeof first === 'string' ? text.startsWith('-') : first.direction === 'DESCENDING';
  return { property, descending };
}

function readOffset(after: string | undefined): number {
  if (after === undefined || after === '') return 0;
  if (!/^\d+$/.test(after)) throw problem('after must be the value of paging.next.after');
  return Number(after);
}

function problem(message: string): ReturnType<typeof invalid> {
  return invalid(`There was a problem with the request. ${message}.`);
}
