import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Value, Values } from '../store/row.ts';
import { coerce } from './coerce.ts';
import { DmlError } from './dml-error.ts';
import { findByExternalId } from './find-by-external-id.ts';

/** A record as a client sends it. */
export type Input = Readonly<Record<string, unknown>>;

/**
 * Checks a client's record field by field and returns the values to store.
 * Unknown columns come first, then fields that may not be written, then values: the order in which the vendor complains.
 */
export function readInput(org: Org, type: ObjectType, input: Input, mode: 'create' | 'update'): Values {
  const written = resolveFields(type, input);
  refuseReadOnly(written, mode);
  const values: Values = {};
  for (const [field, value] of written) {
    values[field.name] = isParentKey(field, value)
      ? parentByExternalId(org, field, value)
      : coerce(field, value);
  }
  return values;
}

/** The value of a record's id, under either spelling. */
export function inputId(input: Input): unknown {
  return input['Id'] ?? input['id'];
}

function resolveFields(type: ObjectType, input: Input): [FieldDefinition, unknown][] {
  const found: [FieldDefinition, unknown][] = [];
  for (const name in input) {
    if (name === 'attributes' || name === 'Id' || name === 'id') continue;
    const value = input[name];
    const field = isObject(value) ? (type.parent(name) ?? type.field(name)) : type.field(name);
    if (field === undefined) {
      throw new DmlError('INVALID_FIELD', `No such column '${name}' on sobject of type ${type.name}`);
    }
    found.push([field, value]);
  }
  return found;
}

function refuseReadOnly(written: [FieldDefinition, unknown][], mode: 'create' | 'update'): void {
  const refused = written.filter(([field]) => (mode === 'create' ? !field.createable : !field.updateable));
  if (refused.length === 0) return;
  const names = refused.map(([field]) => field.name);
  throw new DmlError(
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    `Unable to create/update fields: ${names.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
    names,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isParentKey(field: FieldDefinition, value: unknown): value is Record<string, unknown> {
  return field.type === 'reference' && isObject(value);
}

/** Resolves `"Account": {"Key__c": "x"}`: a parent named by its external id instead of its record id. */
function parentByExternalId(org: Org, field: FieldDefinition, value: Record<string, unknown>): Value {
  const parentName = field.referenceTo[0] ?? '';
  const keys = Object.keys(value).filter((name) => name !== 'attributes');
  const key = org.preset.schema.object(parentName)?.field(keys[0] ?? '');
  if (keys.length !== 1 || key === undefined || !(key.externalId || key.name === 'Id')) {
    throw new DmlError(
      'INVALID_FIELD',
      `Cannot reference a foreign key field ${field.relationshipName ?? field.name} without exactly one external id or Id`,
    );
  }
  const wanted = coerce(key, value[keys[0] as string]);
  const rows = wanted === null ? [] : findByExternalId(org.table(parentName), key, wanted);
  const id = rows[0]?.['Id'];
  if (rows.length === 1 && id !== undefined) return id;
  throw new DmlError(
    'INVALID_FIELD',
    `Foreign key external ID: ${String(wanted).toLowerCase()} not found for field ${key.name} in entity ${parentName}`,
  );
}
