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
  expect(periodOf(day, per, { yearStartsIn: first })).toEqual({ name, from, to }),
);

test.each([
  ['2026-11-23', 'week', '2026-11-23/2026-11-29'],
  ['2026-11-22', 'week', '2026-11-16/2026-11-22'],
  ['2026-11-15', 'half-month', '2026-11-01/2026-11-15'],
  ['2026-11-16', 'half-month', '2026-11-16/2026-11-30'],
  ['2028-02-29', 'half-month', '2028-02-16/2028-02-29'],
] as const)('%s lies, by %s, in %s', (day, per, name) => {
  const [from = '', to = ''] = name.split('/');
  expect(periodOf(day, per)).toEqual({ name, from, to });
});

test.each([
  ['2026-01-09', '2026-01-02/2026-01-15'],
  ['2026-01-16', '2026-01-16/2026-01-29'],
  ['2025-12-31', '2025-12-19/2026-01-01'],
] as const)('%s lies in two weeks counted from a Friday', (day, name) =>
  expect(periodOf(day, 'two-weeks', { weeksFrom: '2026-01-02' }).name).toBe(name),
);

test.each([
  ['2026-06-30', {}, '2026-H1', '2026-01-01', '2026-06-30'],
  ['2026-07-01', {}, '2026-H2', '2026-07-01', '2026-12-31'],
  ['2026-03-31', { yearStartsIn: 4 }, '2026-H2', '2025-10-01', '2026-03-31'],
] as const)('%s lies in a half year', (day, calendar, name, from, to) =>
  expect(periodOf(day, 'half-year', calendar)).toEqual({ name, from, to }),
);
