import { describe, expect, it } from '@jest/globals';
import { createDailyCount } from './daily-count.ts';
import { fixedWindow, rollingWindow } from './window.ts';

function taken(window: ReturnType<typeof rollingWindow>, times: number[]): boolean[] {
  return times.map((time) => window.take(time));
}

describe('windows', () => {
  it('that roll never let more than their number through any span', () => {
    expect(taken(rollingWindow(2, 1000), [900, 950, 1100, 1899, 1900, 1950])).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
  });

  it('that are fixed let twice as many through around an edge', () => {
    const window = fixedWindow(2, 1000);
    expect(taken(window, [900, 950, 960, 1000, 1001, 1002])).toEqual([true, true, false, true, true, false]);
    expect(window.remaining(1003)).toBe(0);
    expect(window.remaining(2000)).toBe(2);
  });
});

describe('the daily count', () => {
  it('starts again at the portal’s midnight, not at UTC’s', () => {
    const count = createDailyCount('US/Eastern');
    const at = (time: string) => Date.parse(`2026-01-${time}Z`);
    expect(count.take(at('10T23:00:00'), 1)).toBe(true);
    expect(count.take(at('11T00:30:00'), 1)).toBe(false);
    expect(count.take(at('11T05:00:00'), 1)).toBe(true);
    expect(count.used(at('11T05:00:01'))).toBe(1);
  });
});
