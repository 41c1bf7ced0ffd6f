import type { OrderByClause, Query, Subquery } from '@jetstreamapp/soql-parser-js';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import { indexKey } from '../store/field-index.ts';
import type { Org } from '../store/org.ts';
import type { Row, Value } from '../store/row.ts';
import { resolveColumn, type Column } from './column.ts';
import { compareKeys } from './condition.ts';
import { candidateIds, compileFilter, type Filter } from './filter.ts';
import { parseSoql } from './parse.ts';
import { malformed, noSuchObject } from './query-error.ts';
import { compileSelect, type Projection } from './select.ts';
import { buildWhereTree } from './where-tree.ts';

/** The rows a query found, in order, and how to show one. Rows are versions as of now: later writes do not change them. */
export interface QueryResult {
  rows: readonly Row[];
  project: Projection;
  /** `SELECT COUNT()` answers with a size and no records. */
  countOnly: boolean;
}

/** How a query is run: `queryAll` includes deleted rows. */
export interface QueryOptions {
  version: string;
  includeDeleted: boolean;
}

const MAX_OFFSET = 2000;

/** Runs a SOQL statement. Throws a RestError (MALFORMED_QUERY, INVALID_FIELD, INVALID_TYPE…) when it cannot be. */
export function runSoql(org: Org, soql: string, options: QueryOptions): QueryResult {
  const query = parseSoql(soql);
  const type = org.preset.schema.object(query.sObject ?? '');
  if (type === undefined) throw noSuchObject(soql, query.sObject ?? '');
  refuseUnsupported(query);
  const countOnly = isCount(query);
  const rows = findRows(org, type, query, soql, options);
  return { rows, countOnly, project: countOnly ? () => ({}) : projection(org, type, query, soql, options) };
}

function refuseUnsupported(query: Query): void {
  const unsupported = {
    groupBy: 'GROUP BY',
    having: 'HAVING',
    withDataCategory: 'WITH',
    withAccessLevel: 'WITH',
    usingScope: 'USING',
  };
  for (const [name, clause] of Object.entries(unsupported)) {
    if (query[name as keyof Query] !== undefined) throw malformed(`unexpected token: '${clause}'`);
  }
  if ((query.offset ?? 0) > MAX_OFFSET) {
    throw malformed(`Maximum SOQL offset allowed is ${MAX_OFFSET}`);
  }
}

function isCount(query: Query): boolean {
  const [only, ...others] = query.fields ?? [];
  return (
    others.length === 0 &&
    only?.type === 'FieldFunctionExpression' &&
    only.rawValue?.toUpperCase() === 'COUNT()'
  );
}

function projection(
  org: Org,
  type: ObjectType,
  query: Query | Subquery,
  soql: string,
  options: QueryOptions,
): Projection {
  const scope = {
    org,
    type,
    soql,
    version: options.version,
    runChildren: (child: { type: ObjectType; field: FieldDefinition }, inner: Subquery) =>
      childRunner(org, child, inner, soql, options),
  };
  return compileSelect(scope, query.fields ?? []);
}

function findRows(
  org: Org,
  type: ObjectType,
  query: Query | Subquery,
  soql: string,
  options: QueryOptions,
): Row[] {
  const filter = compileWhere(org, type, query, soql, options);
  const found = collect(org, type, candidateIds(org.table(type.name), filter), filter, options);
  return sortAndCut(org, type, query, soql, found);
}

function compileWhere(
  org: Org,
  type: ObjectType,
  query: Query | Subquery,
  soql: string,
  options: QueryOptions,
) {
  if (query.where === undefined) return undefined;
  const runSubquery = (inner: Query): (Value | null)[] => semiJoin(org, inner, soql, options);
  return compileFilter({ org, type, soql, runSubquery }, buildWhereTree(query.where));
}

function collect(
  org: Org,
  type: ObjectType,
  ids: Iterable<string>,
  filter: Filter | undefined,
  options: QueryOptions,
): Row[] {
  const table = org.table(type.name);
  const found: Row[] = [];
  for (const id of ids) {
    const row = table.get(id);
    if (row === undefined || (!options.includeDeleted && row['IsDeleted'] === true)) continue;
    if (filter === undefined || filter.test(row)) found.push(row);
  }
  return found;
}

function sortAndCut(org: Org, type: ObjectType, query: Query | Subquery, soql: string, rows: Row[]): Row[] {
  const order = [query.orderBy ?? []].flat().map((clause) => compileOrder(org, type, clause, soql));
  if (order.length > 0) rows.sort((left, right) => compareRows(order, left, right));
  const offset = query.offset ?? 0;
  return query.limit === undefined && offset === 0
    ? rows
    : rows.slice(offset, offset + (query.limit ?? Infinity));
}

interface Order {
  column: Column;
  direction: 1 | -1;
  nulls: 1 | -1;
}

function compileOrder(org: Org, type: ObjectType, clause: OrderByClause, soql: string): Order {
  if (!('field' in clause)) throw malformed('functions in ORDER BY are not supported by this org');
  return {
    column: resolveColumn(org, type, clause.field, soql),
    direction: clause.order === 'DESC' ? -1 : 1,
    nulls: clause.nulls === 'LAST' ? 1 : -1,
  };
}

function compareRows(order: readonly Order[], left: Row, right: Row): number {
  for (const { column, direction, nulls } of order) {
    const a = column.read(left);
    const b = column.read(right);
    if (a === undefined && b === undefined) continue;
    if (a === undefined) return nulls;
    if (b === undefined) return -nulls;
    const compared = compareKeys(indexKey(column.field, a), indexKey(column.field, b));
    if (compared !== 0) return compared * direction;
  }
  return 0;
}

function semiJoin(org: Org, inner: Query, soql: string, options: QueryOptions): (Value | null)[] {
  const name = inner.sObject ?? '';
  const type = org.preset.schema.object(name);
  if (type === undefined) throw noSuchObject(soql, name);
  const [item, ...others] = inner.fields ?? [];
  if (item === undefined || item.type !== 'Field' || others.length > 0) {
    throw malformed('a semi-join selects exactly one field');
  }
  const column = resolveColumn(org, type, item.field, soql);
  return findRows(org, type, inner, soql, options).map((row) => column.read(row) ?? null);
}

function childRunner(
  org: Org,
  child: { type: ObjectType; field: FieldDefinition },
  query: Subquery,
  soql: string,
  options: QueryOptions,
): (row: Row) => unknown {
  const filter = compileWhere(org, child.type, query, soql, options);
  const project = projection(org, child.type, query, soql, options);
  const table = org.table(child.type.name);
  return (parent) => {
    const ids = table.lookup(child.field.name, parent['Id'] as string) ?? table.ids;
    const own = collect(org, child.type, ids, filter, options).filter(
      (row) => row[child.field.name] === parent['Id'],
    );
    const rows = sortAndCut(org, child.type, query, soql, own);
    return rows.length === 0 ? null : { totalSize: rows.length, done: true, records: rows.map(project) };
  };
}
