import { expect, test } from '@jest/globals';
import { addSpan, daysBetween, monthsBetween, periodOf } from './days.ts';

test.each([
  ['2026-01-31', { months: 1 }, '2026-02-28'],
  ['2024-02-29', { years: 1 }, '2025-02-28'],
  ['2026-12-31', { days: 1 }, '2027-01-01'],
  ['2026-03-28', { weeks: 2 }, '2026-04-11'],
])('%s and %j is %s', (day, span, expected) => expect(addSpan(day, span)).toBe(expected));

test('days are counted across a change of clocks, and backwards', () => {
  expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2);
  expect(daysBetween('2026-03-30', '2026-03-28')).toBe(-2);
});

test.each([
  ['2026-01-15', '2026-02-14', 0],
  ['2026-01-15', '2026-02-15', 1],
  ['2026-01-31', '2026-02-28', 1],
  ['2025-11-30', '2026-11-29', 11],
])('from %s to %s %i whole months pass', (from, to, months) => expect(monthsBetween(from, to)).toBe(months));

test.each([
  ['2026-11-23', 'month', 1, '2026-11', '2026-11-01', '2026-11-30'],
  ['2026-11-23', 'quarter', 1, '2026-Q4', '2026-10-01', '2026-12-31'],
  ['2026-11-23', 'year', 1, '2026', '2026-01-01', '2026-12-31'],
  ['2026-03-31', 'year', 4, '2026', '2025-04-01', '2026-03-31'],
  ['2026-04-01', 'year', 4, '2027', '2026-04-01', '2027-03-31'],
  ['2026-04-01', 'quarter', 4, '2027-Q1', '2026-04-01', '2026-06-30'],
  ['2026-03-31', 'quarter', 4, '2026-Q4', '2026-01-01', '2026-03-31'],
] as const)('%s lies, by %s from month %i on, in %s', (day, per, first, name, from, to) =>
  expect(periodOf(day, per, first)).toEqual({ name, from, to }),
);
