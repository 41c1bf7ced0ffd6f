import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` for many who ask, one at a time: whoever asks while it runs is served by one more run after it, so that what
 * was stored before asking is always seen. Never rejects; what fails is handed to `failed`.
 * @param restMs at least so long between the end of one run and the beginning of the next; nobody who asks after a rest waits
 */
export function coalesce(
  work: () => Promise<void>,
  failed: (error: unknown) => void,
  restMs = 0,
): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await work().catch(failed);
      // Not holding the process: whoever closes it has stored what was asked for.
      if (restMs > 0) await sleep(restMs, undefined, { ref: false });
      // Set by whoever asked meanwhile.
    } while (again as boolean);
    running = false;
  };
  return () => {
    if (running) again = true;
    else void run();
  };
}
