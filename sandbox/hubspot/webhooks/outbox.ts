import type { SandboxClock } from '../../admin/sandbox-clock.ts';

/** One event as it is sent. */
export type WebhookEvent = Record<string, unknown>;

/** Holds things until their time has come. */
export interface Outbox<T> {
  put(item: T, delayMs: number): void;
  size(): number;
  close(): void;
}

const LONGEST_NAP_MS = 50;

/**
 * Creates an outbox that hands over what is due, in order of time. Time is the sandbox clock's, so moving that clock
 * by an hour also brings an hour's retries, at once; otherwise it is looked at every 50 ms at the latest.
 */
export function createOutbox<T>(clock: SandboxClock, handOver: (due: T[]) => void): Outbox<T> {
  let items: { dueAt: number; item: T }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let earliest = Infinity;
  const stopListening = clock.onMove(() => {
    clearTimeout(timer);
    look();
  });

  function look(): void {
    timer = undefined;
    const now = clock.ms();
    if (now >= earliest) takeDue(now);
    sleep();
  }

  function takeDue(now: number): void {
    const due = items.filter(({ dueAt }) => dueAt <= now);
    items = items.filter(({ dueAt }) => dueAt > now);
    earliest = items.reduce((least, { dueAt }) => Math.min(least, dueAt), Infinity);
    due.sort((left, right) => left.dueAt - right.dueAt);
    handOver(due.map(({ item }) => item));
  }

  function sleep(): void {
    if (timer !== undefined || items.length === 0) return;
    const nap = Math.max(1, Math.min(LONGEST_NAP_MS, earliest - clock.ms()));
    timer = setTimeout(look, nap);
  }

  return {
    put(item, delayMs) {
      const dueAt = clock.ms() + delayMs;
      items.push({ dueAt, item });
      earliest = Math.min(earliest, dueAt);
      sleep();
    },
    size: () => items.length,
    close() {
      stopListening();
      clearTimeout(timer);
      items = [];
      timer = undefined;
    },
  };
}
