import { rulesOf } from '../rules/record-rules.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Value, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { checkReferences, checkRequired, checkUnique } from './check-record.ts';
import { DmlError } from './dml-error.ts';
import { inputId, readInput, type Input } from './read-input.ts';

/** Creates a record. Throws a DmlError and leaves no trace when the record is refused. */
export function insertRecord(org: Org, transaction: Transaction, type: ObjectType, input: Input): Row {
  if (!type.definition.createable) throw notAllowed(type, 'create');
  if (inputId(input) !== undefined) {
    throw new DmlError('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id']);
  }
  const values = readInput(org, type, input, 'create');
  const written = Object.keys(values);
  checkRequired(type, values, 'create');
  checkReferences(org, type, values);
  addDefaults(org, transaction, type, values);
  const rules = rulesOf(type.name);
  rules.derive?.(org, values, undefined);
  checkUnique(org, type, values, undefined);
  const row = transaction.write({ type, op: 'create', values, written });
  rules.followUp?.(org, transaction, row, undefined);
  return org.table(type.name).get(row['Id'] as string) ?? row;
}

function addDefaults(org: Org, transaction: Transaction, type: ObjectType, values: Values): void {
  for (const field of type.fields) {
    if (values[field.name] !== undefined && values[field.name] !== null) continue;
    const value = defaultOf(field, org, transaction);
    if (value !== undefined) values[field.name] = value;
  }
}

function defaultOf(field: FieldDefinition, org: Org, transaction: Transaction): Value | undefined {
  if (field.defaultValue !== undefined) return field.defaultValue;
  if (field.type === 'boolean') return false;
  if (field.name === 'OwnerId') return transaction.actor.userId;
  if (field.name === 'CurrencyIsoCode') return org.preset.currencies[0]?.code;
  return undefined;
}

/** The object, or this client, may not do that. */
export function notAllowed(type: ObjectType, what: string): DmlError {
  return new DmlError(
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    `entity type ${type.name} does not support ${what}`,
    [],
  );
}
