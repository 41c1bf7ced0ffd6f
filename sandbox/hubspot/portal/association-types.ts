import type { TypeId } from './object-types.ts';

/** A way in which two object types may be associated, in one direction. */
export interface AssociationType {
  typeId: number;
  category: 'HUBSPOT_DEFINED' | 'USER_DEFINED';
  /** `Primary`, what somebody called it, or null for the plain association. */
  label: string | null;
}

/** A label that somebody made: each direction has a type id and a text of its own. */
export interface AssociationLabel {
  name: string;
  from: TypeId;
  to: TypeId;
  typeId: number;
  label: string;
  inverseTypeId: number;
  inverseLabel: string;
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
  ['0-3', '0-8', 19, undefined],
  ['0-8', '0-3', 20, undefined],
  ['0-1', '0-46', 201, undefined],
  ['0-46', '0-1', 202, undefined],
  ['0-2', '0-46', 189, undefined],
  ['0-46', '0-2', 190, undefined],
  ['0-3', '0-46', 213, undefined],
  ['0-46', '0-3', 214, undefined],
];

const pairs = new Map(ROWS.map(([from, to, plain, primary]) => [`${from}/${to}`, { plain, primary }]));

/** HubSpot's own types from one object type to another: primary first when there is one; none when they do not go together. */
export function associationTypes(from: TypeId, to: TypeId): AssociationType[] {
  const pair = pairs.get(`${from}/${to}`);
  if (pair === undefined) return [];
  const types: AssociationType[] = [{ typeId: pair.plain, category: 'HUBSPOT_DEFINED', label: null }];
  if (pair.primary !== undefined)
    types.unshift({ typeId: pair.primary, category: 'HUBSPOT_DEFINED', label: 'Primary' });
  return types;
}

/** The types that a portal's own labels add, seen from one end. */
export function labelTypes(labels: Iterable<AssociationLabel>, from: TypeId, to: TypeId): AssociationType[] {
  return [...labels].flatMap((one): AssociationType[] => {
    const types: AssociationType[] = [];
    if (one.from === from && one.to === to)
      types.push({ typeId: one.typeId, category: 'USER_DEFINED', label: one.label });
    // Between records of one type, a label without a counterpart is the same seen from both ends.
    if (one.to === from && one.from === to && one.inverseTypeId !== one.typeId)
      types.push({ typeId: one.inverseTypeId, category: 'USER_DEFINED', label: one.inverseLabel });
    return types;
  });
}

/** The id of the plain association, which `associate/default` creates; undefined when the types do not go together. */
export function defaultTypeId(from: TypeId, to: TypeId): number | undefined {
  return pairs.get(`${from}/${to}`)?.plain;
}

export function isPrimary(from: TypeId, to: TypeId, typeId: number): boolean {
  return pairs.get(`${from}/${to}`)?.primary === typeId;
}

/** The same association seen from the other end. Deal → contact is 3 and never 4, however tempting. */
export function inverseOf(
  labels: ReadonlyMap<number, AssociationLabel>,
  from: TypeId,
  to: TypeId,
  typeId: number,
): number {
  const label = labels.get(typeId);
  if (label !== undefined) return label.typeId === typeId ? label.inverseTypeId : label.typeId;
  const back = pairs.get(`${to}/${from}`) as { plain: number; primary: number | undefined };
  return isPrimary(from, to, typeId) ? (back.primary ?? back.plain) : back.plain;
}

/** A primary or labelled association comes with the plain one [D]. */
export function withImplied(from: TypeId, to: TypeId, typeIds: readonly number[]): number[] {
  const plain = defaultTypeId(from, to);
  return plain === undefined || typeIds.includes(plain) ? [...typeIds] : [...typeIds, plain];
}
