import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse';
import { parse as parseStrictly } from 'csv-parse/sync';
import { ImportRefused } from './import-map.ts';

export interface CsvRow {
  /** The line of the file the row ends on; the heading is line 1. */
  line: number;
  cells: readonly string[];
  /** Why the row cannot be read as cells, else null. */
  broken: string | null;
}

export interface CsvFile {
  headings: readonly string[];
  rows: AsyncIterable<CsvRow>;
}

interface Parsed {
  record: string[];
  info: { lines: number; bytes: number };
  raw: string;
}

/**
 * Reads a CSV file as a stream: quoted cells may hold line ends, a byte order mark is skipped, empty lines do not
 * count. A row of another width than the heading, or with a torn quote, comes as broken instead of ending the file.
 * @throws ImportRefused when the file cannot be read or its heading cannot be used
 */
export async function openCsv(
  file: string,
  delimiter: string,
  onProgress: (bytesRead: number, bytesTotal: number) => void = () => undefined,
): Promise<CsvFile> {
  const size = await stat(file).then(
    (found) => found.size,
    (error: Error) => {
      throw new ImportRefused(`The file cannot be read: ${error.message}`);
    },
  );
  const rows = readAll(file, delimiter, (bytes) => onProgress(bytes, size));
  const heading = await rows.next();
  if (heading.done === true || heading.value.broken !== null)
    throw new ImportRefused(`${file} has no heading row.`);
  const headings = heading.value.cells.map((cell) => cell.trim());
  const twice = headings.find((name, index) => headings.indexOf(name) !== index);
  if (twice !== undefined) throw new ImportRefused(`${file} has two columns named "${twice}".`);
  return { headings, rows: checkWidths(rows, headings.length) };
}

async function* checkWidths(rows: AsyncIterable<CsvRow>, width: number): AsyncGenerator<CsvRow> {
  for await (const row of rows) {
    const isOff = row.broken === null && row.cells.length !== width;
    yield isOff ? { ...row, broken: `the row has ${row.cells.length} cells, the heading has ${width}` } : row;
  }
}

async function* readAll(
  file: string,
  delimiter: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<CsvRow, void> {
  const skipped: CsvRow[] = [];
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    raw: true,
    relax_column_count: true,
    // Strict, the parser loses its place after a torn quote and takes the next rows for part of it.
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error, raw) => {
      skipped.push(unreadable(Number(error?.['lines'] ?? 0), raw ?? '', error?.message ?? ''));
      return undefined;
    },
  });
  const stream = createReadStream(file);
  stream.on('error', (error) => parser.destroy(error));
  stream.pipe(parser);
  try {
    for await (const { record, info, raw } of parser as AsyncIterable<Parsed>) {
      onBytes(info.bytes);
      yield { line: info.lines, cells: record, broken: damageOf(record, raw, delimiter) };
    }
  } finally {
    stream.destroy();
  }
  // The parser runs ahead of its reader, so what it skipped comes last.
  yield* skipped;
}

/** What is left once quotes are relaxed: a quote that is never closed, which swallows the rest of the file. */
function unreadable(lastLine: number, raw: string, message: string): CsvRow {
  const swallowed = raw.replace(/\r?\n$/, '').split('\n').length - 1;
  const unclosed = `a quote opened here is never closed; lines after it that were swallowed: ${swallowed}`;
  return {
    line: Math.max(lastLine - swallowed - 1, 2),
    cells: [raw],
    broken: swallowed > 0 ? unclosed : `the row cannot be read: ${message}`,
  };
}

function damageOf(cells: readonly string[], raw: string, delimiter: string): string | null {
  // Bytes that are not UTF-8 arrive as the replacement character; stored, they would be a wrong name.
  if (cells.some((cell) => cell.includes('\uFFFD'))) return 'the row is not valid UTF-8';
  const isTorn = cells.some((cell) => cell.includes('"')) && hasTornQuote(raw, delimiter);
  return isTorn ? 'the row cannot be read: text follows a closing quote' : null;
}

/** Relaxed, `"Ac"me` is read as it stands; whether that was meant only the strict rules tell. */
function hasTornQuote(raw: string, delimiter: string): boolean {
  try {
    parseStrictly(raw, { delimiter, relax_column_count: true });
    return false;
  } catch (error) {
    // A quote inside an unquoted cell, such as 5" disk, can only be meant as it stands.
    return error instanceof CsvError && error.code === 'CSV_INVALID_CLOSING_QUOTE';
  }
}
