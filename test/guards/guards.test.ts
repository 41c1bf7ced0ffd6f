import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { allGuards } from './all-guards.ts';

const root = path.resolve(import.meta.dirname, '../..');

describe('the list of guards', () => {
  it('points at text that is in its file exactly once, and at tests that exist', async () => {
    const guards = await allGuards();
    expect(guards.length).toBeGreaterThan(0);
    const stale = guards.filter(
      ({ file, find, test }) =>
        !existsSync(path.join(root, test)) ||
        readFileSync(path.join(root, file), 'utf8').split(find).length !== 2,
    );
    expect(stale.map(({ never }) => never)).toEqual([]);
  });
});
