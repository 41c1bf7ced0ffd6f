import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyTree, plainEnvironment } from '../readme/newcomer.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
let tree: Awaited<ReturnType<typeof copyTree>>;

beforeAll(async () => {
  tree = await copyTree(root);
  await ownPackages();
});
afterAll(() => tree.remove());

describe('a command', () => {
  it('is compiled once, and again as soon as a source changed', async () => {
    expect(help()).toContain('what needs a person, with the next step');
    expect(help()).toContain('what needs a person, with the next step');
    expect(await compiledVersions()).toHaveLength(1);

    const file = path.join(tree.folder, 'src/cli/cards.ts');
    const source = await readFile(file, 'utf8');
    await writeFile(file, source.replace('what needs a person, with', 'whatever needs a person, with'));
    expect(help()).toContain('whatever needs a person, with the next step');
    expect(await compiledVersions()).toHaveLength(2);
  });

  it('is read from its sources where nothing can be written', async () => {
    const cache = path.join(tree.folder, 'node_modules/.cache');
    await rm(cache, { recursive: true });
    await writeFile(cache, 'a file where the folder would be');
    expect(help()).toContain('whatever needs a person, with the next step');
  });
});

/** A folder of the copy's own, so that what is compiled is not put beside the packages that other tests share. */
async function ownPackages(): Promise<void> {
  const packages = path.join(tree.folder, 'node_modules');
  await unlink(packages);
  await mkdir(packages);
  for (const name of await readdir(path.join(root, 'node_modules'))) {
    if (name !== '.cache') await symlink(path.join(root, 'node_modules', name), path.join(packages, name));
  }
}

function compiledVersions(): Promise<string[]> {
  return readdir(path.join(tree.folder, 'node_modules/.cache/tributary'));
}

function help(): string {
  const ran = spawnSync(process.execPath, ['bin/tributary.mjs', '--help'], {
    cwd: tree.folder,
    env: plainEnvironment({}),
    encoding: 'utf8',
  });
  return `${ran.stdout}${ran.stderr}`;
}
