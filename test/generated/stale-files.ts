import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { GeneratedFile } from './files.ts';

export interface StaleFile {
  file: string;
  wanted: string;
  /** The first line that differs, counted from 1. */
  line: number;
}

/** Generates everything in memory and names each file under `root` that is missing or differs. Writes nothing. */
export async function staleFiles(root: string, files: readonly GeneratedFile[]): Promise<StaleFile[]> {
  const compared = await Promise.all(
    files.map(async ({ path: file, content }) => {
      const wanted = await content();
      const present = await readFile(path.join(root, file), 'utf8').catch(() => null);
      return present === wanted ? [] : [{ file, wanted, line: firstDifference(present ?? '', wanted) }];
    }),
  );
  return compared.flat();
}

function firstDifference(a: string, b: string): number {
  const theirs = b.split('\n');
  const at = a.split('\n').findIndex((line, index) => line !== theirs[index]);
  return (at === -1 ? a.split('\n').length : at) + 1;
}
