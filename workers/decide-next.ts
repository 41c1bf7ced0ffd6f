/**
 * The one place that turns an error kind into what happens next. Everything above it only names what went wrong.
 */
import { environmentNumber } from '../src/platform/environment-number.ts';
import type { StreamRefusal } from '../src/crm/stream.ts';
import { SyncError, type SyncErrorKind } from '../src/crm/sync-error.ts';

export type NextStep =
  /** Same record again at `at`; the CRM's state is certain (nothing was written). */
  | { do: 'retry'; at: Date }
  /** Same record again, but look it up by our key first: the write may have been committed. */
  | { do: 'look-then-retry'; at: Date }
  /** Wait for a person; the rest keeps flowing. */
  | { do: 'park' }
  /** The record is gone in the CRM; nothing recreates it without a person. */
  | { do: 'tombstone' };

export interface Decision {
  next: NextStep;
  /** Also stop sending to this connection until then. */
  pauseUntil?: Date;
  pauseReason?: string;
}

const maxAttempts = 12;
/** The first try met the old description; the second, right after, may have met one that was just being renewed. */
const schemaAttempts = 2;
/** Tests and rehearsals compress time by scaling every wait. */
const scale = environmentNumber('TRIBUTARY_RETRY_FACTOR', 1);
/** After the first refusal of a login; see src/mirror/refused-login.ts for those that follow. */
export const loginWaitMs = 60_000 * scale;

export function decideNext(error: SyncError, attempts: number, now: Date, random: () => number): Decision {
  const backoff = later(now, backoffMs(attempts, random));
  switch (error.kind) {
    case 'rate-limited': {
      const until = later(now, Math.max(askedMs(error) ?? 0, backoffMs(Math.min(attempts, 3), random)));
      return { next: { do: 'retry', at: until }, pauseUntil: until, pauseReason: error.details.plain };
    }
    case 'quota-exhausted': {
      // The job is given up; its records have another way, so nothing is paused.
      if (error.details.bulkOnly === true) return { next: { do: 'park' } };
      const until = later(now, askedMs(error) ?? 15 * 60_000 * scale);
      return { next: { do: 'retry', at: until }, pauseUntil: until, pauseReason: error.details.plain };
    }
    case 'auth-expired': {
      const until = later(now, loginWaitMs);
      return { next: { do: 'retry', at: until }, pauseUntil: until, pauseReason: error.details.plain };
    }
    case 'unavailable':
      // Outages end; the row stays due, slower and slower, and is listed with its age meanwhile.
      return { next: { do: 'retry', at: backoff } };
    case 'ambiguous':
    case 'duplicate':
      return attempts >= maxAttempts && error.kind === 'duplicate'
        ? { next: { do: 'park' } }
        : { next: { do: 'look-then-retry', at: backoff } };
    case 'not-found':
      // Only an update names the deal's own record; a missing account or contact is for a person to look at.
      return { next: error.stage === 'push' ? { do: 'tombstone' } : { do: 'park' } };
    case 'invalid-record':
      // The org may have changed since it was described: once it was, the row is paused or the deal is at fault.
      if (error.details.schemaSuspect === true && attempts <= schemaAttempts) {
        return { next: { do: 'retry', at: backoff } };
      }
      return { next: { do: 'park' } };
    case 'conflict':
      return { next: { do: 'park' } };
    case 'bug':
      return { next: attempts >= 3 ? { do: 'park' } : { do: 'look-then-retry', at: backoff } };
  }
}

/** No limit lasts longer than a day; an absurd header (a date where seconds belong) must not stop a connection for good. */
const longestAskedMs = 24 * 3_600_000;

function askedMs(error: SyncError): number | undefined {
  const { retryAfterMs } = error.details;
  return retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, longestAskedMs);
}

/** Full jitter over 1 s · 2ⁿ, at most 10 minutes. `attempts` counts the tries already made. */
export function backoffMs(attempts: number, random: () => number): number {
  const ceiling = Math.min(600_000, 1_000 * 2 ** Math.min(attempts, 10));
  return Math.max(50, Math.round(ceiling * (0.5 + random() / 2) * scale));
}

/** When a stream that the CRM refused is asked for again. */
export function streamRetryAt(refusal: StreamRefusal, now: Date): Date {
  return later(now, refusal.retryAfterMs * scale);
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

/** Whatever is thrown below the port becomes a SyncError; anything unforeseen is ours to fix, so it is a `bug`. */
export function asSyncError(thrown: unknown, stage: SyncError['stage'], vendor: string): SyncError {
  if (thrown instanceof SyncError) return thrown;
  const plain = thrown instanceof Error ? thrown.message : String(thrown);
  return new SyncError({ kind: 'bug' satisfies SyncErrorKind, stage, vendor, plain, cause: thrown });
}
