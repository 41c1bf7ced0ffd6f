import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';

export interface RejectedCells {
  line: number;
  cells: readonly string[];
  reasons: readonly string[];
}

/**
 * Writes the rejected rows beside the imported file, with all their columns and a column `reason`, so that they
 * can be put right and imported by themselves. A cell that a spreadsheet would run as a formula gets an apostrophe
 * in front; the import takes it off again. In a read-only folder the file goes to the working directory.
 */
export async function writeRejectedFile(
  importedFile: string,
  headings: readonly string[],
  rows: readonly RejectedCells[],
  delimiter: string,
): Promise<string> {
  const target = await rejectedFileFor(importedFile);
  // A file of rejected rows imported again has the column already.
  const kept = headings.filter((heading) => heading !== 'reason');
  const indexes = kept.map((heading) => headings.indexOf(heading));
  const ordered = rows.toSorted((a, b) => a.line - b.line);
  const lines = ordered.map(({ cells, reasons }) => [
    ...indexes.map((index) => cells[index] ?? ''),
    reasons.join('; '),
  ]);
  const csv = stringify({ header: true, columns: [...kept, 'reason'], escape_formulas: true, delimiter });
  await pipeline(Readable.from(lines), csv, createWriteStream(target));
  return target;
}

async function rejectedFileFor(importedFile: string): Promise<string> {
  const { dir, name } = path.parse(path.resolve(importedFile));
  const file = `${name}.rejected.csv`;
  return (await isWritable(dir)) ? path.join(dir, file) : path.resolve(file);
}

/** By the folder's mode, not by trying: root may write where it is told not to. */
async function isWritable(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  return (mode & 0o222) !== 0;
}
