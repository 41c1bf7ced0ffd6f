import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { main } from './main.ts';

let said: string;

beforeEach(() => {
  said = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('a command that cannot be used as it was typed', () => {
  it.each([
    [['demo', '--deals', 'many'], '--deals takes a whole number\n'],
    [['redrive', 'R-1'], 'A deal is named by its id, as tributary reconcile shows it.\n'],
    [['plan', 'check', 'no-such-plan.yaml'], 'There is no file no-such-plan.yaml.\n'],
  ])('%j ends with 2 and says why in one sentence', async (args, sentence) => {
    expect(await main(args)).toBe(2);
    expect(said).toBe(sentence);
  });
});
