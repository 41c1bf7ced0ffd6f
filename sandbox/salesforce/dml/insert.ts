import { checkObjectRight } from '../access/check-object-right.ts';
import { rulesOf } from '../rules/record-rules.ts';
import { checkStorage } from '../rules/storage.ts';
import { autoNumber } from '../schema/auto-number.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Value, Values } from '../store/row.ts';
import type { Table } from '../store/table.ts';
import type { Transaction } from '../store/transaction.ts';
import { checkReferences, checkRequired } from './check-record.ts';
import { DmlError } from './dml-error.ts';
import { inputId, readInput, type Input } from './read-input.ts';
import { saveRecord } from './save-record.ts';

/** Creates a record. Throws a DmlError and leaves no trace when the record is refused. */
export function insertRecord(org: Org, transaction: Transaction, type: ObjectType, input: Input): Row {
  checkObjectRight(org, type, 'create');
  if (!type.definition.createable) throw notAllowed(type, 'create');
  if (inputId(input) !== undefined) {
    throw new DmlError('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id']);
  }
  const values = readInput(org, type, input, 'create');
  const written = Object.keys(values);
  checkRequired(type, values, 'create', rulesOf(type.name).requiredOnCreate?.(org, values));
  checkReferences(org, type, values, transaction.actor);
  const known = rulesOf(type.name).alreadyThere?.(org, values);
  if (known !== undefined) return known;
  if (!type.definition.internal) checkStorage(org);
  addDefaults(org, transaction, type, values);
  return saveRecord(org, transaction, { type, values, before: undefined, written });
}

function addDefaults(org: Org, transaction: Transaction, type: ObjectType, values: Values): void {
  const table = org.table(type.name);
  for (const field of table.type.defaulted) {
    if (values[field.name] !== undefined && values[field.name] !== null) continue;
    const value = defaultOf(field, org, transaction, table);
    if (value !== undefined) values[field.name] = value;
  }
}

function defaultOf(
  field: FieldDefinition,
  org: Org,
  transaction: Transaction,
  table: Table,
): Value | undefined {
  if (field.autoNumber !== undefined) return autoNumber(field.autoNumber, table.ids.length + 1);
  if (field.viewed === true) return transaction.actor.origin === 'api' ? org.clock.ms() : undefined;
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
