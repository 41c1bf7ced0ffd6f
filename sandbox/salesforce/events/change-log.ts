import { randomUUID } from 'node:crypto';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { Actor, Change } from '../store/transaction.ts';
import type { ChangeEvent, PendingEvent } from './change-event.ts';
import { collectEvents, type EventRules } from './collect-events.ts';

/** The events of the last 72 hours by the sandbox clock, in order of commit. */
export interface ChangeLog {
  /** Adds the events of a transaction. */
  publish(changes: readonly Change[], actor: Actor, transactionKey: string): void;
  /** Adds events that no write caused: gaps and overflows on demand. */
  add(events: readonly PendingEvent[], transactionKey: string): ChangeEvent[];
  /** Events after a position, oldest first; ask with the last replay id seen. */
  after(replayId: number, limit: number): ChangeEvent[];
  /** Whether a subscriber may resume after this replay id: it names a retained event or a position handed out. */
  isKnown(replayId: number): boolean;
  /** The position before the oldest retained event. */
  earliest(): number;
  latest(): number;
  /** The newest position, such that a subscriber may come back to it for the next three days, however quiet the org is. */
  stablePosition(): number;
  /** Puts back a position that {@link stablePosition} made. */
  restorePosition(at: number): void;
  /** Calls back, soon, when events were added. Returns how to stop. */
  onPublish(listener: () => void): () => void;
}

const RETENTION_MS = 72 * 3600 * 1000;
/** A quiet org's position is renewed this often, well before it would expire. */
const POSITION_AGE_MS = 3600 * 1000;
const FIRST_REPLAY_ID = 1_480_200;

/**
 * Creates an empty log. `rules` is asked at every transaction. `onPosition` is told when a position was made that
 * no event has: it must be in the journal, else a replayed journal would give the events after it other ids.
 */
export function createChangeLog(
  clock: SandboxClock,
  rules: () => EventRules,
  onPosition: (at: number) => void,
): ChangeLog {
  const events = createRetained<ChangeEvent>((event) => event.commitTimestamp);
  const positions = createRetained<{ replayId: number; at: number }>((position) => position.at);
  positions.push({ replayId: FIRST_REPLAY_ID, at: clock.ms() });
  let last = FIRST_REPLAY_ID;
  let lastAt = clock.ms();
  let commitNumber = 11_240_000_000;
  const listeners = new Set<() => void>();

  function dropExpired(): void {
    const oldest = clock.ms() - RETENTION_MS;
    events.dropBefore(oldest);
    positions.dropBefore(oldest);
  }

  function append(pending: readonly PendingEvent[], transactionKey: string): ChangeEvent[] {
    commitNumber += 7;
    if (pending.length === 0) return [];
    const added = pending.map((event) => {
      last = nextReplayId(last);
      return { ...event, transactionKey, commitNumber, replayId: last };
    });
    for (const event of added) events.push(event);
    lastAt = (added.at(-1) as ChangeEvent).commitTimestamp;
    for (const listener of listeners) listener();
    return added;
  }

  function addPosition(at: number): void {
    last = nextReplayId(last);
    lastAt = at;
    positions.push({ replayId: last, at });
  }

  return {
    publish: (changes, actor, key) => void append(collectEvents(changes, actor, rules()), key),
    add: append,
    after(replayId, limit) {
      dropExpired();
      return events.after(replayId, limit);
    },
    isKnown(replayId) {
      dropExpired();
      return events.has(replayId) || positions.has(replayId);
    },
    earliest() {
      dropExpired();
      return Math.max(events.floor(), FIRST_REPLAY_ID);
    },
    latest: () => last,
    stablePosition() {
      if (clock.ms() - lastAt > POSITION_AGE_MS) {
        addPosition(clock.ms());
        onPosition(lastAt);
      }
      return last;
    },
    restorePosition: addPosition,
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

/** Things in order of replay id, of which the oldest are let go. */
function createRetained<T extends { replayId: number }>(timeOf: (one: T) => number) {
  let kept: T[] = [];
  let start = 0;
  let floor = 0;

  function firstAtOrAfter(replayId: number): number {
    let low = start;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((kept[middle] as T).replayId < replayId) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    push: (one: T): void => void kept.push(one),
    /** Looks from the old end only as far as things are too old: they are let go in passing, not searched for. */
    dropBefore(oldest: number): void {
      while (start < kept.length && timeOf(kept[start] as T) < oldest) {
        floor = (kept[start] as T).replayId;
        start += 1;
      }
      if (start < 1024 || start < kept.length / 2) return;
      kept = kept.slice(start);
      start = 0;
    },
    after(replayId: number, limit: number): T[] {
      const from = firstAtOrAfter(replayId + 1);
      return kept.slice(from, from + limit);
    },
    has(replayId: number): boolean {
      return kept[firstAtOrAfter(replayId)]?.replayId === replayId;
    },
    /** The id of the newest thing let go; 0 before that. */
    floor: () => floor,
  };
}
