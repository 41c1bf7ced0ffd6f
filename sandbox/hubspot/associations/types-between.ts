import { associationTypes, labelTypes, type AssociationType } from '../portal/association-types.ts';
import type { TypeId } from '../portal/object-types.ts';
import type { Portal } from '../portal/portal.ts';

/** Every type of association from one object type to another in this portal: HubSpot's own, then the labels made in it. */
export function typesBetween({ labels }: Portal, from: TypeId, to: TypeId): AssociationType[] {
  return [...associationTypes(from, to), ...labelTypes(new Set(labels.values()), from, to)];
}
