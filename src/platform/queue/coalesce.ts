/**
 * Runs `work` for many who ask, one at a time: whoever asks while it runs is served by one more run after it, so that what
 * was stored before asking is always seen. Never rejects; what fails is handed to `failed`.
 */
export function coalesce(work: () => Promise<void>, failed: (error: unknown) => void): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await work().catch(failed);
      // Set by whoever asked meanwhile.
    } while (again as boolean);
    running = false;
  };
  return () => {
    if (running) again = true;
    else void run();
  };
}
