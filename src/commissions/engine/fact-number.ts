/** A fact that must be a number. */
import { Exact } from '../exact.ts';
import { Hold } from './hold.ts';
import type { Setting } from './setting.ts';

/** @throws Hold where it is not known, or no number */
export function factNumber(setting: Setting, name: string): Exact {
  const fact = setting.facts(name);
  if (fact === null || !/^-?\d+(\.\d+)?$/.test(fact))
    throw new Hold(
      'fact-missing',
      `The plan needs the number "${name}", which is ${fact === null ? 'not known' : `"${fact}", no number`}.`,
    );
  return new Exact(fact);
}
