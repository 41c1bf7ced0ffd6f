import { isPrimary } from '../portal/association-types.ts';
import type { Portal } from '../portal/portal.ts';
import type { Committed } from '../records/change.ts';
import type { JournalEvent } from './subscription.ts';

const ACTIONS = { create: 'CREATE', update: 'UPDATE', delete: 'DELETE', undelete: 'RESTORE' } as const;

/** The events of the journal that a change gives rise to. */
export function journalEventsOf(portal: Portal, change: Committed): JournalEvent[] {
  switch (change.kind) {
    case 'record': {
      const { op, record, changed, calculated } = change;
      const propertyChanges = { ...changed, ...calculated };
      if (op === 'update' && Object.keys(propertyChanges).length === 0) return [];
      const objectId = Number(record.id);
      return [
        {
          ...{ type: 'crmObject', action: ACTIONS[op], objectTypeId: record.type, objectId },
          changed: Object.keys(propertyChanges),
          fields: { objectId, propertyChanges },
        },
      ];
    }
    case 'merge': {
      const { record, primaryId, mergedId } = change;
      const objectId = Number(record.id);
      const ids = { primaryObjectId: Number(primaryId), mergedObjectIds: [Number(mergedId)] };
      return [
        {
          ...{ type: 'crmObject', action: 'MERGE', objectTypeId: record.type, objectId },
          fields: { objectId, ...ids, newObjectId: objectId },
        },
      ];
    }
    case 'association':
      return associationEvents(portal, change);
  }
}

function associationEvents(
  portal: Portal,
  { change }: Extract<Committed, { kind: 'association' }>,
): JournalEvent[] {
  const { from, fromId, to, toId, op } = change;
  return change.typeIds.map((associationTypeId) => ({
    type: 'association',
    action: op === 'associate' ? 'ASSOCIATION_ADDED' : 'ASSOCIATION_REMOVED',
    objectTypeId: from,
    objectId: Number(fromId),
    toObjectTypeId: to,
    fields: {
      fromObjectTypeId: from,
      fromObjectId: Number(fromId),
      toObjectTypeId: to,
      toObjectId: Number(toId),
      associationTypeId,
      associationCategory: portal.labels.has(associationTypeId) ? 'USER_DEFINED' : 'HUBSPOT_DEFINED',
      isPrimary: isPrimary(from, to, associationTypeId),
    },
  }));
}
