import type { ApiUsage, CrmLimit } from '../../src/crm/usage.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Answer } from './errors.ts';

/** What the org said last about its API requests of the last 24 hours. */
export interface Usage {
  heed(answer: Pick<Answer, 'headers'>): void;
  /** From the list of limits, for an org whose headers do not reach us. */
  learn(calls: CrmLimit): void;
  latest(): ApiUsage | null;
}

/** `api-usage=239/15000; per-app-api-usage=17/250(appName=…)`, on every answer, a refusal too (facts 1.3). */
export function openUsage(clock: Clock): Usage {
  let latest: ApiUsage | null = null;
  let isTold = false;
  const set = (used: number, allowed: number): void => {
    if (allowed > 0) latest = { used, allowed, at: clock.now().getTime() };
  };
  return {
    heed: ({ headers }) => {
      const said = /\bapi-usage=(\d+)\/(\d+)/.exec(headers['sforce-limit-info'] ?? '');
      if (said === null) return;
      isTold = true;
      set(Number(said[1]), Number(said[2]));
    },
    // The header of the same answer is the newer count.
    learn: ({ max, remaining }) => {
      if (!isTold) set(Math.max(0, max - remaining), max);
    },
    latest: () => latest,
  };
}
