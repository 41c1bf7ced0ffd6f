/** Counts calls in a span of time. */
export interface Window {
  /** Takes one call; false when the window is full. */
  take(now: number): boolean;
  /** Calls still possible. */
  remaining(now: number): number;
}

/** At most `max` calls within any `spanMs`. */
export function rollingWindow(max: number, spanMs: number): Window {
  let taken: number[] = [];
  let head = 0;
  function forget(now: number): void {
    while (head < taken.length && (taken[head] as number) <= now - spanMs) head += 1;
    if (head > 1024) {
      taken = taken.slice(head);
      head = 0;
    }
  }
  return {
    take(now) {
      forget(now);
      if (taken.length - head >= max) return false;
      taken.push(now);
      return true;
    },
    remaining(now) {
      forget(now);
      return Math.max(0, max - (taken.length - head));
    },
  };
}

/** At most `max` calls per clock-aligned span: twice as many may pass around an edge. */
export function fixedWindow(max: number, spanMs: number): Window {
  let span = -1;
  let used = 0;
  function enter(now: number): void {
    const current = Math.floor(now / spanMs);
    if (current !== span) used = 0;
    span = current;
  }
  return {
    take(now) {
      enter(now);
      if (used >= max) return false;
      used += 1;
      return true;
    },
    remaining(now) {
      enter(now);
      return Math.max(0, max - used);
    },
  };
}
