/**
 * A claim is a lease with a token, by the database's clock: workers on machines whose clocks differ still agree on
 * who holds what. A message or mail is sent only while its lease outlives the call's own deadline.
 */

import { environmentNumber } from '../platform/environment-number.ts';

/** Tests shorten these through the environment, as for CRM calls, so that a killed worker's lease runs out in seconds. */
export const leaseMs = environmentNumber('TRIBUTARY_LEASE_MS', 120_000);
const callTimeoutMs = environmentNumber('TRIBUTARY_CALL_TIMEOUT_MS', 15_000);

/** The whole of one delivery, answer included; Standard Webhooks asks for 15 to 30 seconds. Fits into any lease. */
export const sendDeadlineMs = Math.min(15_000, callTimeoutMs, leaseMs / 2);
