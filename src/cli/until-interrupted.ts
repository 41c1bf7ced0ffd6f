/** Resolves on Ctrl-C or SIGTERM; with `orParentEnds` also when standard input closes, as it does when the parent dies. */
export function untilInterrupted(options: { orParentEnds?: boolean } = {}): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      // An open standard input alone would keep the process alive.
      if (options.orParentEnds) process.stdin.destroy();
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    if (!options.orParentEnds) return;
    process.stdin.on('end', stop).on('close', stop).on('error', stop);
    process.stdin.resume();
  });
}
