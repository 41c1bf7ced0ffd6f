/**
 * A command should answer at once. Reading some hundred TypeScript files one by one costs over a second at each start,
 * reading a few compiled files, with the packages in them, a fraction of it.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = path.join(root, 'node_modules', '.cache', 'tributary');
const sources = ['src', 'connectors', 'mappings', 'workers', 'sandbox'];
/** Says whose sources these were: copies of the project may share their packages, and this folder with them. */
const PLACE = 'compiled-from.txt';
/** What is compiled depends on how, too. */
const ownParts = ['compile-once.mjs', 'compile.mjs'].map((name) => path.join(root, 'bin', name));
const KEPT_MS = 30 * 86_400_000;

/**
 * @param {string} entry a module, relative to the project's folder
 * @returns {Promise<string | null>} the compiled module; null where nothing can be written: read the sources then
 */
export async function compileOnce(entry) {
  const folder = path.join(cache, await nameOfSources());
  const compiled = path.join(folder, entry.replace(/\.ts$/, '.js'));
  if (existsSync(compiled)) return compiled;
  const unfinished = `${folder}.${process.pid}`;
  try {
    await mkdir(cache, { recursive: true });
    await compile(root, entry, unfinished);
    await writeFile(path.join(unfinished, PLACE), root);
    // Several processes may start at once: the first puts it in place, the others have made the same.
    await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true, force: true }));
    await forgetOld();
  } catch {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    return null;
  }
  return existsSync(compiled) ? compiled : null;
}

/** Differs as soon as one file was added, removed or changed, and for each place: file URLs are compiled in. */
async function nameOfSources() {
  const files = (await Promise.all(sources.map((folder) => listTypeScript(path.join(root, folder))))).flat();
  const lock = path.join(root, 'package-lock.json');
  const described = await Promise.all(
    [lock, ...ownParts, ...files.sort()].map(async (file) => {
      const { size, mtimeMs } = await stat(file);
      return `${file} ${size} ${mtimeMs}`;
    }),
  );
  return createHash('sha256').update(described.join('\n')).digest('hex').slice(0, 32);
}

async function listTypeScript(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

/** Other versions are kept for a month, because processes that still run may read parts of theirs; those of deleted copies go. */
async function forgetOld() {
  const now = Date.now();
  for (const name of await readdir(cache)) {
    const folder = path.join(cache, name);
    const place = await readFile(path.join(folder, PLACE), 'utf8').catch(() => null);
    const { mtimeMs } = await stat(folder);
    if (now - mtimeMs > KEPT_MS || (place !== null && !existsSync(place)))
      await rm(folder, { recursive: true, force: true });
  }
}
