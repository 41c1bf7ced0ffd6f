import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';

/** The page in docs/ says what the test saw; with WRITE_ERROR_TABLE=1 it is written first. */
export async function comparePage(name: string, wanted: string): Promise<void> {
  const page = path.resolve(import.meta.dirname, '../../docs', name);
  if (process.env['WRITE_ERROR_TABLE'] === '1') await writeFile(page, wanted);
  expect(await readFile(page, 'utf8')).toBe(wanted);
}
