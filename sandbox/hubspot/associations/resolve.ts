import { withImplied } from '../portal/association-types.ts';
import type { Portal } from '../portal/portal.ts';
import { typesBetween } from './types-between.ts';
import { OBJECT_TYPES, type ObjectType } from '../portal/object-types.ts';
import type { AssociationChange } from '../records/change.ts';
import type { Call } from '../http/call.ts';
import { otherFault, type WriteFault } from '../objects/write-fault.ts';

export interface AssociationSpec {
  associationCategory: string;
  associationTypeId: number;
}

/** Associations given with a create. The type id alone says which object type the other end has. */
export function resolveAssociations(
  call: Call,
  from: ObjectType,
  given: readonly { to: { id: string }; types: readonly AssociationSpec[] }[],
): { links: Omit<AssociationChange, 'fromId' | 'op'>[] } | { fault: WriteFault } {
  const links: Omit<AssociationChange, 'fromId' | 'op'>[] = [];
  for (const { to, types } of given) {
    const target = OBJECT_TYPES.find(
      (type) => wrongSpec(call.sandbox.portal, from, type, types) === undefined,
    );
    if (target === undefined) return { fault: badType(types) };
    const record = call.sandbox.ledger.stores[target.id].live(to.id);
    if (record === undefined) return { fault: unknownObject(target, to.id) };
    const typeIds = types.map(({ associationTypeId }) => associationTypeId);
    links.push({
      from: from.id,
      to: target.id,
      toId: record.id,
      typeIds: withImplied(from.id, target.id, typeIds),
    });
  }
  return { links };
}

/** The first spec that does not lead from the one type to the other; undefined when all do. */
export function wrongSpec(
  portal: Portal,
  from: ObjectType,
  to: ObjectType,
  specs: readonly AssociationSpec[],
): AssociationSpec | undefined {
  const known = typesBetween(portal, from.id, to.id);
  return specs.find(
    ({ associationCategory, associationTypeId }) =>
      !known.some(({ typeId, category }) => typeId === associationTypeId && category === associationCategory),
  );
}

export function badType(specs: readonly AssociationSpec[]): WriteFault {
  const ids = specs.map((spec) => `${spec.associationCategory}/${spec.associationTypeId}`).join(', ');
  return otherFault(
    400,
    'VALIDATION_ERROR',
    `One or more association types are not valid for these objects: [${ids}]`,
  );
}

export function unknownObject(type: ObjectType, id: string): WriteFault {
  return otherFault(404, 'OBJECT_NOT_FOUND', `${type.label} with id ${id} does not exist.`);
}
