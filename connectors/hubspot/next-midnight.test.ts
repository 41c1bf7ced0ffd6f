import { describe, expect, it } from '@jest/globals';
import { nextMidnight } from './next-midnight.ts';
import { openUsage } from './usage.ts';

describe('the next midnight of a portal', () => {
  it.each([
    ['Etc/UTC', '2026-11-23T18:26:00.500Z', '2026-11-24T00:00:00.000Z'],
    ['America/New_York', '2026-11-23T18:26:00.000Z', '2026-11-24T05:00:00.000Z'],
    ['America/New_York', '2026-11-24T04:59:59.999Z', '2026-11-24T05:00:00.000Z'],
    ['America/New_York', '2026-11-24T05:00:00.000Z', '2026-11-25T05:00:00.000Z'],
    ['Asia/Kathmandu', '2026-11-23T18:26:00.000Z', '2026-11-24T18:15:00.000Z'],
    // The days on which summer time begins and ends are 23 and 25 hours long.
    ['Europe/Berlin', '2026-03-28T23:30:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-24T22:30:00.000Z', '2026-10-25T23:00:00.000Z'],
  ])('in %s after %s is %s', (timeZone, now, expected) => {
    const at = nextMidnight(timeZone, Date.parse(now));
    expect(at === null ? null : new Date(at).toISOString()).toBe(expected);
  });

  it('is not known of a zone that does not exist', () => {
    expect(nextMidnight('Mars/Olympus', 0)).toBeNull();
  });

  it('is told with the calls of the day, once the portal has told where it is', () => {
    const now = new Date('2026-11-23T18:26:00.000Z');
    const usage = openUsage({ now: () => now });
    const headers: Record<string, string> = {
      'x-hubspot-ratelimit-daily': '1000',
      'x-hubspot-ratelimit-daily-remaining': '900',
    };
    const answer = (json?: unknown) => ({ json, header: (name: string) => headers[name] ?? null });
    usage.heed(answer());
    expect(usage.latest()).toEqual({ used: 100, allowed: 1000, at: now.getTime() });
    usage.heed(answer({ portalId: 1, timeZone: 'America/New_York' }));
    usage.heed(answer({ timeZone: 'what a record may hold' }));
    expect(usage.latest()?.resetsAt).toBe(Date.parse('2026-11-24T05:00:00.000Z'));
  });
});
