import type { SandboxClock } from '../../admin/sandbox-clock.ts';

/** How many events the org may still be sent within 24 hours by the sandbox clock. */
export interface DeliveryAllowance {
  /** How many of `wanted` may be delivered now; they count as delivered. */
  take(wanted: number): number;
  isUsedUp(): boolean;
  /** As `GET /limits` shows it. */
  state(): { Max: number; Remaining: number };
}

/** What is shown where nothing is enforced. */
const UNLIMITED_SHOWN = 50_000;

const DAY_MS = 24 * 3600 * 1000;

/** Creates the allowance of an org; `limit` is asked each time, 0 means none. */
export function createDeliveryAllowance(clock: SandboxClock, limit: () => number): DeliveryAllowance {
  let since = clock.ms();
  let used = 0;

  function left(): number {
    if (clock.ms() - since >= DAY_MS) {
      since = clock.ms();
      used = 0;
    }
    const most = limit();
    return most === 0 ? Infinity : Math.max(0, most - used);
  }

  return {
    take(wanted) {
      const allowed = Math.min(wanted, left());
      used += allowed;
      return allowed;
    },
    isUsedUp: () => left() === 0,
    state() {
      const remaining = left();
      const most = limit() === 0 ? UNLIMITED_SHOWN : limit();
      return { Max: most, Remaining: Math.min(most, remaining) };
    },
  };
}
