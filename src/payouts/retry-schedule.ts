const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Standard Webhooks 1.0.0's schedule: ten tries over some 75 hours, the first at once. */
const WAITS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

const LONGEST_ASKED_MS = 24 * HOUR;

export interface RetryPolicy {
  /** 1 in production; demos and tests compress the schedule. */
  factor: number;
  /** [0, 1): spreads the retries of many messages that failed together. */
  random: () => number;
}

/**
 * When to try again after `attempts` tries, or null when the tries are used up. The wait varies by a tenth either
 * way; a receiver that asks for a longer one (Retry-After) gets it, up to a day.
 */
export function nextTry(attempts: number, now: Date, policy: RetryPolicy, askedMs = 0): Date | null {
  const wait = WAITS_MS[attempts - 1];
  if (wait === undefined) return null;
  const jittered = wait * (0.9 + policy.random() * 0.2);
  const asked = Math.min(askedMs, LONGEST_ASKED_MS);
  return new Date(now.getTime() + Math.max(1, Math.round(Math.max(jittered, asked) * policy.factor)));
}
