import { expect, test } from '@jest/globals';
import { Exact } from '../exact.ts';
import { isAway, prorated } from './prorate.ts';

const year = { name: '2026', from: '2026-01-01', to: '2026-12-31' };

test.each([
  ['days', '2026-12-31', undefined, 365, 1],
  ['days', '2026-01-01', '2026-01-31', 365, 31],
  ['days', '2025-05-05', '2027-05-05', 365, 365],
  ['days', '2027-01-01', undefined, 365, 0],
  ['months-begun', '2026-12-31', undefined, 12, 1],
  ['months-begun', '2026-03-10', '2026-04-01', 12, 2],
  ['whole-months', '2026-03-10', '2026-03-20', 12, 0],
  ['whole-months', '2026-03-10', '2026-04-20', 12, 0],
  ['whole-months', '2026-03-01', '2026-04-30', 12, 2],
  ['whole-months', '2026-03-02', '2026-04-30', 12, 1],
  ['whole-months', '2026-03-01', '2026-04-29', 12, 1],
  ['whole-months', '2025-03-02', null, 12, 12],
  [undefined, '2026-12-31', undefined, 365, 365],
] as const)('by %s, from %s to %s, of %i it is %i', (by, joinedAt, leftAt, whole, part) =>
  expect(prorated(new Exact(whole), by, year, { partner: 'river', joinedAt, leftAt }).toFixed()).toBe(
    String(part),
  ),
);

test('a partner that nothing is known of was there all the time', () => {
  expect(prorated(new Exact(7), 'days', year, undefined).toFixed()).toBe('7');
  expect(isAway(year, undefined)).toBe(false);
});

test.each([
  ['2026-12-31', undefined, false],
  ['2027-01-01', undefined, true],
  [undefined, '2025-12-31', true],
  [undefined, '2026-01-01', false],
])('who joined on %s and left on %s was away the whole year: %s', (joinedAt, leftAt, away) =>
  expect(isAway(year, { joinedAt, leftAt })).toBe(away),
);
