import { describe, expect, it } from '@jest/globals';
import { manualClock } from './clock.ts';
import { newId } from './ids.ts';

describe('ids', () => {
  it('are UUIDs of version 7 that carry the time', () => {
    const id = newId(manualClock(new Date('2026-11-23T05:00:00.123Z')));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const ms = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    expect(new Date(ms).toISOString()).toBe('2026-11-23T05:00:00.123Z');
  });

  it('sort in the order they were made, also ten thousand within one millisecond', () => {
    const clock = manualClock(new Date('2026-11-23T05:00:00.000Z'));
    const ids = Array.from({ length: 10_000 }, () => newId(clock));
    clock.advance(50);
    ids.push(newId(clock));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
