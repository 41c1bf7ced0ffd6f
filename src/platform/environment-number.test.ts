import { afterEach, describe, expect, it } from '@jest/globals';
import { environmentNumber } from './environment-number.ts';

const name = 'TRIBUTARY_TEST_OF_NUMBERS';
afterEach(() => {
  delete process.env[name];
});

describe('a number of the environment', () => {
  it('is the usual one where nothing is set, and where the line was left blank', () => {
    expect(environmentNumber(name, 7)).toBe(7);
    for (const blank of ['', '  ']) {
      process.env[name] = blank;
      expect(environmentNumber(name, 7)).toBe(7);
    }
  });

  it('is what was set', () => {
    process.env[name] = '0.5';
    expect(environmentNumber(name, 7)).toBe(0.5);
  });
});
