const DAY_MS = 86_400_000;

/**
 * The first moment of the next day on the clocks of a time zone; milliseconds since 1970. Null for a zone that this machine
 * does not know. HubSpot counts a day's calls from midnight to midnight of the portal (facts: Rate limits).
 */
export function nextMidnight(timeZone: string, now: number): number | null {
  try {
    const clock = wallClock(timeZone);
    const today = clock(now);
    const midnight = today - (today % DAY_MS) + DAY_MS;
    // A wall clock is behind or ahead by what it is at that moment, which a change of summer time makes another than now.
    let at = midnight - (today - now);
    for (let round = 0; round < 2; round += 1) at = midnight - (clock(at) - at);
    return at;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** What the clocks of the zone show at a moment, as if it were UTC; whole seconds. */
function wallClock(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  } as const);
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const day = Date.UTC(part('year'), part('month') - 1, part('day'));
    return day + ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1000 + (at % 1000);
  };
}
