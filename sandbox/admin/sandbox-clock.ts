/** The time a sandbox believes in. */
export interface Clock {
  now(): Date;
}

/** A clock that tests can move: tokens expire and retention ends by this time, never by the machine's. */
export interface SandboxClock extends Clock {
  /** Epoch milliseconds, without a Date: called once per request on the fast path. */
  ms(): number;
  /** Moves the clock by so many milliseconds, for good. */
  advance(ms: number): void;
  /** Sets the clock; it runs on from there. */
  set(now: Date): void;
}

/** Wraps a clock (the machine's by default) with an adjustable offset. */
export function createSandboxClock(base?: Clock): SandboxClock {
  let offset = 0;
  const baseMs = base === undefined ? Date.now : () => base.now().getTime();
  return {
    ms: () => baseMs() + offset,
    now: () => new Date(baseMs() + offset),
    advance(ms) {
      offset += ms;
    },
    set(now) {
      offset = now.getTime() - baseMs();
    },
  };
}
