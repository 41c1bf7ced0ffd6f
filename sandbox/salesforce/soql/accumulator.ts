import { field, type FieldDefinition } from '../schema/field.ts';
import { indexKey } from '../store/field-index.ts';
import type { Row, Value } from '../store/row.ts';
import type { Column } from './column.ts';
import { compareKeys } from './condition.ts';
import { corporateCurrency, readConverted, withoutNoise } from './currency.ts';
import { resolveOperand } from './function-column.ts';
import { functionName, operandText, type FunctionCall } from './operand.ts';
import { malformed, queryError } from './query-error.ts';
import type { QueryScope } from './scope.ts';

/** An aggregate function: the kind of value it gives, and how it is worked out for the rows of one group. */
export interface Aggregate {
  field: FieldDefinition;
  of(rows: readonly Row[]): Value | undefined;
}

const NUMERIC = ['int', 'double', 'currency', 'percent', 'long'];
const NEVER_AGGREGATED = [
  'boolean',
  'textarea',
  'multipicklist',
  'address',
  'location',
  'base64',
  'encryptedstring',
];
const UNORDERED = ['id', 'reference'];

/** Compiles `SUM(Amount)` and its kind. Throws MALFORMED_QUERY when the field cannot be summed up that way. */
export function compileAggregate(scope: QueryScope, call: FunctionCall): Aggregate {
  const name = functionName(call);
  const [argument, ...others] = call.parameters ?? [];
  if (argument === undefined || others.length > 0)
    throw malformed(`unexpected token: '${operandText(call)}'`);
  const input = inCorporateCurrency(scope, resolveOperand(scope, argument));
  if (!supports(name, input.field)) {
    const message = `field ${input.field.name} does not support aggregate operator ${name}`;
    throw queryError('MALFORMED_QUERY', scope.soql, operandText(call), message);
  }
  return {
    field: resultField(name, input.field),
    of: (rows) => FOLDS[name]?.(valuesOf(input, rows), input.field),
  };
}

/** Amounts in several currencies are summed up in the org's own. */
function inCorporateCurrency(scope: QueryScope, column: Column): Column {
  const corporate = corporateCurrency(scope.org);
  if (column.field.type !== 'currency' || corporate === undefined) return column;
  return { ...column, read: readConverted(scope.org, column, corporate) };
}

function supports(name: string, of: FieldDefinition): boolean {
  const type: string = of.type;
  if (!of.filterable || NEVER_AGGREGATED.includes(type)) return false;
  if (name === 'SUM' || name === 'AVG') return NUMERIC.includes(type);
  return name.startsWith('COUNT') || !UNORDERED.includes(type);
}

function resultField(name: string, of: FieldDefinition): FieldDefinition {
  const label = operandLabel(name);
  if (name.startsWith('COUNT')) return field(label, label, 'int', { indexed: false });
  if (name === 'SUM' || name === 'AVG') return field(label, label, 'double', { indexed: false });
  return { ...of, filterable: true };
}

function operandLabel(name: string): string {
  return name.toLowerCase();
}

function valuesOf(column: Column, rows: readonly Row[]): Value[] {
  const values: Value[] = [];
  for (const row of rows) {
    const value = column.read(row);
    if (value !== undefined) values.push(value);
  }
  return values;
}

const FOLDS: Record<string, (values: readonly Value[], of: FieldDefinition) => Value | undefined> = {
  COUNT: (values) => values.length,
  COUNT_DISTINCT: (values, of) => new Set(values.map((value) => indexKey(of, value))).size,
  SUM: (values) => (values.length === 0 ? undefined : withoutNoise(sum(values))),
  AVG: (values) => (values.length === 0 ? undefined : withoutNoise(sum(values) / values.length)),
  MIN: (values, of) => extreme(values, of, -1),
  MAX: (values, of) => extreme(values, of, 1),
};

function sum(values: readonly Value[]): number {
  let total = 0;
  for (const value of values) total += Number(value);
  return total;
}

function extreme(values: readonly Value[], of: FieldDefinition, side: 1 | -1): Value | undefined {
  let found: Value | undefined;
  for (const value of values) {
    if (found === undefined || compareKeys(indexKey(of, value), indexKey(of, found)) * side > 0)
      found = value;
  }
  return found;
}
