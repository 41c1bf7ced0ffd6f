import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { coerce } from './coerce.ts';
import { DmlError } from './dml-error.ts';
import { findByExternalId } from './find-by-external-id.ts';
import { insertRecord } from './insert.ts';
import { inputId, type Input } from './read-input.ts';
import { existingRecord, updateRecord } from './update.ts';

/** The field an upsert may name in its path: an external id, or `Id`. Undefined otherwise. */
export function upsertKey(type: ObjectType, name: string): FieldDefinition | undefined {
  const field = type.field(name);
  return field !== undefined && (field.externalId || field.name === 'Id') ? field : undefined;
}

/** What an upsert did. `several` holds the matches when there was more than one and nothing was written. */
export type UpsertResult = { row: Row; created: boolean } | { several: readonly Row[] };

/** Creates the record or changes the one that has the same external id. Throws a DmlError when it is refused. */
export function upsertRecord(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  key: FieldDefinition,
  input: Input,
): UpsertResult {
  if (key.name === 'Id') return upsertById(org, transaction, type, input);
  const wanted = coerce(key, inputValue(input, key));
  if (wanted === null) throw new DmlError('MISSING_ARGUMENT', `${key.name} not specified`, [key.name]);
  const matches = findByExternalId(org.table(type.name), key, wanted);
  if (matches.length > 1) return { several: matches };
  const before = matches[0];
  if (before === undefined) return { row: insertRecord(org, transaction, type, input), created: true };
  return { row: updateRecord(org, transaction, type, before, input), created: false };
}

/** The value a record gives for a field, whatever the spelling of its name. */
export function inputValue(input: Input, field: FieldDefinition): unknown {
  if (field.name in input) return input[field.name];
  const wanted = field.name.toLowerCase();
  const name = Object.keys(input).find((one) => one.toLowerCase() === wanted);
  return name === undefined ? undefined : input[name];
}

function upsertById(org: Org, transaction: Transaction, type: ObjectType, input: Input): UpsertResult {
  const id = inputId(input);
  if (id === undefined || id === null)
    return { row: insertRecord(org, transaction, type, input), created: true };
  return { row: updateRecord(org, transaction, type, existingRecord(org, type, id), input), created: false };
}
