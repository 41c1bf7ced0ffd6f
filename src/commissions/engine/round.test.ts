import { expect, test } from '@jest/globals';
import { Exact } from '../exact.ts';
import { roundTo, scaleOf, shareOut, type RoundingMode } from './round.ts';

// Of 0.125, -0.125, 0.135 and 0.121, to cents.
test.each<[RoundingMode, string]>([
  ['half-up', '0.13 -0.13 0.14 0.12'],
  ['half-down', '0.12 -0.12 0.13 0.12'],
  ['half-even', '0.12 -0.12 0.14 0.12'],
  ['up', '0.13 -0.13 0.14 0.13'],
  ['down', '0.12 -0.12 0.13 0.12'],
  ['ceiling', '0.13 -0.12 0.14 0.13'],
  ['floor', '0.12 -0.13 0.13 0.12'],
])('%s', (mode, expected) => {
  const rounded = ['0.125', '-0.125', '0.135', '0.121'].map((one) =>
    roundTo(new Exact(one), 2, mode).toFixed(),
  );
  expect(rounded.join(' ')).toBe(expected);
});

test('the scale is the currency’s unless a number is said', () => {
  expect([
    scaleOf('currency', 'EUR'),
    scaleOf('currency', 'JPY'),
    scaleOf('currency', 'KWD'),
    scaleOf(4, 'EUR'),
  ]).toEqual([2, 0, 3, 4]);
});

test.each([
  ['equal remainders: the first takes the cent', '1.00', ['0.3333', '0.3333', '0.3333'], '0.34 0.33 0.33'],
  ['the largest remainder takes the cent', '1.00', ['0.331', '0.331', '0.338'], '0.33 0.33 0.34'],
  ['nothing is left over', '0.60', ['0.10', '0.20', '0.30'], '0.10 0.20 0.30'],
  ['more cents than parts go round again', '0.05', ['0.00', '0.00'], '0.03 0.02'],
  ['below zero', '-1.00', ['-0.3333', '-0.3333', '-0.3334'], '-0.33 -0.33 -0.34'],
  ['less than the whole cents: the smallest remainder gives', '0.02', ['0.012', '0.019'], '0.01 0.01'],
  ['less than the whole cents of the parts', '0.01', ['0.012', '0.019'], '0.00 0.01'],
])('shares out: %s', (_, whole, parts, expected) => {
  const out = shareOut(
    new Exact(whole),
    parts.map((part) => new Exact(part)),
    2,
  );
  expect(out.map((part) => part.toFixed(2)).join(' ')).toBe(expected);
});
