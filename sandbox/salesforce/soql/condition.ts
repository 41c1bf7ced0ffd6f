import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import { indexKey } from '../store/field-index.ts';
import type { Row, Value } from '../store/row.ts';
import type { SubqueryRunner } from './run-subquery.ts';
import { resolveColumn, type Column } from './column.ts';
import { dateLiteralRange } from './date-literal.ts';
import { readLiteral } from './literal.ts';
import { malformed, queryError } from './query-error.ts';
import type { Comparison } from './where-tree.ts';

/** A compiled comparison: a test of one row, and what an index could make of it. */
export interface Condition {
  test(row: Row): boolean;
  /** The object's own field must be one of these values. */
  equals?: { field: string; values: readonly Value[] };
  /** The row was modified at or after this moment. */
  modifiedSince?: number;
}

/** Where a query is compiled: its org, object and text (for error messages). */
export interface QueryScope {
  org: Org;
  type: ObjectType;
  soql: string;
  runSubquery: SubqueryRunner;
}

/** Compiles one comparison of a WHERE clause. */
export function compileComparison(scope: QueryScope, comparison: Comparison): Condition {
  const column = resolveColumn(scope.org, scope.type, comparison.field, scope.soql);
  if (!column.field.filterable) {
    throw queryError(
      'INVALID_FIELD',
      scope.soql,
      comparison.field,
      `field '${column.field.name}' can not be filtered in a query call`,
    );
  }
  if (comparison.dateLiteral) return compareWithDateLiteral(scope, column, comparison);
  const { operator } = comparison;
  if (operator === 'IN' || operator === 'NOT IN')
    return compareWithSet(column, operator, setValues(scope, column, comparison));
  const literal = Array.isArray(comparison.value) ? undefined : comparison.value;
  if (literal === undefined) throw malformed(`unexpected token: '('`);
  if (operator === 'LIKE') return compareLike(column, literal, scope.soql);
  return compareWithValue(column, operator, readLiteral(column.field, literal, scope.soql));
}

function setValues(scope: QueryScope, column: Column, comparison: Comparison): (Value | null)[] {
  if (comparison.subquery !== undefined) return scope.runSubquery(comparison.subquery, column);
  if (!Array.isArray(comparison.value)) throw malformed(`unexpected token: '${String(comparison.value)}'`);
  return comparison.value.map((literal) => readLiteral(column.field, literal, scope.soql));
}

function compareWithSet(
  column: Column,
  operator: 'IN' | 'NOT IN',
  values: readonly (Value | null)[],
): Condition {
  const keys = new Set(values.map((value) => (value === null ? undefined : indexKey(column.field, value))));
  const isIn = (row: Row): boolean => {
    const value = column.read(row);
    return keys.has(value === undefined ? undefined : indexKey(column.field, value));
  };
  if (operator === 'NOT IN') return { test: (row) => !isIn(row) };
  if (values.includes(null) || column.path.length > 0) return { test: isIn };
  return { test: isIn, equals: { field: column.field.name, values: values as readonly Value[] } };
}

function compareWithValue(column: Column, operator: string, wanted: Value | null): Condition {
  if (wanted === null) return compareWithNull(column, operator);
  const { field } = column;
  const key = indexKey(field, wanted);
  const order = (row: Row): number | undefined => {
    const value = column.read(row);
    return value === undefined ? undefined : compareKeys(indexKey(field, value), key);
  };
  switch (operator) {
    case '=':
      return {
        test: (row) => order(row) === 0,
        ...(column.path.length === 0 ? { equals: { field: field.name, values: [wanted] } } : {}),
      };
    case '!=':
    case '<>':
      return { test: (row) => order(row) !== 0 };
    case '<':
      return { test: (row) => (order(row) ?? 1) < 0 };
    case '<=':
      return { test: (row) => (order(row) ?? 1) <= 0 };
    case '>':
      return { test: (row) => (order(row) ?? -1) > 0, ...since(column, wanted) };
    case '>=':
      return { test: (row) => (order(row) ?? -1) >= 0, ...since(column, wanted) };
    default:
      throw malformed(`unexpected token: '${operator}'`);
  }
}

function since(column: Column, wanted: Value): { modifiedSince?: number } {
  const stamped =
    column.path.length === 0 && ['SystemModstamp', 'LastModifiedDate'].includes(column.field.name);
  return stamped && typeof wanted === 'number' ? { modifiedSince: wanted } : {};
}

function compareWithNull(column: Column, operator: string): Condition {
  if (operator === '=') return { test: (row) => column.read(row) === undefined };
  if (operator === '!=' || operator === '<>') return { test: (row) => column.read(row) !== undefined };
  throw malformed(`operator ${operator} cannot be used with null`);
}

function compareLike(column: Column, literal: string, soql: string): Condition {
  if (!['string', 'textarea', 'url', 'phone', 'email', 'picklist'].includes(column.field.type)) {
    throw queryError(
      'INVALID_FIELD',
      soql,
      column.field.name,
      `invalid operator on ${column.field.type} field`,
    );
  }
  if (!literal.startsWith("'")) throw malformed(`unexpected token: '${literal}'`);
  const pattern = new RegExp(`^${likeSource(literal.slice(1, -1))}$`, 'is');
  return { test: (row) => pattern.test(String(column.read(row) ?? '\0')) };
}

function likeSource(text: string): string {
  return text.replace(/\\(.)|([%_])|([.*+?^${}()|[\]\\])/gs, (whole, escaped?: string, wildcard?: string) => {
    if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\]/, '\\$&');
    if (wildcard !== undefined) return wildcard === '%' ? '.*' : '.';
    return `\\${whole}`;
  });
}

function compareWithDateLiteral(scope: QueryScope, column: Column, comparison: Comparison): Condition {
  const literal = Array.isArray(comparison.value) ? '' : (comparison.value ?? '');
  const { from, to } = dateLiteralRange(column.field, literal, scope.org.clock.now());
  const within = (row: Row): boolean => {
    const value = column.read(row);
    return value !== undefined && compareKeys(value, from) >= 0 && compareKeys(value, to) < 0;
  };
  switch (comparison.operator) {
    case '=':
      return { test: within };
    case '!=':
    case '<>':
      return { test: (row) => !within(row) };
    case '<':
      return compareWithValue(column, '<', from);
    case '<=':
      return compareWithValue(column, '<', to);
    case '>':
      return compareWithValue(column, '>=', to);
    case '>=':
      return compareWithValue(column, '>=', from);
    default:
      throw malformed(`unexpected token: '${comparison.operator}'`);
  }
}

/** Orders two values of one field; text by its letters whatever their case. */
export function compareKeys(left: Value, right: Value): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
