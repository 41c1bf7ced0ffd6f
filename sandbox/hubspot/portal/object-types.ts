/** Object type ids of the standard objects this sandbox keeps. */
export type TypeId = '0-1' | '0-2' | '0-3' | '0-8' | '0-46';

/** How one object type is named in paths, error messages and webhook types. */
export interface ObjectType {
  id: TypeId;
  plural: 'contacts' | 'companies' | 'deals' | 'line_items' | 'notes';
  singular: 'contact' | 'company' | 'deal' | 'line_item' | 'note';
  /** As error messages spell it. */
  label: 'CONTACT' | 'COMPANY' | 'DEAL' | 'LINE_ITEM' | 'NOTE';
  /** Whose scopes let an app at it: notes go with contacts [S]. */
  scope: 'contacts' | 'companies' | 'deals' | 'line_items';
}

export const CONTACT: ObjectType = type('0-1', 'contacts', 'contact', 'CONTACT');
export const COMPANY: ObjectType = type('0-2', 'companies', 'company', 'COMPANY');
export const DEAL: ObjectType = type('0-3', 'deals', 'deal', 'DEAL');
export const LINE_ITEM: ObjectType = type('0-8', 'line_items', 'line_item', 'LINE_ITEM');
export const NOTE: ObjectType = type('0-46', 'notes', 'note', 'NOTE');

export const OBJECT_TYPES: readonly ObjectType[] = [CONTACT, COMPANY, DEAL, LINE_ITEM, NOTE];

const byName = new Map(
  OBJECT_TYPES.flatMap((one) => [one.id, one.plural, one.singular].map((name) => [name, one] as const)),
);

/** Finds an object type by id (`0-3`), plural or singular name. Paths accept all three (facts: Paths [T]). */
export function objectType(name: string): ObjectType | undefined {
  return byName.get(name.toLowerCase() as TypeId);
}

/** The object type of an id that is known to exist. */
export function typeOf(id: TypeId): ObjectType {
  return byName.get(id) as ObjectType;
}

function type(
  id: TypeId,
  plural: ObjectType['plural'],
  singular: ObjectType['singular'],
  label: ObjectType['label'],
): ObjectType {
  return { id, plural, singular, label, scope: plural === 'notes' ? 'contacts' : plural };
}
