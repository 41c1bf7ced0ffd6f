import type { TypeId } from '../portal/object-types.ts';

/** What of a subscription decides about events. Empty lists mean all. */
export interface JournalSubscription {
  id: number;
  subscriptionType:
    'OBJECT' | 'ASSOCIATION' | 'APP_LIFECYCLE_EVENT' | 'LIST_MEMBERSHIP' | 'GDPR_PRIVACY_DELETION';
  objectTypeId: string;
  portalId: number;
  actions: readonly string[];
  properties: readonly string[];
  objectIds: readonly number[];
  associatedObjectTypeIds: readonly string[];
  createdAt: string;
  updatedAt: string;
}

/** One event of a journal file. */
export interface JournalEvent {
  type: 'crmObject' | 'association' | 'appLifecycle' | 'snapshot';
  action: string;
  objectTypeId: string;
  /** Names of what changed; undefined where properties play no part. */
  changed?: readonly string[];
  objectId?: number;
  toObjectTypeId?: TypeId;
  fields: Record<string, unknown>;
}

/** Whether a subscription asks for an event. A change of properties counts when one of those named is among them. */
export function wants(subscription: JournalSubscription, event: JournalEvent): boolean {
  const { properties, objectIds, associatedObjectTypeIds } = subscription;
  if (subscription.subscriptionType !== TYPES[event.type]) return false;
  if (event.type === 'appLifecycle') return true;
  if (subscription.objectTypeId !== event.objectTypeId || !subscription.actions.includes(event.action))
    return false;
  if (objectIds.length > 0 && !objectIds.includes(event.objectId ?? -1)) return false;
  const { toObjectTypeId, changed } = event;
  if (toObjectTypeId !== undefined && associatedObjectTypeIds.length > 0) {
    if (!associatedObjectTypeIds.includes(toObjectTypeId)) return false;
  }
  return (
    event.action !== 'UPDATE' ||
    properties.length === 0 ||
    changed?.some((one) => properties.includes(one)) === true
  );
}

const TYPES: Record<JournalEvent['type'], JournalSubscription['subscriptionType'] | undefined> = {
  crmObject: 'OBJECT',
  association: 'ASSOCIATION',
  appLifecycle: 'APP_LIFECYCLE_EVENT',
  // Asked for one by one, never subscribed to.
  snapshot: undefined,
};
