import type { FieldDefinition } from './field.ts';
import type { ObjectType } from './schema.ts';

const known = new WeakMap<ObjectType, Map<string, readonly FieldDefinition[]>>();

/** The fields an object has in a version of the API such as `42.0`: clients of older ones never see what came later. */
export function fieldsOfVersion(type: ObjectType, version: string): readonly FieldDefinition[] {
  const byVersion = known.get(type) ?? new Map<string, readonly FieldDefinition[]>();
  known.set(type, byVersion);
  const found = byVersion.get(version);
  if (found !== undefined) return found;
  const major = Number.parseInt(version, 10);
  const fields = type.fields.filter((field) => field.since === undefined || field.since <= major);
  byVersion.set(version, fields);
  return fields;
}
