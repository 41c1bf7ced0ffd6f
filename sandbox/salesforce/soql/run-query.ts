import { isPurged } from '../dml/recycle-bin.ts';
import { maySee } from '../rules/record-access.ts';
import type { Query, Subquery } from '@jetstreamapp/soql-parser-js';
import { RestError } from '../rest/rest-error.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Value } from '../store/row.ts';
import { isAggregateQuery, runAggregates } from './aggregate-query.ts';
import { resolveColumn } from './column.ts';
import { candidateIds, compileFilter, type Filter } from './filter.ts';
import { resolveOperand } from './function-column.ts';
import { compileOrder } from './order.ts';
import { parseSoql, type ParsedQuery } from './parse.ts';
import { malformed, noSuchObject } from './query-error.ts';
import type { QueryOptions, QueryScope } from './scope.ts';
import { compileSelect, type ChildRelation, type Projection } from './select.ts';
import { checkSemiJoinColumn, checkSemiJoins, readSemiJoin } from './semi-join.ts';
import { buildWhereTree } from './where-tree.ts';

/** The rows a query found, in order, and how to show one. Rows are versions as of now: later writes do not change them. */
export interface QueryResult {
  type: ObjectType;
  rows: readonly Row[];
  project: Projection;
  /** `SELECT COUNT()` answers with a size and no records. */
  countOnly: boolean;
  marks: ParsedQuery['marks'];
}

const MAX_OFFSET = 2000;

/** Runs a SOQL statement. Throws a RestError (MALFORMED_QUERY, INVALID_FIELD, INVALID_TYPE…) when it cannot be. */
export function runSoql(org: Org, soql: string, options: QueryOptions): QueryResult {
  const { query, marks } = parseSoql(soql);
  const schema = options.schema ?? org.preset.schema;
  const type = schema.object(query.sObject ?? '');
  if (type === undefined) throw noSuchObject(soql, query.sObject ?? '');
  refuseUnsupported(query);
  const scope = createScope({ org, schema, type, soql, alias: query.sObjectAlias, options });
  return { type, marks, ...runCompiled(scope, query) };
}

function runCompiled(scope: QueryScope, query: Query): Omit<QueryResult, 'type' | 'marks'> {
  if (isCount(query)) return { rows: findRows(scope, query), countOnly: true, project: () => ({}) };
  if (isAggregateQuery(query))
    return { ...runAggregates(scope, query, matchingRows(scope, query)), countOnly: false };
  const project = projection(scope, query);
  return { rows: findRows(scope, query), countOnly: false, project };
}

/** Works out the scope of one FROM: the statement's own, or a subquery's. */
function createScope(base: Omit<QueryScope, 'resolve' | 'runSubquery'>): QueryScope {
  const scope: QueryScope = {
    ...base,
    resolve: (operand) => resolveOperand(scope, operand),
    runSubquery(inner, left) {
      const join = readSemiJoin(scope, left, inner);
      const innerScope = createScope({ ...base, ...join.scope });
      const column = resolveColumn(innerScope, join.field);
      checkSemiJoinColumn(column);
      return matchingRows(innerScope, inner).map((row): Value | null => column.read(row) ?? null);
    },
  };
  return scope;
}

function refuseUnsupported(query: Query): void {
  if (query.withDataCategory !== undefined) throw malformed("unexpected token: 'WITH'");
  if (query.withAccessLevel !== undefined || query.withSecurityEnforced === true)
    throw malformed("unexpected token: 'WITH'");
  if (query.for === 'UPDATE') throw malformed('FOR UPDATE not allowed in this context');
  if ((query.offset ?? 0) > MAX_OFFSET)
    throw new RestError(400, 'NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${MAX_OFFSET}`);
}

function isCount(query: Query): boolean {
  const items = query.fields ?? [];
  const counts = items.filter(
    (item) =>
      item.type === 'FieldFunctionExpression' &&
      item.functionName.toUpperCase() === 'COUNT' &&
      item.parameters.length === 0,
  );
  if (counts.length === 0) return false;
  if (items.length > 1 || query.groupBy !== undefined)
    throw malformed('COUNT() must be the only element in the select list of a query without GROUP BY');
  return true;
}

function projection(scope: QueryScope, query: Query | Subquery): Projection {
  return compileSelect(scope, query.fields ?? [], query.limit, (child, inner) =>
    childRunner(scope, child, inner),
  );
}

function findRows(scope: QueryScope, query: Query | Subquery): Row[] {
  return sortAndCut(scope, query, matchingRows(scope, query));
}

function matchingRows(scope: QueryScope, query: Query | Subquery): Row[] {
  const filter = compileWhere(scope, query);
  refuseUnfiltered(scope, filter);
  return collect(scope, query, candidateIds(scope.org.table(scope.type.name), filter), filter);
}

/** Links of notes and files are read by the note or by the record only (the vendor's object reference). */
function refuseUnfiltered({ type }: QueryScope, filter: Filter | undefined): void {
  if (type.name !== 'ContentDocumentLink') return;
  const fields = filter?.needed.map(({ equals }) => equals?.field) ?? [];
  if (['Id', 'ContentDocumentId', 'LinkedEntityId'].some((name) => fields.includes(name))) return;
  throw malformed(
    "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.",
  );
}

function compileWhere(scope: QueryScope, query: Query | Subquery): Filter | undefined {
  if (query.where === undefined) return undefined;
  const tree = buildWhereTree(query.where);
  checkSemiJoins(tree);
  return compileFilter(scope, tree);
}

function collect(
  scope: QueryScope,
  query: Query | Subquery,
  ids: Iterable<string>,
  filter: Filter | undefined,
): Row[] {
  const { org, type, options } = scope;
  const table = org.table(type.name);
  const owner = ownerDemanded(scope, query);
  const { userId } = options;
  const reader = userId === undefined ? undefined : ({ origin: 'api', userId } as const);
  const found: Row[] = [];
  for (const id of ids) {
    const row = table.get(id);
    if (row === undefined || (!options.includeDeleted && row['IsDeleted'] === true)) continue;
    if (owner !== undefined && row['OwnerId'] !== owner) continue;
    if (isPurged(org, row) || (reader !== undefined && !maySee(org, reader, type, row))) continue;
    if (filter === undefined || filter.test(row)) found.push(row);
  }
  return found;
}

/** `USING SCOPE mine`: whose records are meant. */
function ownerDemanded(scope: QueryScope, query: Query | Subquery): string | undefined {
  const name = query.usingScope?.toLowerCase();
  if (name === undefined || name === 'everything') return undefined;
  if (name !== 'mine' || scope.type.field('OwnerId') === undefined)
    throw malformed(`Scope '${query.usingScope ?? ''}' is not supported for ${scope.type.name}`);
  return scope.options.userId ?? '';
}

function sortAndCut(scope: QueryScope, query: Query | Subquery, rows: Row[]): Row[] {
  const order = compileOrder(query.orderBy, scope.soql, scope.resolve);
  if (order !== undefined) rows.sort(order);
  const offset = query.offset ?? 0;
  return query.limit === undefined && offset === 0
    ? rows
    : rows.slice(offset, offset + (query.limit ?? Infinity));
}

function childRunner(outer: QueryScope, child: ChildRelation, query: Subquery): (row: Row) => unknown {
  if (isAggregateQuery(query)) throw malformed('Aggregate expressions are not allowed in child subqueries');
  const { org, schema, soql, options } = outer;
  const scope = createScope({
    org,
    schema,
    type: child.type,
    soql,
    alias: query.sObjectPrefix?.[0],
    options,
  });
  const filter = compileWhere(scope, query);
  const project = projection(scope, query);
  const table = org.table(child.type.name);
  const page = options.pageChildren ?? wholePage;
  return (parent) => {
    const ids = table.lookup(child.field.name, parent['Id'] as string) ?? table.ids;
    const own = collect(scope, query, ids, filter).filter((row) => row[child.field.name] === parent['Id']);
    const rows = sortAndCut(scope, query, own);
    return rows.length === 0 ? null : page(rows, project);
  };
}

function wholePage(rows: readonly Row[], project: Projection): Record<string, unknown> {
  return { totalSize: rows.length, done: true, records: rows.map(project) };
}
