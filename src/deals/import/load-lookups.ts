import { access } from 'node:fs/promises';
import path from 'node:path';
import { columnsOf, ImportRefused } from './import-map.ts';
import type { ImportMap } from './import-map.ts';
import { openCsv } from './read-rows.ts';

/** Rows of a look-up file by their key. */
export interface Lookup {
  headings: readonly string[];
  rows: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Reads the map's look-up files, beside the imported file or else beside the map. @throws ImportRefused */
export async function loadLookups(
  map: ImportMap,
  csvFile: string,
  mapFile: string,
): Promise<Map<string, Lookup>> {
  const folders = [path.dirname(csvFile), path.dirname(mapFile)];
  const loaded = new Map<string, Lookup>();
  for (const [name, { file, key }] of Object.entries(map.lookups)) {
    const found = await findFile(file, folders);
    if (found === null)
      throw new ImportRefused(`The look-up file ${file} is in none of ${folders.join(', ')}.`);
    loaded.set(name, await loadLookup(found, key, map.delimiter));
  }
  return loaded;
}

/** @throws ImportRefused naming every column the map reads and neither the file nor a look-up has */
export function checkColumns(
  map: ImportMap,
  headings: readonly string[],
  lookups: ReadonlyMap<string, Lookup>,
): void {
  const known = new Set([
    ...headings,
    ...[...lookups].flatMap(([name, lookup]) => lookup.headings.map((heading) => `${name}.${heading}`)),
  ]);
  const missing = columnsOf(map).filter((column) => !known.has(column));
  if (missing.length > 0) {
    throw new ImportRefused(
      `The map reads columns that are not there: ${missing.join(', ')}. There are: ${[...known].join(', ')}.`,
    );
  }
}

async function findFile(file: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const candidate = path.resolve(folder, file);
    if (await isThere(candidate)) return candidate;
  }
  return null;
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function loadLookup(file: string, key: string, delimiter: string): Promise<Lookup> {
  const { headings, rows } = await openCsv(file, delimiter);
  const keyIndex = headings.indexOf(key);
  if (keyIndex < 0) throw new ImportRefused(`${file} has no column "${key}".`);
  const byKey = new Map<string, ReadonlyMap<string, string>>();
  for await (const { cells, line, broken } of rows) {
    if (broken !== null) throw new ImportRefused(`${file}, line ${line}: ${broken}.`);
    const value = cells[keyIndex]?.trim() ?? '';
    if (byKey.has(value)) throw new ImportRefused(`${file}, line ${line}: "${value}" is there twice.`);
    byKey.set(value, new Map(headings.map((heading, index) => [heading, cells[index]?.trim() ?? ''])));
  }
  return { headings, rows: byKey };
}
