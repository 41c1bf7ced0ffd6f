import { z } from 'zod';
import type { ApiUsage } from '../../src/crm/usage.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Answer } from './client.ts';
import { nextMidnight } from './next-midnight.ts';

/** What the portal said last of its calls of the day, which all of its apps share. */
export interface Usage {
  heed(answer: Pick<Answer, 'header' | 'json'>): void;
  latest(): ApiUsage | null;
}

const Account = z.object({ portalId: z.unknown(), timeZone: z.string() });

/**
 * `X-HubSpot-RateLimit-Daily` and `-Daily-Remaining`; OAuth apps are not told (facts: Rate limits). Where the portal's
 * clocks are is in the account's own description, which passes here often enough.
 */
export function openUsage(clock: Clock): Usage {
  let latest: ApiUsage | null = null;
  let timeZone: string | null = null;
  return {
    heed: ({ header, json }) => {
      const account = Account.safeParse(json);
      if (account.success && account.data.portalId !== undefined) timeZone = account.data.timeZone;
      const allowed = Number(header('x-hubspot-ratelimit-daily') ?? NaN);
      const remaining = Number(header('x-hubspot-ratelimit-daily-remaining') ?? NaN);
      if (!Number.isInteger(allowed) || allowed <= 0 || !Number.isInteger(remaining)) return;
      latest = { used: Math.max(0, allowed - remaining), allowed, at: clock.now().getTime() };
    },
    latest: () => {
      const resetsAt = latest === null || timeZone === null ? null : nextMidnight(timeZone, latest.at);
      return latest === null || resetsAt === null ? latest : { ...latest, resetsAt };
    },
  };
}
