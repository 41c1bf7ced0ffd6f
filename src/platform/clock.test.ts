import { describe, expect, it } from '@jest/globals';
import { manualClock, systemClock } from './clock.ts';

describe('clocks', () => {
  it('keeps a manual clock still until it is moved', () => {
    const clock = manualClock(new Date('2026-02-28T23:59:59.000Z'));
    expect(clock.now().toISOString()).toBe('2026-02-28T23:59:59.000Z');
    clock.advance(1000);
    expect(clock.now().toISOString()).toBe('2026-03-01T00:00:00.000Z');
    clock.set(new Date('2024-02-29T12:00:00.000Z'));
    expect(clock.now().toISOString()).toBe('2024-02-29T12:00:00.000Z');
  });

  it('does not move when someone changes a reading or the starting date', () => {
    const start = new Date('2026-01-01T00:00:00.000Z');
    const clock = manualClock(start);
    start.setUTCFullYear(1999);
    clock.now().setUTCFullYear(1999);
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:00.000Z');
  });

  it('lets the system clock follow the machine', () => {
    const before = Date.now();
    const seen = systemClock.now().getTime();
    expect(seen).toBeGreaterThanOrEqual(before);
    expect(seen).toBeLessThanOrEqual(Date.now());
  });
});
