import type { SandboxClock } from '../../admin/sandbox-clock.ts';

/** How many events the org may still be sent within 24 hours by the sandbox clock. */
export interface DeliveryAllowance {
  /** How many of `wanted` may be delivered now; they count as delivered. */
  take(wanted: number): number;
}

const DAY_MS = 24 * 3600 * 1000;

/** Creates the allowance of an org; `limit` is asked each time, 0 means none. */
export function createDeliveryAllowance(clock: SandboxClock, limit: () => number): DeliveryAllowance {
  let since = clock.ms();
  let used = 0;
  return {
    take(wanted) {
      if (clock.ms() - since >= DAY_MS) {
        since = clock.ms();
        used = 0;
      }
      const most = limit();
      const allowed = most === 0 ? wanted : Math.max(0, Math.min(wanted, most - used));
      used += allowed;
      return allowed;
    },
  };
}
