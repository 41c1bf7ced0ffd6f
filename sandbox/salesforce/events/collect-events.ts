import type { ObjectType } from '../schema/schema.ts';
import { diffRows, type Values } from '../store/row.ts';
import type { Actor, Change } from '../store/transaction.ts';
import type { ChangeType, PendingEvent } from './change-event.ts';

/** What an org has decided about its events. */
export interface EventRules {
  /** Whether changes of this object are published at all. */
  publishes(type: ObjectType): boolean;
  /** Records of one transaction that changed alike share one event. */
  mergeRecords: boolean;
  /** Changes of one transaction that are told one by one; the rest is an overflow. */
  overflowThreshold: number;
  /** What an overflow event puts in the place of the record ids. */
  overflowRecordIds: readonly string[];
}

const SYSTEM_FIELDS = new Set(['SystemModstamp', 'LastModifiedDate', 'LastModifiedById']);
const CHANGE_TYPES = { create: 'CREATE', update: 'UPDATE', delete: 'DELETE', undelete: 'UNDELETE' } as const;

/**
 * Turns the writes of one transaction into its events, in order of each record's first write: one for each record,
 * with what it became in the end, whoever wrote it (facts 1.6, and "multiple changes for the same record" in the
 * vendor's general considerations). Beyond the threshold comes one GAP_OVERFLOW for each object.
 */
export function collectEvents(changes: readonly Change[], actor: Actor, rules: EventRules): PendingEvent[] {
  const events: PendingEvent[] = [];
  const overflown = new Map<ObjectType, PendingEvent>();
  let count = 0;
  for (const change of onePerRecord(changes, rules)) {
    const values = eventValues(change);
    if (values === undefined) continue;
    count += weight(change, values);
    if (count > rules.overflowThreshold) {
      if (!overflown.has(change.type)) overflown.set(change.type, overflowOf(change, actor, rules));
      continue;
    }
    const previous = events.at(-1);
    if (rules.mergeRecords && previous !== undefined && isSameChange(previous, change, values)) {
      previous.recordIds.push(change.id);
      continue;
    }
    events.push({
      ...header(change, actor),
      changeType: CHANGE_TYPES[change.op],
      recordIds: [change.id],
      sequenceNumber: events.length + 1,
      values,
    });
  }
  for (const event of overflown.values()) {
    event.sequenceNumber = events.length + 1;
    events.push(event);
  }
  return events;
}

/** Leaves out what is not published, and puts a record's later writes into its first. */
function onePerRecord(changes: readonly Change[], rules: EventRules): readonly Change[] {
  if (changes.length === 1) return rules.publishes((changes[0] as Change).type) ? changes : [];
  const merged = new Map<string, Change>();
  for (const change of changes) {
    if (!rules.publishes(change.type)) continue;
    const first = merged.get(change.id);
    if (first === undefined) merged.set(change.id, change);
    // Created and gone again within the transaction: nobody outside ever saw it.
    else if (first.op === 'create' && change.op === 'delete') merged.delete(change.id);
    else merged.set(change.id, joined(first, change));
  }
  return [...merged.values()];
}

function joined(first: Change, later: Change): Change {
  const op = later.op === 'delete' ? 'delete' : first.op === 'delete' ? 'update' : first.op;
  return { ...later, op, before: first.before, values: diffRows(first.before, later.after) };
}

/** What an event tells, or undefined when nothing worth an event changed. */
function eventValues(change: Change): Readonly<Values> | undefined {
  if (change.op === 'delete') return {};
  if (change.op !== 'update') return change.after;
  for (const name in change.values) if (!SYSTEM_FIELDS.has(name)) return change.values;
  return undefined;
}

/** Each updated field counts towards the overflow, any other change once. */
function weight(change: Change, values: Readonly<Values>): number {
  if (change.op !== 'update') return 1;
  let fields = 0;
  for (const name in values) if (!SYSTEM_FIELDS.has(name)) fields += 1;
  return fields;
}

function header(
  change: Change,
  actor: Actor,
): Omit<PendingEvent, 'changeType' | 'recordIds' | 'sequenceNumber' | 'values'> {
  return {
    type: change.type,
    changeOrigin: actor.changeOrigin,
    commitTimestamp: change.after['SystemModstamp'] as number,
    commitUser: actor.userId,
  };
}

function overflowOf(change: Change, actor: Actor, rules: EventRules): PendingEvent {
  return {
    ...header(change, actor),
    changeType: 'GAP_OVERFLOW' satisfies ChangeType,
    recordIds: [...rules.overflowRecordIds],
    sequenceNumber: 0,
    values: {},
  };
}

/** The vendor merges within one second; records of one transaction bear one time here, unless one was written a moment ago. */
function isSameChange(event: PendingEvent, change: Change, values: Readonly<Values>): boolean {
  if (event.type !== change.type || event.changeType !== CHANGE_TYPES[change.op]) return false;
  if (change.op !== 'update' && change.op !== 'delete') return false;
  if (event.commitTimestamp !== change.after['SystemModstamp']) return false;
  for (const name in values) if (event.values[name] !== values[name]) return false;
  for (const name in event.values) if (values[name] === undefined) return false;
  return true;
}
