import { startTributary } from './worker-process.ts';
import type { TributaryProcess } from './worker-process.ts';

export interface Supervised {
  /** How often a killed worker was started again. */
  restarts(): number;
  /** Ends that no crash point explains; empty when all went well. */
  unexplained(): string[];
  stop(): Promise<void>;
}

/** Keeps `count` worker processes running, as an init system would: one that was killed is started again at once. */
export function superviseWorkers(
  count: number,
  options: { folder: string; env: Readonly<Record<string, string>> },
): Supervised {
  let stopping = false;
  let restarts = 0;
  const unexplained: string[] = [];
  const running = new Map<number, TributaryProcess>();

  const keepRunning = async (slot: number): Promise<void> => {
    while (!stopping) {
      const worker = startTributary('work', { ...options, name: `worker-${slot}` });
      running.set(slot, worker);
      const how = await worker.ended;
      if (stopping) {
        // A worker restarted just now is still loading: it dies of the signal itself, before it can hear it.
        if (how !== 0 && how !== 'SIGTERM')
          unexplained.push(`${worker.name} ended with ${how} when it was told to stop`);
        return;
      }
      if (how !== 'SIGKILL') unexplained.push(`${worker.name} ended by itself with ${how}`);
      restarts += 1;
    }
  };
  const loops = Array.from({ length: count }, (_, slot) => keepRunning(slot));

  return {
    restarts: () => restarts,
    unexplained: () => unexplained,
    stop: async () => {
      stopping = true;
      for (const worker of running.values()) void worker.stop();
      await Promise.all(loops);
    },
  };
}
