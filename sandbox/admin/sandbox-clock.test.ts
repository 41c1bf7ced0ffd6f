import { describe, expect, it } from '@jest/globals';
import { createSandboxClock } from './sandbox-clock.ts';

const standingStill = { now: () => new Date('2026-01-01T00:00:00.000Z') };

describe('a sandbox clock', () => {
  it('rings at once when it is moved past the time, also by the clock beneath it, and only once', () => {
    const beneath = createSandboxClock(standingStill);
    const clock = createSandboxClock(beneath);
    const rung: string[] = [];
    clock.after(1000, () => rung.push('a'));
    clock.after(5000, () => rung.push('b'));
    clock.advance(999);
    expect(rung).toEqual([]);
    beneath.advance(1);
    expect(rung).toEqual(['a']);
    beneath.advance(10_000);
    expect(rung).toEqual(['a', 'b']);
  });

  it('rings by itself as time passes, unless it was cancelled', async () => {
    const clock = createSandboxClock();
    const rung: string[] = [];
    const cancel = clock.after(5, () => rung.push('cancelled'));
    cancel();
    await new Promise<void>((resolve) => {
      clock.after(10, () => {
        rung.push('rung');
        resolve();
      });
    });
    expect(rung).toEqual(['rung']);
  });
});
