import type { ApiUsage } from '../../src/crm/usage.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Answer } from './errors.ts';

/** What the org said last about its API requests of the last 24 hours. */
export interface Usage {
  heed(answer: Pick<Answer, 'headers'>): void;
  latest(): ApiUsage | null;
}

/** `api-usage=239/15000; per-app-api-usage=17/250(appName=…)`, on every answer, a refusal too (facts 1.3). */
export function openUsage(clock: Clock): Usage {
  let latest: ApiUsage | null = null;
  return {
    heed: ({ headers }) => {
      const said = /\bapi-usage=(\d+)\/(\d+)/.exec(headers['sforce-limit-info'] ?? '');
      if (said === null || Number(said[2]) === 0) return;
      latest = { used: Number(said[1]), allowed: Number(said[2]), at: clock.now().getTime() };
    },
    latest: () => latest,
  };
}
