import { fieldsOfVersion } from '../schema/field-versions.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Row, Value } from '../store/row.ts';

/** A datetime as the API writes it: `2021-12-03T17:59:20.000+0000`. */
export function renderDatetime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+0000');
}

/** A stored value as the API writes it; absent is null. */
export function renderValue(field: FieldDefinition, value: Value | undefined): Value | null {
  if (value === undefined) return null;
  return field.type === 'datetime' ? renderDatetime(value as number) : value;
}

/** A field of a record as the API writes it, also where it is put together from others. */
export function renderField(
  field: FieldDefinition,
  row: Row,
): Value | Readonly<Record<string, Value | null>> | null {
  const value = row[field.name];
  if (value !== undefined && field.type === 'base64') return blobPath(field, row);
  if (value !== undefined) return renderValue(field, value);
  if (field.type === 'address') return renderAddress(field.name.slice(0, -'Address'.length), row);
  if (field.extraType === 'imageurl') return `/services/images/photo/${row['Id'] as string}`;
  return null;
}

/** Where a client can fetch what is too long to stand in a record. Of the objects here only notes have such a field. */
function blobPath(field: FieldDefinition, row: Row): string {
  return `/services/data/v62.0/sobjects/ContentNote/${row['Id'] as string}/${field.name}`;
}

const ADDRESS_PARTS = [
  ['city', 'City'],
  ['country', 'Country'],
  ['geocodeAccuracy', 'GeocodeAccuracy'],
  ['latitude', 'Latitude'],
  ['longitude', 'Longitude'],
  ['postalCode', 'PostalCode'],
  ['state', 'State'],
  ['street', 'Street'],
] as const;

/** The compound of an address; null when it has no part. */
function renderAddress(prefix: string, row: Row): Record<string, Value | null> | null {
  let isEmpty = true;
  const address: Record<string, Value | null> = {};
  for (const [key, part] of ADDRESS_PARTS) {
    const value = row[prefix + part];
    if (value !== undefined) isEmpty = false;
    address[key] = value ?? null;
  }
  return isEmpty ? null : address;
}

/** The `attributes` of a record. */
export function renderAttributes(
  type: ObjectType,
  id: string,
  version: string,
): { type: string; url: string } {
  return { type: type.name, url: `/services/data/v${version}/sobjects/${type.name}/${id}` };
}

/** A whole record as this version of the API knows it, or the fields named, with `attributes`. */
export function renderRecord(
  type: ObjectType,
  row: Row,
  version: string,
  fields: readonly FieldDefinition[] = fieldsOfVersion(type, version),
): Record<string, unknown> {
  const record: Record<string, unknown> = {
    attributes: renderAttributes(type, row['Id'] as string, version),
  };
  for (const field of fields) record[field.name] = renderField(field, row);
  return record;
}
