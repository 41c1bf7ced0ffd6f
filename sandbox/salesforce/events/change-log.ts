import { randomUUID } from 'node:crypto';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { Value, Values } from '../store/row.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Actor, Change } from '../store/transaction.ts';

/** One change event, not yet encoded: nobody may be listening. */
export interface ChangeEvent {
  /** Opaque to clients; grows, with gaps. */
  replayId: number;
  type: ObjectType;
  changeType: 'CREATE' | 'UPDATE' | 'DELETE' | 'UNDELETE';
  /** Several when the same change happened to several records of one transaction. */
  recordIds: string[];
  changeOrigin: string;
  transactionKey: string;
  sequenceNumber: number;
  /** Epoch milliseconds. */
  commitTimestamp: number;
  commitNumber: number;
  commitUser: string;
  /** Changed fields; null where a field was cleared. All fields of the record for CREATE and UNDELETE. */
  values: Readonly<Values>;
}

/** The events of the last 72 hours by the sandbox clock, in order of commit. */
export interface ChangeLog {
  /** Adds the events of a transaction. */
  publish(changes: readonly Change[], actor: Actor, transactionKey: string): void;
  /** Events after a position, oldest first; ask with the last replay id seen. */
  after(replayId: number, limit: number): ChangeEvent[];
  /** Whether a subscriber may resume after this replay id: it names a retained event, or the point before the first. */
  isKnown(replayId: number): boolean;
  /** The position before the oldest retained event. */
  earliest(): number;
  latest(): number;
  /** Calls back, soon, when events were added. Returns how to stop. */
  onPublish(listener: () => void): () => void;
}

const RETENTION_MS = 72 * 3600 * 1000;
const FIRST_REPLAY_ID = 1_480_200;
const SYSTEM_FIELDS = new Set(['SystemModstamp', 'LastModifiedDate', 'LastModifiedById']);

/** Creates an empty log. */
export function createChangeLog(clock: SandboxClock): ChangeLog {
  let events: ChangeEvent[] = [];
  let floor = FIRST_REPLAY_ID;
  let last = FIRST_REPLAY_ID;
  let commitNumber = 11_240_000_000;
  const listeners = new Set<() => void>();

  function dropExpired(): void {
    const oldest = clock.ms() - RETENTION_MS;
    const kept = firstIndex(events, (event) => event.commitTimestamp >= oldest);
    if (kept === 0) return;
    floor = (events[kept - 1] as ChangeEvent).replayId;
    events = events.slice(kept);
  }

  return {
    publish(changes, actor, transactionKey) {
      commitNumber += 7;
      const added = eventsOf(changes, actor, { transactionKey, commitNumber });
      if (added.length === 0) return;
      for (const event of added) {
        last = nextReplayId(last);
        events.push({ ...event, replayId: last });
      }
      for (const listener of listeners) listener();
    },
    after(replayId, limit) {
      dropExpired();
      const start = firstIndex(events, (event) => event.replayId > replayId);
      return events.slice(start, start + limit);
    },
    isKnown(replayId) {
      dropExpired();
      if (replayId === last && last === FIRST_REPLAY_ID) return true;
      return events[firstIndex(events, (event) => event.replayId >= replayId)]?.replayId === replayId;
    },
    earliest() {
      dropExpired();
      return floor;
    },
    latest: () => last,
    onPublish(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A key for one transaction. */
export function createTransactionKey(): string {
  return randomUUID();
}

/** Gaps of one to four, decided by the id itself: a replayed journal gives every event its old id again. */
function nextReplayId(last: number): number {
  return last + 1 + (Math.imul(last, 0x9e3779b1) >>> 30);
}

/** First index for which `holds` is true; the array must go from false to true. */
function firstIndex(events: readonly ChangeEvent[], holds: (event: ChangeEvent) => boolean): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(events[middle] as ChangeEvent)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function eventsOf(
  changes: readonly Change[],
  actor: Actor,
  commit: { transactionKey: string; commitNumber: number },
): Omit<ChangeEvent, 'replayId'>[] {
  const events: Omit<ChangeEvent, 'replayId'>[] = [];
  for (const change of changes) {
    if (!change.type.definition.changeEvents) continue;
    const values = eventValues(change);
    if (values === undefined) continue;
    const previous = events.at(-1);
    if (previous !== undefined && isSameChange(previous, change, values)) {
      previous.recordIds.push(change.id);
      continue;
    }
    events.push({
      ...commit,
      type: change.type,
      changeType: CHANGE_TYPES[change.op],
      recordIds: [change.id],
      changeOrigin: actor.changeOrigin,
      sequenceNumber: events.length + 1,
      commitTimestamp: change.after['SystemModstamp'] as number,
      commitUser: actor.userId,
      values,
    });
  }
  return events;
}

const CHANGE_TYPES = { create: 'CREATE', update: 'UPDATE', delete: 'DELETE', undelete: 'UNDELETE' } as const;

/** What an event tells, or undefined when nothing worth an event changed. */
function eventValues(change: Change): Readonly<Values> | undefined {
  if (change.op === 'delete') return {};
  if (change.op !== 'update') return change.after;
  for (const name in change.values) if (!SYSTEM_FIELDS.has(name)) return change.values;
  return undefined;
}

function isSameChange(
  event: Omit<ChangeEvent, 'replayId'>,
  change: Change,
  values: Readonly<Values>,
): boolean {
  if (event.type !== change.type || event.changeType !== CHANGE_TYPES[change.op]) return false;
  if (change.op !== 'update' && change.op !== 'delete') return false;
  if (event.commitTimestamp !== change.after['SystemModstamp']) return false;
  const names = Object.keys(values);
  return (
    names.length === Object.keys(event.values).length &&
    names.every((name) => sameValue(event.values[name], values[name]))
  );
}

function sameValue(left: Value | null | undefined, right: Value | null | undefined): boolean {
  return left === right;
}
