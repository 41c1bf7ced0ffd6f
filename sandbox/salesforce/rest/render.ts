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

/** The `attributes` of a record. */
export function renderAttributes(
  type: ObjectType,
  id: string,
  version: string,
): { type: string; url: string } {
  return { type: type.name, url: `/services/data/v${version}/sobjects/${type.name}/${id}` };
}

/** A whole record, or the fields named, with `attributes`. */
export function renderRecord(
  type: ObjectType,
  row: Row,
  version: string,
  fields: readonly FieldDefinition[] = type.fields,
): Record<string, unknown> {
  const record: Record<string, unknown> = {
    attributes: renderAttributes(type, row['Id'] as string, version),
  };
  for (const field of fields) record[field.name] = renderValue(field, row[field.name]);
  return record;
}
