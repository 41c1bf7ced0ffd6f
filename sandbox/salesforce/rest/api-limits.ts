import { z } from 'zod';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { Reply } from './reply.ts';
import { RestError } from './rest-error.ts';

/** The org's allowance of API requests: how many in 24 hours, and how many long ones at a time. */
export interface ApiLimits {
  /** Counts one request. Throws REQUEST_LIMIT_EXCEEDED (403) when none is left. */
  use(): void;
  /** Notes that a request begins; call what is returned when it ends. Refused while too many run long. */
  enter(): (() => void) | 'too many';
  /** Value of the `Sforce-Limit-Info` header. */
  header(): string;
  used(): number;
  max(): number;
  change(some: Partial<LimitSettings>): LimitSettings;
}

/** The limits of an org. */
export const limitSettingsSchema = z.strictObject({
  /** API requests in any 24 hours. */
  dailyApiRequests: z.number().int().min(0),
  /** Requests that have run for longer than {@link LimitSettings.longRequestMs}; one more request is refused. Production orgs have 25, developer orgs 5. */
  longRequests: z.number().int().min(1),
  /** From when on a request is a long one, by the sandbox clock. */
  longRequestMs: z.number().int().min(0),
  /** Shown as `per-app-api-usage=used/max(appName=…)`; '' leaves it out. */
  appName: z.string().max(80),
});
export type LimitSettings = z.infer<typeof limitSettingsSchema>;

const SLOT_MS = 60_000;
const SLOTS = 24 * 60;

/**
 * Creates the counters. The day is the last 24 hours at any moment, counted in minutes: a request stops counting a day
 * after it was made, so an org that used itself up recovers bit by bit and not at midnight. Source: facts 1.4.
 */
export function createApiLimits(clock: SandboxClock, dailyApiRequests: number): ApiLimits {
  let limits: LimitSettings = { dailyApiRequests, longRequests: 25, longRequestMs: 20_000, appName: '' };
  const slots = new Uint32Array(SLOTS);
  let newest = Math.floor(clock.ms() / SLOT_MS);
  let count = 0;
  const running = new Set<{ since: number }>();

  /** Empties the minutes that are a day old; a clock set back leaves the count as it is. */
  function current(): number {
    const minute = Math.floor(clock.ms() / SLOT_MS);
    for (let passed = Math.max(newest + 1, minute - SLOTS + 1); passed <= minute; passed += 1) {
      count -= slots[passed % SLOTS] ?? 0;
      slots[passed % SLOTS] = 0;
    }
    if (minute - newest >= SLOTS) count = 0;
    newest = Math.max(newest, minute);
    return count;
  }

  function runsTooManyLong(): boolean {
    if (running.size < limits.longRequests) return false;
    const before = clock.ms() - limits.longRequestMs;
    let long = 0;
    for (const { since } of running) if (since < before) long += 1;
    return long >= limits.longRequests;
  }

  return {
    use() {
      if (current() >= limits.dailyApiRequests)
        throw new RestError(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.');
      count += 1;
      slots[newest % SLOTS] = (slots[newest % SLOTS] ?? 0) + 1;
    },
    enter() {
      if (runsTooManyLong()) return 'too many';
      const request = { since: clock.ms() };
      running.add(request);
      return () => void running.delete(request);
    },
    header() {
      const usage = `${current()}/${limits.dailyApiRequests}`;
      return limits.appName === ''
        ? `api-usage=${usage}`
        : `api-usage=${usage}; per-app-api-usage=${usage}(appName=${limits.appName})`;
    },
    used: current,
    max: () => limits.dailyApiRequests,
    change(some) {
      limits = { ...limits, ...some };
      return limits;
    },
  };
}

/** The answer while too many requests of the org run long. */
export function tooManyLongRequests(): Reply {
  const error = {
    message: 'ConcurrentPerOrgLongTxn Limit exceeded.',
    errorCode: 'REQUEST_LIMIT_EXCEEDED',
  };
  return { status: 403, body: [error], records: 0 };
}
