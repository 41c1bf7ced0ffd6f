import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['src', 'workers', 'connectors'];
const call = /\bcrashPoint\(([^)]*)\)/g;
const definition = 'src/platform/crash-point.ts';

/**
 * Every crash point there is, those of bulk jobs apart (few deals never become one: see test/backfill), read from the source, so that a new one cannot be forgotten by the tests.
 * @throws Error when a point's name is not written out: nobody could tell then whether it was hit
 */
export async function namedCrashPoints(of: 'usual' | 'bulk' = 'usual'): Promise<string[]> {
  const names = new Set<string>();
  for (const file of (await Promise.all(folders.map(sourcesIn))).flat()) {
    const text = await readFile(path.join(repository, file), 'utf8');
    for (const [, argument = ''] of text.matchAll(call)) {
      const [, name] = /^'([a-z]+:[a-z-]+)'$/.exec(argument) ?? [];
      if (name === undefined) throw new Error(`${file}: crashPoint(${argument}) does not name its point`);
      if (name.startsWith('bulk:') === (of === 'bulk')) names.add(name);
    }
  }
  return [...names].sort();
}

async function sourcesIn(folder: string): Promise<string[]> {
  const entries = await readdir(path.join(repository, folder), { recursive: true });
  return entries
    .map((entry) => `${folder}/${entry.split(path.sep).join('/')}`)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== definition);
}
