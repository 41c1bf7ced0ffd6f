/** Calls of the whole account in one day. */
export interface DailyCount {
  take(now: number, max: number): boolean;
  used(now: number): number;
}

/** Counts by the portal's own calendar: the limit resets at its midnight, not at UTC's (facts: Rate limits [D]). */
export function createDailyCount(timeZone: string): DailyCount {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
  let day = '';
  let checked = -1;
  let used = 0;

  function enter(now: number): void {
    // Formatting is slow, and a day only changes on a whole minute.
    const minute = Math.floor(now / 60_000);
    if (minute === checked) return;
    checked = minute;
    const today = format.format(now);
    if (today !== day) used = 0;
    day = today;
  }

  return {
    take(now, max) {
      enter(now);
      if (used >= max) return false;
      used += 1;
      return true;
    },
    used(now) {
      enter(now);
      return used;
    },
  };
}
