import type { FaultEngine } from '../../faults/engine.ts';
import type { ChangeEvent, ChangeLog } from './change-log.ts';
import type { Topic } from './topics.ts';

/** The events still to be handed to one subscriber. */
export interface Deliveries {
  /** At most `limit` events that are due now. */
  take(limit: number): ChangeEvent[];
  /** Everything published so far was handed over: a keepalive may name the newest position. */
  isCaughtUp(): boolean;
  stop(): void;
}

/** Longest an event is held back to let another overtake it, when no other comes. */
const REORDER_MS = 200;
const READ_AHEAD = 200;

/**
 * Reads the log for one subscriber from a position on, and does to the events what the fault rules say:
 * drops, duplicates, delays, or lets one overtake another.
 */
export function createDeliveries(
  log: ChangeLog,
  faults: FaultEngine,
  topic: Topic,
  start: number,
  wake: () => void,
): Deliveries {
  const due: ChangeEvent[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let position = start;
  let held: ChangeEvent | undefined;

  function later(event: ChangeEvent, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      due.push(event);
      wake();
    }, ms);
    timers.add(timer);
  }

  function holdBack(event: ChangeEvent): void {
    if (held !== undefined) due.push(held);
    held = event;
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (held !== event) return;
      releaseHeld();
      wake();
    }, REORDER_MS);
    timers.add(timer);
  }

  function releaseHeld(): void {
    if (held !== undefined) due.push(held);
    held = undefined;
  }

  function schedule(event: ChangeEvent): void {
    const plan = faults.notification(topic.name);
    if (plan.reorder && plan.copies > 0) return holdBack(event);
    for (let copy = 0; copy < plan.copies; copy += 1) {
      if (plan.delayMs > 0) later(event, plan.delayMs);
      else due.push(event);
    }
    if (plan.copies > 0 && plan.delayMs === 0) releaseHeld();
  }

  function readLog(wanted: number): void {
    while (due.length < wanted) {
      const events = log.after(position, READ_AHEAD);
      if (events.length === 0) return;
      for (const event of events) {
        position = event.replayId;
        if (topic.carries(event)) schedule(event);
        if (due.length >= wanted) return;
      }
    }
  }

  return {
    take(limit) {
      readLog(limit);
      return due.splice(0, limit);
    },
    isCaughtUp: () =>
      due.length === 0 && held === undefined && timers.size === 0 && position === log.latest(),
    stop() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
