import { DmlError } from '../dml/dml-error.ts';
import type { RecordTypeDefinition } from '../schema/record-types.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';

/**
 * Gives a new record the default record type of its object and holds it to its type.
 * Provoked by: `RecordTypeId` of another object's (or an inactive) record type: INVALID_CROSS_REFERENCE_KEY;
 * a value of a restricted picklist that the record type leaves out: INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST
 * (preset `record-types`). Picklists that are not restricted take any value, whatever the record type.
 */
export function checkRecordType(org: Org, type: ObjectType, values: Values, before: Row | undefined): void {
  if (type.field('RecordTypeId') === undefined) return;
  if (before === undefined && values['RecordTypeId'] === undefined) {
    const id = defaultRecordType(org, type.name);
    if (id !== undefined) values['RecordTypeId'] = id;
  }
  const given = values['RecordTypeId'];
  if (typeof given === 'string') checkBelongs(org, type, given);
  const definition = recordTypeOf(org, type.name, given === undefined ? before?.['RecordTypeId'] : given);
  if (definition !== undefined) checkPicklists(type, definition, values);
}

/** What the org knows of a record type by its id. */
export function recordTypeOf(org: Org, objectName: string, id: unknown): RecordTypeDefinition | undefined {
  const row = typeof id === 'string' ? org.table('RecordType').get(id) : undefined;
  return org.preset.recordTypes.find(
    (one) => one.object === objectName && one.developerName === row?.['DeveloperName'],
  );
}

function defaultRecordType(org: Org, objectName: string): string | undefined {
  const definition = org.preset.recordTypes.find((one) => one.object === objectName && one.isDefault);
  if (definition === undefined) return undefined;
  const table = org.table('RecordType');
  for (const id of table.lookup('DeveloperName', definition.developerName) ?? []) {
    if (table.get(id)?.['SobjectType'] === objectName) return id;
  }
  return undefined;
}

function checkBelongs(org: Org, type: ObjectType, id: string): void {
  const row = org.table('RecordType').get(id);
  if (row?.['SobjectType'] === type.name && row['IsActive'] === true) return;
  throw new DmlError(
    'INVALID_CROSS_REFERENCE_KEY',
    `Record Type ID: this ID value isn't valid for the user: ${id}`,
    ['RecordTypeId'],
  );
}

function checkPicklists(type: ObjectType, definition: RecordTypeDefinition, values: Values): void {
  for (const [name, allowed] of Object.entries(definition.picklists)) {
    const value = values[name];
    const field = type.field(name);
    if (typeof value !== 'string' || field?.restricted !== true || allowed.includes(value)) continue;
    throw new DmlError(
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      `${field.label}: bad value for restricted picklist field: ${value}`,
      [field.name],
    );
  }
}
