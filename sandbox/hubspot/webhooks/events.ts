import { isPrimary } from '../portal/association-types.ts';
import { typeOf, type ObjectType } from '../portal/object-types.ts';
import { CALCULATED, type Author } from '../records/author.ts';
import type { Committed } from '../records/change.ts';
import type { Values } from '../records/record.ts';
import { findSubscription, type EventName, type Subscription } from './subscriptions.ts';

/** An event before it gets its ids: what happened, and which subscription wants to know. */
export interface PendingEvent {
  subscription: Subscription;
  occurredAt: number;
  fields: Record<string, unknown>;
}

/** The events that a change gives rise to, in the order in which things happened. */
export function eventsOf(change: Committed, subscriptions: readonly Subscription[]): PendingEvent[] {
  const collector = collect(change, subscriptions);
  switch (change.kind) {
    case 'record':
      recordEvents(change, collector);
      break;
    case 'association':
      associationEvents(change, collector);
      break;
    case 'merge':
      mergeEvents(change, collector);
      break;
  }
  return collector.events;
}

interface Collector {
  events: PendingEvent[];
  add(
    type: ObjectType,
    event: EventName,
    author: Author,
    fields: Record<string, unknown>,
    propertyName?: string,
  ): void;
}

function collect(change: Committed, subscriptions: readonly Subscription[]): Collector {
  const events: PendingEvent[] = [];
  return {
    events,
    add(type, event, author, fields, propertyName) {
      const subscription = findSubscription(subscriptions, type, event, propertyName);
      if (subscription === undefined) return;
      const { objectTypeId } = subscription;
      const more = objectTypeId === undefined ? {} : { objectTypeId };
      events.push({
        subscription,
        occurredAt: change.at,
        fields: { ...fields, ...more, ...sourceOf(author) },
      });
    },
  };
}

const FLAGS = { create: 'CREATED', delete: 'DELETED', undelete: 'RESTORED' } as const;
const NAMES = { create: 'creation', delete: 'deletion', undelete: 'restore' } as const;

function recordEvents(change: Extract<Committed, { kind: 'record' }>, collector: Collector): void {
  const { op, record, author, changed, calculated } = change;
  const type = typeOf(record.type);
  const objectId = Number(record.id);
  if (op !== 'update') {
    collector.add(type, NAMES[op], author, { objectId, changeFlag: FLAGS[op] });
  }
  const properties = (values: Values, by: Author): void => {
    for (const propertyName in values) {
      const propertyValue = values[propertyName] as string;
      collector.add(type, 'propertyChange', by, { objectId, propertyName, propertyValue }, propertyName);
    }
  };
  properties(changed, author);
  properties(calculated, CALCULATED);
}

/** A primary association comes with its plain twin: two events (facts: Associations [D]). */
function associationEvents(change: Extract<Committed, { kind: 'association' }>, collector: Collector): void {
  const { from, fromId, to, toId, typeIds, op } = change.change;
  for (const typeId of typeIds) {
    collector.add(typeOf(from), 'associationChange', change.author, {
      fromObjectId: Number(fromId),
      toObjectId: Number(toId),
      associationType: `${typeOf(from).label}_TO_${typeOf(to).label}`,
      associationRemoved: op === 'dissociate',
      isPrimaryAssociation: isPrimary(from, to, typeId),
    });
  }
}

function mergeEvents(change: Extract<Committed, { kind: 'merge' }>, collector: Collector): void {
  const { record, primaryId, mergedId, author } = change;
  collector.add(typeOf(record.type), 'merge', author, {
    objectId: Number(record.id),
    primaryObjectId: Number(primaryId),
    mergedObjectIds: [Number(mergedId)],
    newObjectId: Number(record.id),
    numberOfPropertiesMoved: Object.keys(record.values).length,
    changeFlag: 'MERGED',
  });
}

function sourceOf(author: Author): { changeSource: string; sourceId: string } {
  return { changeSource: author.sourceType, sourceId: author.sourceId };
}
