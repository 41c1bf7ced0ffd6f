import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cruise, repository, type Cruise } from './cruise.ts';
import { cycle, devPackages, doubleOffences, lawful, offences, orphan, packages } from './seeds.ts';

const folders = ['src', 'connectors', 'mappings', 'workers', 'sandbox', 'migrations'];

describe('the arrows of the design', () => {
  let root: string;
  let lawfulOnly: Cruise;
  let seeded: Cruise;

  beforeAll(async () => {
    root = await realpath(await mkdtemp(path.join(tmpdir(), 'tributary-arrows-')));
    await writePackages(root);
    for (const [file, imports] of Object.entries(lawful))
      await write(
        root,
        file,
        imports.map((from) => statement(from)),
      );
    lawfulOnly = await cruise(root, folders);
    await writeOffences(root);
    seeded = await cruise(root, folders);
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  it('let through everything that the design allows', () => {
    expect(lawfulOnly.files).toBeGreaterThan(Object.keys(lawful).length - 1);
    expect(lawfulOnly.violations).toEqual([]);
  });

  it('fire at each seeded violation, and nowhere else', () => {
    const expected = [
      ...offences.map(({ rule, from, to }) => `${rule}: ${from} -> ${to}`),
      ...doubleOffences.flatMap(({ rules, from, to }) => rules.map((rule) => `${rule}: ${from} -> ${to}`)),
      `no-cycle: ${cycle[0]} -> ${cycle[1]}`,
      `no-orphan: ${orphan} -> ${orphan}`,
    ];
    const cycleOnce = seeded.violations.map((found) =>
      found === `no-cycle: ${cycle[1]} -> ${cycle[0]}` ? `no-cycle: ${cycle[0]} -> ${cycle[1]}` : found,
    );
    expect([...new Set(cycleOnce)].sort()).toEqual(expected.sort());
  });

  it('have a seeded violation each', () => {
    const fired = new Set(seeded.violations.map((violation) => violation.split(':')[0]));
    expect(seeded.rules.filter((rule) => !fired.has(rule))).toEqual([]);
  });

  it('are kept by the repository itself', async () => {
    const real = await cruise(repository, folders);
    expect(real.files).toBeGreaterThan(100);
    expect(real.violations).toEqual([]);
  });
});

/** Packages with nothing in them: what counts is where an import leads. */
async function writePackages(root: string): Promise<void> {
  for (const name of packages) {
    await write(root, `node_modules/${name}/package.json`, [
      JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
    ]);
    await write(root, `node_modules/${name}/index.js`, ['module.exports = {};']);
  }
  const listed = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, '1.0.0']));
  const dependencies = listed(packages.filter((name) => !devPackages.includes(name)));
  const manifest = { name: 'seeded', type: 'module', dependencies, devDependencies: listed(devPackages) };
  await write(root, 'package.json', [JSON.stringify(manifest)]);
}

async function writeOffences(root: string): Promise<void> {
  await write(root, 'test/leaf.ts', ['export const leaf = 1;']);
  for (const { from, imports, typeOnly } of [...offences, ...doubleOffences]) {
    const lawfully = (lawful[from] ?? []).map((allowed) => statement(allowed));
    await write(root, from, [...lawfully, statement(imports, typeOnly === true)]);
  }
  await write(root, cycle[0], [statement('./egg.ts')]);
  await write(root, cycle[1], [statement('./hen.ts', true)]);
  await write(root, orphan, ['export const nobody = 1;']);
}

function statement(from: string, typeOnly = false): string {
  return typeOnly ? `import type { Any } from '${from}';\nexport type Again = Any;` : `import '${from}';`;
}

async function write(root: string, file: string, lines: readonly string[]): Promise<void> {
  const target = path.join(root, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, `${lines.join('\n')}\n`);
}
