import type { FieldType as SelectItem, Query } from '@jetstreamapp/soql-parser-js';
import { renderValue } from '../rest/render.ts';
import { field, type FieldDefinition } from '../schema/field.ts';
import type { Row, Value } from '../store/row.ts';
import { RestError } from '../rest/rest-error.ts';
import { compileAggregate, type Aggregate } from './accumulator.ts';
import type { Column } from './column.ts';
import { compileFilter } from './filter.ts';
import { compileGroupBy, divide, type Group, type GroupPlan } from './group-by.ts';
import { functionName, isAggregate, operandKey, operandText, type Operand } from './operand.ts';
import { compileOrder } from './order.ts';
import { malformed, queryError } from './query-error.ts';
import type { QueryScope } from './scope.ts';
import { buildWhereTree } from './where-tree.ts';

/** Aggregate results come in one batch: there is no locator for the rest. */
const MAX_GROUPS = 2000;

/** Whether a query sums up: it groups, or selects an aggregate. */
export function isAggregateQuery(query: Pick<Query, 'fields' | 'groupBy'>): boolean {
  if (query.groupBy !== undefined) return true;
  return (query.fields ?? []).some(
    (item) => item.type === 'FieldFunctionExpression' && item.isAggregateFn === true,
  );
}

/** Works out the groups of the rows found. Each result row holds its values under the names the answer gives them. */
export function runAggregates(
  scope: QueryScope,
  query: Query,
  rows: readonly Row[],
): { rows: Row[]; project: (row: Row) => Record<string, unknown> } {
  refuseUngroupedCut(query);
  const plan = compileGroupBy(scope, query.groupBy);
  const aggregates = new Map<string, Aggregate>();
  const resolve = (operand: Operand, ordered = false): Column =>
    groupColumn(scope, plan, aggregates, operand, ordered);
  const outputs = nameOutputs(query.fields ?? [], resolve);
  const having =
    query.having === undefined
      ? undefined
      : compileFilter({ ...scope, resolve }, buildWhereTree(query.having));
  const order = compileOrder(query.orderBy, scope.soql, (operand) => resolve(operand, true));
  let found = divide(plan, rows).map((group) => groupRow(group, plan, aggregates));
  if (having !== undefined) found = found.filter((row) => having.test(row));
  if (order !== undefined) found.sort(order);
  found = found.slice(query.offset ?? 0, (query.offset ?? 0) + (query.limit ?? Infinity));
  if (found.length > MAX_GROUPS) throw tooManyGroups();
  return { rows: found, project: (row) => renderGroup(outputs, row) };
}

function refuseUngroupedCut(query: Query): void {
  if (query.groupBy !== undefined) return;
  for (const [clause, name] of [
    ['limit', 'LIMIT'],
    ['orderBy', 'ORDER BY'],
    ['offset', 'OFFSET'],
  ] as const) {
    if (query[clause] !== undefined)
      throw malformed(`Non-grouped query that uses overall aggregate functions cannot also use ${name}`);
  }
}

function tooManyGroups(): RestError {
  return new RestError(
    400,
    'EXCEEDED_ID_LIMIT',
    'Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch',
  );
}

/** A group as a row: values under the keys of the expressions they belong to. */
function groupRow(group: Group, plan: GroupPlan, aggregates: ReadonlyMap<string, Aggregate>): Row {
  const row: Record<string, Value> = {};
  for (const { key } of plan.groupings) {
    const value = group.values.get(key);
    if (value !== undefined) row[key] = value;
    row[`GROUPING(${key})`] = group.over.has(key) ? 1 : 0;
  }
  for (const [key, aggregate] of aggregates) {
    const value = aggregate.of(group.rows);
    if (value !== undefined) row[key] = value;
  }
  return row;
}

/** What an expression of SELECT, HAVING or ORDER BY stands for in a group. */
function groupColumn(
  scope: QueryScope,
  plan: GroupPlan,
  aggregates: Map<string, Aggregate>,
  operand: Operand,
  ordered: boolean,
): Column {
  const key = operandKey(withoutOwnName(scope, operand));
  const grouping = plan.groupings.find((one) => operandKey(withoutOwnName(scope, one.operand)) === key);
  if (grouping !== undefined) return readKey(grouping.key, { ...grouping.column.field, filterable: true });
  if (!isAggregate(operand)) {
    const which = ordered ? 'Ordered field' : 'Field';
    const text = operandText(operand);
    throw queryError('MALFORMED_QUERY', scope.soql, text, `${which} must be grouped or aggregated: ${text}`);
  }
  if (functionName(operand) === 'GROUPING') return groupingColumn(scope, plan, operand);
  const aggregate = aggregates.get(key) ?? compileAggregate(scope, operand);
  aggregates.set(key, aggregate);
  return readKey(key, aggregate.field);
}

function groupingColumn(scope: QueryScope, plan: GroupPlan, operand: Operand & object): Column {
  const [argument] = operand.parameters ?? [];
  const grouping = plan.groupings.find(({ key }) => argument !== undefined && key === operandKey(argument));
  if (grouping === undefined)
    throw queryError(
      'MALFORMED_QUERY',
      scope.soql,
      operandText(operand),
      `unexpected token: '${operandText(operand)}'`,
    );
  return readKey(`GROUPING(${grouping.key})`, field('grouping', 'grouping', 'int', { indexed: false }));
}

function readKey(key: string, of: FieldDefinition): Column {
  return { field: of, path: [], derived: true, read: (row) => row[key] };
}

/** `Account.Name` of a query on Account is `Name`. */
function withoutOwnName(scope: QueryScope, operand: Operand): Operand {
  if (typeof operand !== 'string') return operand;
  const [first = '', ...rest] = operand.split('.');
  const own = [scope.type.name, scope.alias].some((name) => name?.toLowerCase() === first.toLowerCase());
  return own && rest.length > 0 && scope.type.parent(first) === undefined ? rest.join('.') : operand;
}

interface Output {
  name: string;
  column: Column;
}

/** Names each selected value: its alias, a field's own name, or `expr0`, `expr1`… */
function nameOutputs(items: readonly SelectItem[], resolve: (operand: Operand) => Column): Output[] {
  let unnamed = 0;
  const outputs = items.map((item): Output => {
    if (item.type === 'FieldFunctionExpression') {
      const column = resolve(item);
      return { name: item.alias ?? `expr${unnamed++}`, column };
    }
    if (item.type === 'FieldSubquery' || item.type === 'FieldTypeof')
      throw malformed('Grouped query cannot use child relationships in the SELECT list');
    const path =
      item.type === 'FieldRelationship' ? [...item.relationships, item.field].join('.') : item.field;
    const column = resolve(path);
    const alias = 'alias' in item ? item.alias : undefined;
    return { name: alias ?? column.field.name, column };
  });
  refuseRepeatedNames(outputs);
  return outputs;
}

function refuseRepeatedNames(outputs: readonly Output[]): void {
  const seen = new Set<string>();
  for (const { name } of outputs) {
    if (seen.has(name.toLowerCase())) throw malformed(`duplicate alias: ${name}`);
    seen.add(name.toLowerCase());
  }
}

function renderGroup(outputs: readonly Output[], row: Row): Record<string, unknown> {
  const record: Record<string, unknown> = { attributes: { type: 'AggregateResult' } };
  for (const { name, column } of outputs) record[name] = renderValue(column.field, column.read(row));
  return record;
}
