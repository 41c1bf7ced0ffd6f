import { describe, expect, it } from '@jest/globals';
import { playWeek } from './play-week.ts';

describe('a week with a rep who does anything, in all weathers', () => {
  it('ends with every field as its owner left it and one commission for every win', async () => {
    const lines: string[] = [];
    const { faults, happened } = await playWeek({
      seed: 7,
      deals: 60,
      steps: 10,
      say: (line) => lines.push(line),
    });
    expect(faults).toEqual([]);
    expect(happened['registered']).toBe(60);
  }, 300_000);
});
