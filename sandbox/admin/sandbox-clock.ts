/** The time a sandbox believes in. */
export interface Clock {
  now(): Date;
  /** Calls back after each jump of the clock, if it can jump. */
  onMove?(listener: () => void): () => void;
}

/** A clock that tests can move: tokens expire and retention ends by this time, never by the machine's. */
export interface SandboxClock extends Clock {
  /** Epoch milliseconds, without a Date: called once per request on the fast path. */
  ms(): number;
  /** Moves the clock by so many milliseconds, for good. */
  advance(ms: number): void;
  /** Sets the clock; it runs on from there. */
  set(now: Date): void;
  /** Calls back after each jump, also of the clock beneath. Returns how to stop. */
  onMove(listener: () => void): () => void;
  /** Calls back once, when so many milliseconds have passed by this clock: at once when it jumps past them. Returns how to cancel. */
  after(ms: number, callback: () => void): () => void;
}

/** The longest a timer of Node can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Wraps a clock (the machine's by default) with an adjustable offset. */
export function createSandboxClock(base?: Clock): SandboxClock {
  let offset = 0;
  const baseMs = base === undefined ? Date.now : () => base.now().getTime();
  const listeners = new Set<() => void>();
  base?.onMove?.(moved);

  function moved(): void {
    for (const listener of [...listeners]) listener();
  }

  function onMove(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    ms: () => baseMs() + offset,
    now: () => new Date(baseMs() + offset),
    advance(ms) {
      offset += ms;
      moved();
    },
    set(now) {
      offset = now.getTime() - baseMs();
      moved();
    },
    onMove,
    after: (ms, callback) => waitUntil(baseMs() + offset + ms, () => baseMs() + offset, onMove, callback),
  };
}

/** Waits in real time, and looks again whenever the clock was moved. */
function waitUntil(
  due: number,
  now: () => number,
  onMove: SandboxClock['onMove'],
  callback: () => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const forget = onMove(look);

  function look(): void {
    clearTimeout(timer);
    const left = due - now();
    if (left > 0) {
      timer = setTimeout(look, Math.min(left, LONGEST_TIMER_MS));
      return;
    }
    forget();
    callback();
  }

  look();
  return () => {
    clearTimeout(timer);
    forget();
  };
}
