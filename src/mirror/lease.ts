import { environmentNumber } from '../platform/environment-number.ts';

/**
 * A claim is a lease with a token. No transaction spans a CRM call, so the lease is what keeps two workers off one row:
 * a call is only sent when the lease outlives the call's own deadline, and an outcome is only recorded under the token.
 */
export interface Lease {
  token: string;
  /** `Date.now()` scale; taken before the claim was sent, so it never ends later than the row's own lease. */
  until: number;
}

/** Tests shorten these through the environment so that a stopped worker's lease runs out in seconds. */
export const leaseMs = environmentNumber('TRIBUTARY_LEASE_MS', 120_000);
export const callTimeoutMs = environmentNumber('TRIBUTARY_CALL_TIMEOUT_MS', 30_000);

export class LeaseTooShort extends Error {
  constructor() {
    super('The lease would end before the call could: nothing was sent, the rows are claimed again.');
    this.name = 'LeaseTooShort';
  }
}

/** The deadline for one CRM call under this lease. @throws LeaseTooShort when a paused process (SIGSTOP) has used it up. */
export function callDeadline(lease: Lease): number {
  const deadline = Date.now() + callTimeoutMs;
  if (deadline > lease.until) throw new LeaseTooShort();
  return deadline;
}
