import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` for many who ask, one at a time: whoever asks while it runs is served by one more run after it, so that what
 * was stored before asking is always seen. Never rejects; what fails is handed to `failed`.
 * @param restMs at least so long between the end of one run and the beginning of the next; nobody who asks after a rest waits
 * @param rest how it rests, for whoever decides when a rest is over
 */
export function coalesce(
  work: () => Promise<void>,
  failed: (error: unknown) => void,
  restMs = 0,
  rest: (ms: number) => Promise<unknown> = restQuietly,
): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await work().catch(failed);
      if (restMs > 0) await rest(restMs);
      // Set by whoever asked meanwhile.
    } while (again as boolean);
    running = false;
  };
  return () => {
    if (running) again = true;
    else void run();
  };
}

/** Not holding the process: whoever closes it has stored what was asked for. */
function restQuietly(ms: number): Promise<unknown> {
  return sleep(ms, undefined, { ref: false });
}
