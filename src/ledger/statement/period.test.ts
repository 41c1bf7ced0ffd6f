import { describe, expect, it } from '@jest/globals';
import { PeriodName } from './period.ts';

describe('the name of a period', () => {
  it.each([
    ['2026-02', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['2026-12', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2026-Q4', '2026-10-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2028', '2028-01-01T00:00:00.000Z', '2029-01-01T00:00:00.000Z'],
  ])('%s', (name, from, to) => {
    expect(PeriodName.parse(name)).toEqual({ name, from: new Date(from), to: new Date(to) });
  });

  it.each(['2026-13', '2026-00', '2026-Q5', 'June', '2026-6', ''])('"%s" is none', (name) => {
    expect(PeriodName.safeParse(name).success).toBe(false);
  });
});
