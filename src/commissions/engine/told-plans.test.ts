/**
 * Small plans over a few deals, each told to the cent and to the word: amounts, the step each was taken in, its sentence, when it
 * becomes payable, payouts and holds. They are kept in test/fixtures/told-plans, a file for each part of the language; tell-again.ts there writes them anew.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { told } from '../../../test/properties/told-outcome.ts';

interface Case {
  plan?: string;
  rule?: string;
  deals: string;
  more?: string;
  told: string[];
}

const folder = new URL('../../../test/fixtures/told-plans/', import.meta.url);

describe.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s', (file) => {
  const cases = parse(readFileSync(new URL(file, folder), 'utf8')) as Case[];

  test.each(cases.map((one, index) => [index + 1, one] as const))('comes out as told: %i', (_, one) =>
    expect(told(one.plan ?? '', one.rule ?? '', one.deals, one.more)).toEqual(one.told),
  );
});
