import { field, type FieldDefinition } from '../schema/field.ts';
import type { Value } from '../store/row.ts';
import { resolveColumn, type Column } from './column.ts';
import { currencyOf, readConverted, userCurrency } from './currency.ts';
import { applyDateFunction, dateFunctionField, dateFunctionTakes, isDateFunction } from './date-function.ts';
import { fiscalYear } from './fiscal-year.ts';
import { functionName, isAggregate, operandText, type FunctionCall, type Operand } from './operand.ts';
import { malformed, queryError } from './query-error.ts';
import type { QueryScope } from './scope.ts';

type Scope = Pick<QueryScope, 'org' | 'schema' | 'type' | 'soql' | 'alias' | 'options'>;

/** What a field or a function of one row stands for. Aggregates have no place here. */
export function resolveOperand(scope: Scope, operand: Operand): Column {
  if (typeof operand === 'string') return resolveColumn(scope, operand);
  if (isAggregate(operand)) throw malformed(`unexpected token: '${operandText(operand)}'`);
  const name = functionName(operand);
  if (isDateFunction(name)) return dateColumn(scope, operand, name);
  switch (name) {
    case 'TOLABEL':
      return { ...argument(scope, operand), derived: true };
    case 'CONVERTTIMEZONE':
      // Users of this org live in UTC, so their time is the stored time.
      return { ...argument(scope, operand), derived: true };
    case 'CONVERTCURRENCY':
      return convertedColumn(scope, operand);
    case 'FORMAT':
      return formattedColumn(scope, operand);
    default:
      throw malformed(`unexpected token: '${operandText(operand)}'`);
  }
}

function argument(scope: Scope, call: FunctionCall): Column {
  const [only, ...others] = call.parameters ?? [];
  if (only === undefined || others.length > 0) throw malformed(`unexpected token: '${operandText(call)}'`);
  return resolveOperand(scope, only);
}

function dateColumn(scope: Scope, call: FunctionCall, name: string): Column {
  const input = argument(scope, call);
  if (!dateFunctionTakes(name, input.field)) {
    throw queryError(
      'INVALID_FIELD',
      scope.soql,
      operandText(call),
      `field '${input.field.name}' does not support the ${name} function`,
    );
  }
  const fiscal = fiscalYear(scope.org);
  return {
    field: dateFunctionField(name),
    path: [],
    derived: true,
    read(row) {
      const value = input.read(row);
      return value === undefined ? undefined : applyDateFunction(name, value, fiscal);
    },
  };
}

function convertedColumn(scope: Scope, call: FunctionCall): Column {
  const input = argument(scope, call);
  if (input.field.type !== 'currency' || scope.org.preset.currencies.length === 0) {
    throw malformed(`convertCurrency is not supported for field '${input.field.name}'`);
  }
  const target = userCurrency(scope.org, scope.options.userId);
  return { ...input, derived: true, read: readConverted(scope.org, input, target) };
}

/** The value as a user reads it in English: the API gives it back as text. */
function formattedColumn(scope: Scope, call: FunctionCall): Column {
  const input = argument(scope, call);
  const isConverted = (call.parameters ?? []).some((one) => typeof one !== 'string');
  const target = isConverted ? userCurrency(scope.org, scope.options.userId) : undefined;
  return {
    ...input,
    derived: true,
    field: field(input.field.name, input.field.label, 'string'),
    read(row) {
      const value = input.read(row);
      if (value === undefined) return undefined;
      return formatValue(input.field, value, target ?? currencyOf(scope.org, input, row));
    },
  };
}

function formatValue(of: FieldDefinition, value: Value, currency: string): Value {
  switch (of.type) {
    case 'currency': {
      const digits = Number(value).toLocaleString('en-US', {
        minimumFractionDigits: of.scale,
        maximumFractionDigits: of.scale,
      });
      return currency === '' ? `$${digits}` : `${currency} ${digits}`;
    }
    case 'double':
    case 'int':
      return Number(value).toLocaleString('en-US', { minimumFractionDigits: of.scale });
    case 'percent':
      return `${Number(value).toLocaleString('en-US', { minimumFractionDigits: of.scale })}%`;
    case 'date':
      return new Date(String(value)).toLocaleDateString('en-US', { timeZone: 'UTC' });
    case 'datetime':
      return new Date(Number(value))
        .toLocaleString('en-US', { timeZone: 'UTC', dateStyle: 'short', timeStyle: 'short' })
        .replace(/\u202f/g, ' ');
    default:
      return value;
  }
}
