import type { ApiUsage } from '../../src/crm/usage.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Answer } from './client.ts';

/** What the portal said last of its calls of the day, which all of its apps share. */
export interface Usage {
  heed(answer: Pick<Answer, 'header'>): void;
  latest(): ApiUsage | null;
}

/** `X-HubSpot-RateLimit-Daily` and `-Daily-Remaining`; OAuth apps are not told (facts: Rate limits). */
export function openUsage(clock: Clock): Usage {
  let latest: ApiUsage | null = null;
  return {
    heed: ({ header }) => {
      const allowed = Number(header('x-hubspot-ratelimit-daily') ?? NaN);
      const remaining = Number(header('x-hubspot-ratelimit-daily-remaining') ?? NaN);
      if (!Number.isInteger(allowed) || allowed <= 0 || !Number.isInteger(remaining)) return;
      latest = { used: Math.max(0, allowed - remaining), allowed, at: clock.now().getTime() };
    },
    latest: () => latest,
  };
}
