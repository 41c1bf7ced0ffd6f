import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openOrg } from '../../test/sandbox/salesforce-org.ts';
import { FAULT_PRESETS } from './admin/fault-presets.ts';
import { createSettings } from './org-settings.ts';
import { ERROR_CODES } from './rest/error-codes.ts';
import { PRESETS } from './schema/presets.ts';

const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');

function unnamed(names: readonly string[]): string[] {
  return names.filter((name) => !readme.includes(`\`${name}\``));
}

describe('the page about the local Salesforce', () => {
  it('names every org, switch and bad day', () => {
    expect(unnamed(PRESETS)).toEqual([]);
    expect(unnamed(Object.keys(createSettings().current))).toEqual([]);
    expect(unnamed(Object.keys(FAULT_PRESETS).filter((name) => !Object.hasOwn(ERROR_CODES, name)))).toEqual(
      [],
    );
  });

  it('names every call of the admin port', async () => {
    const org = await openOrg();
    const calls = (await org.admin('GET', '/api')) as unknown as { method: string; path: string }[];
    await org.close();
    expect(calls.length).toBeGreaterThan(20);
    expect(unnamed(calls.map(({ method, path }) => `${method} ${path}`))).toEqual([]);
  });

  it('names no switch that is gone', () => {
    const table = readme.slice(readme.indexOf('## Switches'), readme.indexOf('## Bad days'));
    const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name);
    const known = Object.keys(createSettings().current);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});
