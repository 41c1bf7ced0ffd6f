import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import { RestError } from './rest-error.ts';

/** The org's allowance of API requests in 24 hours. */
export interface ApiLimits {
  /** Counts one request. Throws REQUEST_LIMIT_EXCEEDED (403) when none is left. */
  use(): void;
  /** Value of the `Sforce-Limit-Info` header. */
  header(): string;
  used(): number;
  max(): number;
  setMax(max: number): void;
}

const WINDOW_MS = 24 * 3600 * 1000;

/** Creates a counter that starts anew a day after its first request. */
export function createApiLimits(clock: SandboxClock, dailyRequests: number): ApiLimits {
  let max = dailyRequests;
  let count = 0;
  let windowEnds = 0;

  function current(): number {
    if (clock.ms() >= windowEnds) {
      windowEnds = clock.ms() + WINDOW_MS;
      count = 0;
    }
    return count;
  }

  return {
    use() {
      if (current() >= max)
        throw new RestError(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.');
      count += 1;
    },
    header: () => `api-usage=${current()}/${max}`,
    used: current,
    max: () => max,
    setMax(newMax) {
      max = newMax;
    },
  };
}
