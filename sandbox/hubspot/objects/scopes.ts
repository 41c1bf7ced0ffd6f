import type { ObjectType } from '../portal/object-types.ts';

type Types = Record<string, ObjectType>;

/** Scope needed to read every object type a path names. */
export function readScopes(types: Types): string[][] {
  return Object.values(types).map((type) => [`crm.objects.${type.scope}.read`]);
}

/** Scope needed to write every object type a path names. */
export function writeScopes(types: Types): string[][] {
  return Object.values(types).map((type) => [`crm.objects.${type.scope}.write`]);
}

/** Schemas may be read with either kind of read scope. */
export function schemaReadScopes(types: Types): string[][] {
  return Object.values(types).map((type) => [
    `crm.schemas.${type.scope}.read`,
    `crm.objects.${type.scope}.read`,
  ]);
}

export function schemaWriteScopes(types: Types): string[][] {
  return Object.values(types).map((type) => [`crm.schemas.${type.scope}.write`]);
}
