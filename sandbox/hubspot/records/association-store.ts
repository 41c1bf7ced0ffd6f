import { OBJECT_TYPES, type TypeId } from '../portal/object-types.ts';
import { inverseOf, isPrimary, type AssociationLabel } from '../portal/association-types.ts';
import type { AssociationChange } from './change.ts';

/** The other end of an association and the types that join the two. */
export interface Neighbour {
  id: string;
  typeIds: number[];
}

/** Who is associated with whom. Both directions are kept, so either end is read without a search. */
export interface AssociationStore {
  apply(change: AssociationChange): void;
  /** Neighbours of one type, in the order they were associated. */
  of(from: TypeId, fromId: string, to: TypeId): Neighbour[];
  typesBetween(from: TypeId, fromId: string, to: TypeId, toId: string): number[];
  /** Moves everything `oldId` was associated with over to `newId`. */
  move(type: TypeId, oldId: string, newId: string): void;
}

interface Link {
  from: TypeId;
  fromId: string;
  to: TypeId;
  toId: string;
  typeId: number;
}

/** Creates an empty store. `labels` says which type a labelled association has seen from its other end. */
export function createAssociationStore(labels: ReadonlyMap<number, AssociationLabel>): AssociationStore {
  const links = new Map<string, Map<string, Set<number>>>();

  function neighbours(from: TypeId, fromId: string, to: TypeId): Map<string, Set<number>> {
    const key = `${from}/${fromId}/${to}`;
    let found = links.get(key);
    if (found === undefined) links.set(key, (found = new Map<string, Set<number>>()));
    return found;
  }

  function reversed({ from, fromId, to, toId, typeId }: Link): Link {
    return { from: to, fromId: toId, to: from, toId: fromId, typeId: inverseOf(labels, from, to, typeId) };
  }

  /** The link seen from the side that may have only one primary: the deal or contact, never the company. */
  function fromOwner(link: Link): Link {
    return link.from === '0-2' && link.to !== '0-2' ? reversed(link) : link;
  }

  function addOneWay({ from, fromId, to, toId, typeId }: Link): void {
    const found = neighbours(from, fromId, to);
    const types = found.get(toId);
    if (types === undefined) found.set(toId, new Set([typeId]));
    else types.add(typeId);
  }

  function removeOneWay({ from, fromId, to, toId, typeId }: Link): void {
    const found = neighbours(from, fromId, to);
    const types = found.get(toId);
    types?.delete(typeId);
    if (types?.size === 0) found.delete(toId);
  }

  function add(link: Link): void {
    const owned = fromOwner(link);
    if (isPrimary(owned.from, owned.to, owned.typeId)) dropOtherPrimaries(owned);
    addOneWay(link);
    addOneWay(reversed(link));
  }

  function remove(link: Link): void {
    removeOneWay(link);
    removeOneWay(reversed(link));
  }

  /** A deal or contact has at most one primary company: a new one takes the old one's place. */
  function dropOtherPrimaries(link: Link): void {
    for (const [toId, types] of neighbours(link.from, link.fromId, link.to)) {
      if (toId !== link.toId && types.has(link.typeId)) remove({ ...link, toId });
    }
  }

  function of(from: TypeId, fromId: string, to: TypeId): Neighbour[] {
    const found = links.get(`${from}/${fromId}/${to}`);
    if (found === undefined) return [];
    return Array.from(found, ([id, types]) => ({ id, typeIds: [...types] }));
  }

  return {
    apply({ op, typeIds, ...ends }) {
      for (const typeId of typeIds) (op === 'associate' ? add : remove)({ ...ends, typeId });
    },
    of,
    typesBetween: (from, fromId, to, toId) => [...(links.get(`${from}/${fromId}/${to}`)?.get(toId) ?? [])],
    move(type, oldId, newId) {
      for (const { id: to } of OBJECT_TYPES) {
        const kept = of(type, newId, to).flatMap(({ typeIds }) => typeIds);
        for (const { id: toId, typeIds } of of(type, oldId, to)) {
          for (const typeId of typeIds) {
            const link = { from: type, fromId: oldId, to, toId, typeId };
            remove(link);
            const taken = isPrimary(type, to, typeId) && type !== '0-2' && kept.includes(typeId);
            if (!taken && toId !== newId) add({ ...link, fromId: newId });
          }
        }
      }
    },
  };
}
