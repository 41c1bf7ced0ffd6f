import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { FaultEngine } from '../../faults/engine.ts';
import type { ChangeEvent } from './change-event.ts';
import type { ChangeLog } from './change-log.ts';
import type { Topic } from './topics.ts';

/** The events still to be handed to one subscriber. */
export interface Deliveries {
  /** At most `limit` events that are due now. */
  take(limit: number): ChangeEvent[];
  /** Everything published so far was handed over: a keepalive may name the newest position. */
  isCaughtUp(): boolean;
  stop(): void;
}

/** What the events come from and what disturbs them. */
export interface DeliverySource {
  changes: ChangeLog;
  faults: FaultEngine;
  clock: SandboxClock;
}

/** Longest an event is held back, by the sandbox clock, to let another overtake it, when no other comes. */
const REORDER_MS = 200;
const READ_AHEAD = 200;

/**
 * Reads the log for one subscriber from a position on, and does to the events what the fault rules say:
 * drops, duplicates, delays by the sandbox clock, or lets one overtake another.
 */
export function createDeliveries(
  { changes, faults, clock }: DeliverySource,
  topic: Topic,
  start: number,
  wake: () => void,
): Deliveries {
  const due: ChangeEvent[] = [];
  const waiting = new Set<() => void>();
  let position = start;
  let held: ChangeEvent | undefined;

  function later(ms: number, then: () => void): void {
    const cancel = clock.after(ms, () => {
      waiting.delete(cancel);
      then();
    });
    waiting.add(cancel);
  }

  function deliverLater(event: ChangeEvent, ms: number): void {
    later(ms, () => {
      due.push(event);
      wake();
    });
  }

  function holdBack(event: ChangeEvent): void {
    releaseHeld();
    held = event;
    later(REORDER_MS, () => {
      if (held !== event) return;
      releaseHeld();
      wake();
    });
  }

  function releaseHeld(): void {
    if (held !== undefined) due.push(held);
    held = undefined;
  }

  function schedule(event: ChangeEvent): void {
    const plan = faults.notification(topic.name);
    if (plan.reorder && plan.copies > 0) return holdBack(event);
    for (let copy = 0; copy < plan.copies; copy += 1) {
      if (plan.delayMs > 0) deliverLater(event, plan.delayMs);
      else due.push(event);
    }
    if (plan.copies > 0 && plan.delayMs === 0) releaseHeld();
  }

  function readLog(wanted: number): void {
    while (due.length < wanted) {
      const events = changes.after(position, READ_AHEAD);
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
      due.length === 0 && held === undefined && waiting.size === 0 && changes.after(position, 1).length === 0,
    stop() {
      for (const cancel of waiting) cancel();
      waiting.clear();
    },
  };
}
