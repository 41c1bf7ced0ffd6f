import type { TypeId } from './object-types.ts';

/** A way in which two object types may be associated, in one direction. */
export interface AssociationType {
  typeId: number;
  category: 'HUBSPOT_DEFINED';
  /** `Primary` or null for the plain association. */
  label: string | null;
}

/** Rows of [from, to, plain id, primary id]; ids from the client's constants (facts: Associations [S/T]). */
const ROWS: readonly [TypeId, TypeId, number, number | undefined][] = [
  ['0-3', '0-1', 3, undefined],
  ['0-1', '0-3', 4, undefined],
  ['0-3', '0-2', 341, 5],
  ['0-2', '0-3', 342, 6],
  ['0-1', '0-2', 279, 1],
  ['0-2', '0-1', 280, 2],
  ['0-3', '0-3', 451, undefined],
  ['0-1', '0-1', 449, undefined],
  ['0-2', '0-2', 450, undefined],
];

const pairs = new Map(ROWS.map(([from, to, plain, primary]) => [`${from}/${to}`, { plain, primary }]));

/** The types from one object type to another: primary first when there is one, as the labels endpoint lists them. */
export function associationTypes(from: TypeId, to: TypeId): AssociationType[] {
  const { plain, primary } = pair(from, to);
  const types: AssociationType[] = [{ typeId: plain, category: 'HUBSPOT_DEFINED', label: null }];
  if (primary !== undefined)
    types.unshift({ typeId: primary, category: 'HUBSPOT_DEFINED', label: 'Primary' });
  return types;
}

/** The id of the plain association, which `associate/default` creates. */
export function defaultTypeId(from: TypeId, to: TypeId): number {
  return pair(from, to).plain;
}

export function isPrimary(from: TypeId, to: TypeId, typeId: number): boolean {
  return pair(from, to).primary === typeId;
}

/** Whether a type id leads from the one to the other. Deal → contact is 3 and never 4, however tempting. */
export function leads(from: TypeId, to: TypeId, typeId: number): boolean {
  const { plain, primary } = pair(from, to);
  return typeId === plain || typeId === primary;
}

/** The same association seen from the other end. */
export function inverseOf(from: TypeId, to: TypeId, typeId: number): number {
  const back = pair(to, from);
  return isPrimary(from, to, typeId) ? (back.primary ?? back.plain) : back.plain;
}

/** Creating a primary association also creates the plain one [D]. */
export function withImplied(from: TypeId, to: TypeId, typeIds: readonly number[]): number[] {
  const plain = defaultTypeId(from, to);
  return typeIds.includes(plain) ? [...typeIds] : [...typeIds, plain];
}

function pair(from: TypeId, to: TypeId): { plain: number; primary: number | undefined } {
  return pairs.get(`${from}/${to}`) as { plain: number; primary: number | undefined };
}
