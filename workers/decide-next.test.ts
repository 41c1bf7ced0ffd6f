import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  SyncError,
  syncErrorKinds,
  type SyncErrorDetails,
  type SyncErrorKind,
} from '../src/crm/sync-error.ts';
import { asSyncError, backoffMs, decideNext, type Decision } from './decide-next.ts';

const now = new Date('2026-03-02T10:00:00.000Z');

function decide(kind: SyncErrorKind, attempts = 1, details: Partial<SyncErrorDetails> = {}): Decision {
  const error = new SyncError({ kind, stage: 'push', vendor: 'acme', plain: `it was ${kind}`, ...details });
  return decideNext(error, attempts, now, () => 0.5);
}

function waitMs(at: Date | undefined): number {
  return (at?.getTime() ?? Number.NaN) - now.getTime();
}

describe('what happens after an error', () => {
  it.each(['rate-limited', 'quota-exhausted', 'auth-expired'] as const)(
    'pauses the whole connection when it was %s, and tries the record again no earlier',
    (kind) => {
      const decision = decide(kind);
      expect(decision.next.do).toBe('retry');
      expect(decision.pauseReason).toBe(`it was ${kind}`);
      if (decision.next.do === 'retry') expect(decision.next.at).toEqual(decision.pauseUntil);
    },
  );

  it('waits at least as long as the vendor asked', () => {
    expect(waitMs(decide('rate-limited', 1, { retryAfterMs: 90_000 }).pauseUntil)).toBe(90_000);
    expect(waitMs(decide('quota-exhausted', 1, { retryAfterMs: 3_600_000 }).pauseUntil)).toBe(3_600_000);
    expect(waitMs(decide('rate-limited', 1, { retryAfterMs: 0 }).pauseUntil)).toBeGreaterThan(0);
  });

  it('waits no longer than a day, whatever the vendor asked: a pause has to end', () => {
    const absurd = { retryAfterMs: 1_767_225_600_000 };
    for (const kind of ['rate-limited', 'quota-exhausted'] as const)
      expect(waitMs(decide(kind, 1, absurd).pauseUntil)).toBe(86_400_000);
  });

  it('never gives up on an outage, and never stops the neighbours for it', () => {
    for (const attempts of [1, 12, 500]) {
      const decision = decide('unavailable', attempts);
      expect(decision.next.do).toBe('retry');
      expect(decision.pauseUntil).toBeUndefined();
    }
  });

  it('looks before it writes again whenever the write may have been committed', () => {
    for (const attempts of [1, 12, 500])
      expect(decide('ambiguous', attempts).next.do).toBe('look-then-retry');
    expect(decide('duplicate').next.do).toBe('look-then-retry');
  });

  it('gives up on a duplicate that looking does not resolve, and on a fault of our own', () => {
    expect(decide('duplicate', 12).next.do).toBe('park');
    expect(decide('bug', 2).next.do).toBe('look-then-retry');
    expect(decide('bug', 3).next.do).toBe('park');
  });

  it('leaves to a person what only a person can mend', () => {
    expect(decide('invalid-record').next.do).toBe('park');
    expect(decide('conflict').next.do).toBe('park');
  });

  it('buries a record that is gone, but not the deal whose account or contact is', () => {
    expect(decide('not-found').next.do).toBe('tombstone');
    for (const stage of ['link', 'resolve', 'lookup'] as const)
      expect(decide('not-found', 1, { stage }).next.do).toBe('park');
  });

  it('is decided for every kind, and no retry lies in the past', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...syncErrorKinds),
        fc.integer({ min: 0, max: 1000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (kind, attempts, random) => {
          const error = new SyncError({ kind, stage: 'push', vendor: 'acme', plain: kind });
          const { next, pauseUntil } = decideNext(error, attempts, now, () => random);
          expect(['retry', 'look-then-retry', 'park', 'tombstone']).toContain(next.do);
          if ('at' in next) expect(waitMs(next.at)).toBeGreaterThan(0);
          if (pauseUntil) expect(waitMs(pauseUntil)).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('the wait between tries', () => {
  it('grows, is spread by half, and ends at ten minutes', () => {
    expect(backoffMs(1, () => 1)).toBe(2_000);
    expect(backoffMs(1, () => 0)).toBe(1_000);
    expect(backoffMs(3, () => 1)).toBe(8_000);
    expect(backoffMs(1000, () => 1)).toBe(600_000);
    for (let attempts = 0; attempts < 20; attempts++) {
      expect(backoffMs(attempts + 1, () => 0.3)).toBeGreaterThanOrEqual(backoffMs(attempts, () => 0.3));
    }
  });
});

describe('an error from below the port', () => {
  it('stays as it is when it speaks our vocabulary', () => {
    const error = new SyncError({ kind: 'conflict', stage: 'push', vendor: 'acme', plain: 'x' });
    expect(asSyncError(error, 'read', 'other')).toBe(error);
  });

  it('is a bug of ours when nobody foresaw it, with its cause kept', () => {
    const cause = new TypeError('x is undefined');
    const error = asSyncError(cause, 'read', 'acme');
    expect([error.kind, error.stage, error.details.plain, error.cause]).toEqual([
      'bug',
      'read',
      'x is undefined',
      cause,
    ]);
    expect(asSyncError('text', 'read', 'acme').details.plain).toBe('text');
  });
});
