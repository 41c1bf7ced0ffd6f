import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { SettingsHolder } from '../org-settings.ts';

/** When jobs take their next step. */
export interface Pace {
  /** Waits for the next step's turn. False when the org closes: then nothing more may be done. */
  step(): Promise<boolean>;
  stop(): void;
}

/** Lets steps pass after `bulkStepMs`, in real time or by the sandbox clock. */
export function createPace(clock: SandboxClock, settings: SettingsHolder): Pace {
  const waiting = new Map<(go: boolean) => void, () => void>();
  let stopped = false;

  return {
    step() {
      if (stopped) return Promise.resolve(false);
      const { bulkPace, bulkStepMs } = settings.current;
      return new Promise((resolve) => {
        const done = (go: boolean): void => {
          waiting.delete(done);
          resolve(go);
        };
        const timer = setTimer(clock, bulkPace, bulkStepMs, () => done(true));
        waiting.set(done, timer);
      });
    },
    stop() {
      stopped = true;
      for (const [done, cancel] of waiting) {
        cancel();
        done(false);
      }
    },
  };
}

function setTimer(clock: SandboxClock, pace: 'real' | 'clock', ms: number, ring: () => void): () => void {
  if (pace === 'clock' && ms > 0) return clock.after(ms, ring);
  const timer = setTimeout(ring, ms);
  return () => clearTimeout(timer);
}
