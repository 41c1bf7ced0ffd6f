import { indexKey } from '../store/field-index.ts';
import type { Row, Value } from '../store/row.ts';
import type { Column } from './column.ts';
import type { Condition } from './compiled-condition.ts';
import { currencyRates, readConverted } from './currency.ts';
import { dateLiteralRange } from './date-literal.ts';
import { fiscalYear } from './fiscal-year.ts';
import { readLiteral } from './literal.ts';
import { operandText } from './operand.ts';
import { malformed, queryError } from './query-error.ts';
import type { QueryScope } from './scope.ts';
import { compareLike, compareMultipicklist } from './text-condition.ts';
import type { Comparison } from './where-tree.ts';

/** Compiles one comparison of a WHERE or HAVING clause. */
export function compileComparison(scope: QueryScope, comparison: Comparison): Condition {
  const column = scope.resolve(comparison.operand);
  if (!column.field.filterable) {
    throw queryError(
      'INVALID_FIELD',
      scope.soql,
      operandText(comparison.operand),
      `field '${column.field.name}' can not be filtered in a query call`,
    );
  }
  const { operator } = comparison;
  if (comparison.dateLiteral) return compareWithDateLiterals(scope, column, comparison);
  if (operator === 'INCLUDES' || operator === 'EXCLUDES') {
    return compareMultipicklist(scope, column, operator, [comparison.value ?? []].flat());
  }
  if (operator === 'IN' || operator === 'NOT IN')
    return compareWithSet(column, operator, setValues(scope, column, comparison));
  const literal = Array.isArray(comparison.value) ? undefined : comparison.value;
  if (literal === undefined) throw malformed(`unexpected token: '('`);
  if (operator === 'LIKE') return compareLike(column, literal, scope.soql);
  if (comparison.withCurrency) return compareAmounts(scope, column, operator, literal);
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
  if (values.includes(null) || !isOwnField(column)) return { test: isIn };
  return { test: isIn, equals: { field: column.field.name, values: values as readonly Value[] } };
}

function isOwnField(column: Column): boolean {
  return column.path.length === 0 && column.derived === undefined;
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
        ...(isOwnField(column) ? { equals: { field: field.name, values: [wanted] } } : {}),
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
  const stamped = isOwnField(column) && ['SystemModstamp', 'LastModifiedDate'].includes(column.field.name);
  return stamped && typeof wanted === 'number' ? { modifiedSince: wanted } : {};
}

function compareWithNull(column: Column, operator: string): Condition {
  if (operator === '=') return { test: (row) => column.read(row) === undefined };
  if (operator === '!=' || operator === '<>') return { test: (row) => column.read(row) !== undefined };
  throw malformed(`operator ${operator} cannot be used with null`);
}

/** `Amount > EUR500`: amounts are compared in the currency named. */
function compareAmounts(scope: QueryScope, column: Column, operator: string, literal: string): Condition {
  const currency = literal.slice(0, 3).toUpperCase();
  if (column.field.type !== 'currency' || !currencyRates(scope.org).has(currency)) {
    throw malformed(`unexpected token: '${literal}'`);
  }
  const converted: Column = { ...column, derived: true, read: readConverted(scope.org, column, currency) };
  return compareWithValue(converted, operator, Number(literal.slice(3)));
}

function compareWithDateLiterals(scope: QueryScope, column: Column, comparison: Comparison): Condition {
  const literals = [comparison.value ?? []].flat();
  if (comparison.operator !== 'IN' && comparison.operator !== 'NOT IN')
    return compareWithDateLiteral(scope, column, comparison.operator, literals[0] ?? '');
  const each = literals.map((literal) => compareWithDateLiteral(scope, column, '=', literal));
  const isIn = (row: Row): boolean => each.some((condition) => condition.test(row));
  return { test: comparison.operator === 'IN' ? isIn : (row) => !isIn(row) };
}

function compareWithDateLiteral(
  scope: QueryScope,
  column: Column,
  operator: string,
  literal: string,
): Condition {
  const calendar = { now: scope.org.clock.now(), fiscalStartMonth: fiscalYear(scope.org).startMonth };
  const { from, to } = dateLiteralRange(column.field, literal, calendar);
  const within = (row: Row): boolean => {
    const value = column.read(row);
    return value !== undefined && compareKeys(value, from) >= 0 && compareKeys(value, to) < 0;
  };
  switch (operator) {
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
      throw malformed(`unexpected token: '${operator}'`);
  }
}

/** Orders two values of one field; text by its letters whatever their case. */
export function compareKeys(left: Value, right: Value): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
