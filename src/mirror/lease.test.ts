import { describe, expect, it } from '@jest/globals';
import { callDeadline, callTimeoutMs, leaseMs, LeaseTooShort } from './lease.ts';

describe('the deadline of a call under a lease', () => {
  it('never lies beyond the end of the lease', () => {
    const until = Date.now() + leaseMs;
    expect(callDeadline({ token: 't', until })).toBeLessThanOrEqual(until);
  });

  it('is the full time of a call, counted from now', () => {
    const before = Date.now();
    const deadline = callDeadline({ token: 't', until: before + leaseMs });
    expect(deadline - callTimeoutMs).toBeGreaterThanOrEqual(before);
    expect(deadline - callTimeoutMs).toBeLessThanOrEqual(Date.now());
  });

  it('is refused when the lease would end first, as after a SIGSTOP: another worker may hold the row by then', () => {
    expect(() => callDeadline({ token: 't', until: Date.now() + callTimeoutMs - 1 })).toThrow(LeaseTooShort);
    expect(() => callDeadline({ token: 't', until: Date.now() - 1 })).toThrow(LeaseTooShort);
  });

  it('leaves a lease room for several calls, as one batch makes', () => {
    expect(leaseMs).toBeGreaterThanOrEqual(3 * callTimeoutMs);
  });
});
