import { describe, expect, it } from '@jest/globals';
import { readDate } from './read-date.ts';

describe('src/deals/import/read-date', () => {
  it.each([
    ['20-10-16', 'DD-MM-YY', '2016-10-20'],
    ['2026-02-28', 'YYYY-MM-DD', '2026-02-28'],
    ['3/7/2026', 'M/D/YYYY', '2026-03-07'],
    ['07.03.2026', 'D.M.YYYY', '2026-03-07'],
    ['29-02-24', 'DD-MM-YY', '2024-02-29'],
    ['29-02-23', 'DD-MM-YY', null],
    ['13/13/2026', 'M/D/YYYY', null],
    ['00-01-26', 'DD-MM-YY', null],
    ['20x10x16', 'DD.MM.YY', null],
    ['20-10-16 ', 'DD-MM-YY', null],
    ['', 'DD-MM-YY', null],
  ])('reads %p as %s: %p', (text, form, day) => {
    expect(readDate(text, form)).toBe(day);
  });
});
