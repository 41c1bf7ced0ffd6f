import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or returns at once when the signal aborts. Leaves no listener behind, however often it is called. */
export async function sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // Aborted: the caller looks at the signal.
  }
}
