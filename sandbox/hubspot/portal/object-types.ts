/** Object type ids of the standard objects this sandbox keeps. */
export type TypeId = '0-1' | '0-2' | '0-3';

/** How one object type is named in paths, error messages and webhook types. */
export interface ObjectType {
  id: TypeId;
  plural: 'contacts' | 'companies' | 'deals';
  singular: 'contact' | 'company' | 'deal';
  /** As error messages spell it. */
  label: 'CONTACT' | 'COMPANY' | 'DEAL';
}

export const CONTACT: ObjectType = { id: '0-1', plural: 'contacts', singular: 'contact', label: 'CONTACT' };
export const COMPANY: ObjectType = { id: '0-2', plural: 'companies', singular: 'company', label: 'COMPANY' };
export const DEAL: ObjectType = { id: '0-3', plural: 'deals', singular: 'deal', label: 'DEAL' };

export const OBJECT_TYPES: readonly ObjectType[] = [CONTACT, COMPANY, DEAL];

const byName = new Map(
  OBJECT_TYPES.flatMap((type) => [type.id, type.plural, type.singular].map((name) => [name, type] as const)),
);

/** Finds an object type by id (`0-3`), plural or singular name. Paths accept all three (facts: Paths [T]). */
export function objectType(name: string): ObjectType | undefined {
  return byName.get(name.toLowerCase() as TypeId);
}

/** The object type of an id that is known to exist. */
export function typeOf(id: TypeId): ObjectType {
  return byName.get(id) as ObjectType;
}
