import type { Call } from '../http/call.ts';
import { inverseOf, type AssociationType } from '../portal/association-types.ts';
import type { ObjectType } from '../portal/object-types.ts';
import type { Neighbour } from '../records/association-store.ts';
import type { AssociationChange } from '../records/change.ts';
import { typesBetween } from './types-between.ts';

/** A created pair with the labels of its types. */
export function presentLabels(
  call: Call,
  { from, fromId, to, toId }: Omit<AssociationChange, 'op' | 'typeIds'>,
  typeIds: readonly number[],
): unknown {
  const labels = typesBetween(call.sandbox.portal, from, to)
    .filter(({ typeId, label }) => label !== null && typeIds.includes(typeId))
    .map(({ label }) => label);
  return { fromObjectTypeId: from, fromObjectId: fromId, toObjectTypeId: to, toObjectId: toId, labels };
}

/** A default association, as it is reported from both ends. */
export function presentDefault(
  call: Call,
  { from, fromId, to, toId, typeIds }: AssociationChange,
): unknown[] {
  const typeId = typeIds[0] as number;
  return [
    oneWay(fromId, toId, typeId),
    oneWay(toId, fromId, inverseOf(call.sandbox.portal.labels, from, to, typeId)),
  ];
}

/** The other ends of a record's associations with their types. */
export function presentNeighbours(
  call: Call,
  from: ObjectType,
  to: ObjectType,
  neighbours: readonly Neighbour[],
): unknown[] {
  const known = typesBetween(call.sandbox.portal, from.id, to.id);
  return neighbours.map(({ id, typeIds }) => ({
    toObjectId: id,
    associationTypes: known
      .filter(({ typeId }) => typeIds.includes(typeId))
      .map((type) => presentType(call, type)),
  }));
}

/** The plain association has no label: the spec knows no null there, the docs' examples show one. */
export function presentType(call: Call, { category, typeId, label }: AssociationType): unknown {
  if (label === null && call.sandbox.settings.missingLabel === 'omitted') return { category, typeId };
  return { category, typeId, label };
}

/** One page; `after` is the id of the last neighbour of the page before. */
export function pageOf(
  neighbours: readonly Neighbour[],
  after: string | undefined,
  limit: number,
): { page: Neighbour[]; paging: { paging?: unknown } } {
  const start = after === undefined ? 0 : neighbours.findIndex(({ id }) => id === after) + 1;
  const page = neighbours.slice(start, start + limit);
  const more = start + limit < neighbours.length;
  return { page, paging: more ? { paging: { next: { after: page.at(-1)?.id } } } : {} };
}

function oneWay(from: string, to: string, typeId: number): unknown {
  return {
    from: { id: from },
    to: { id: to },
    associationSpec: { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: typeId },
  };
}
