import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Value, Values } from '../store/row.ts';
import type { Actor } from '../store/transaction.ts';
import { checkMayReference } from '../rules/record-access.ts';
import { DmlError, entityIsDeleted, invalidCrossReference } from './dml-error.ts';
import { findByExternalId } from './find-by-external-id.ts';

/** Refuses values that would leave a required field empty. */
export function checkRequired(
  type: ObjectType,
  values: Values,
  mode: 'create' | 'update',
  required: readonly string[] = type.required.map((field) => field.name),
): void {
  const missing = required.filter((name) => {
    const value = values[name];
    return value === null || (mode === 'create' && value === undefined);
  });
  if (missing.length === 0) return;
  throw new DmlError(
    'REQUIRED_FIELD_MISSING',
    `Required fields are missing: [${missing.join(', ')}]`,
    missing,
  );
}

/** Refuses null where the platform always keeps a value. */
export function checkNotNulled(type: ObjectType, values: Values): void {
  for (const name in values) {
    const field = values[name] === null ? type.field(name) : undefined;
    if (field === undefined || field.nillable || field.required) continue;
    throw new DmlError(
      'INVALID_TYPE_ON_FIELD_IN_RECORD',
      `${field.label}: value not of required type: null`,
      [name],
    );
  }
}

/** Refuses references to records that do not exist, were deleted, are of another object, or hidden from the user who writes. */
export function checkReferences(org: Org, type: ObjectType, values: Values, actor?: Actor): void {
  for (const name in values) {
    const value = values[name];
    const field = typeof value === 'string' ? type.field(name) : undefined;
    if (field?.type === 'reference') checkReference(org, field, value as string, actor);
  }
}

function checkReference(org: Org, field: FieldDefinition, id: string, actor: Actor | undefined): void {
  const target = org.preset.schema.byPrefix(id.slice(0, 3));
  if (target === undefined || !field.referenceTo.includes(target.name)) {
    throw new DmlError('FIELD_INTEGRITY_EXCEPTION', `${field.label}: id value of incorrect type: ${id}`, [
      field.name,
    ]);
  }
  const row = org.table(target.name).get(id);
  if (row === undefined) throw invalidCrossReference([field.name]);
  if (row['IsDeleted'] === true) throw entityIsDeleted();
  if (actor !== undefined) checkMayReference(org, actor, field, target, row);
}

/** Refuses a value that another live record already holds in a unique field. */
export function checkUnique(org: Org, type: ObjectType, values: Values, ownId: string | undefined): void {
  for (const field of type.unique) {
    const value = values[field.name];
    if (value === null || value === undefined) continue;
    const holder = holderOf(org, type, field, value, ownId);
    if (holder === undefined) continue;
    throw new DmlError(
      'DUPLICATE_VALUE',
      `duplicate value found: ${field.name} duplicates value on record with id: ${holder}`,
    );
  }
}

function holderOf(
  org: Org,
  type: ObjectType,
  field: FieldDefinition,
  value: Value,
  ownId: string | undefined,
) {
  const holder = findByExternalId(org.table(type.name), field, value).find((row) => row['Id'] !== ownId);
  return (holder?.['Id'] as string | undefined)?.slice(0, 15);
}
