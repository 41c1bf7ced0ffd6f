import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import { JobFailure } from './bulk-error.ts';
import { DELIMITERS, LINE_ENDINGS, type IngestJob } from './job.ts';

/**
 * Reads an upload row by row, the header row first; nothing for an empty one.
 * Throws a JobFailure where the file is not what the job said it is.
 */
export async function* readRows(
  path: string,
  { columnDelimiter, lineEnding }: Pick<IngestJob, 'columnDelimiter' | 'lineEnding'>,
): AsyncGenerator<string[]> {
  const parser = parse({
    delimiter: DELIMITERS[columnDelimiter],
    recordDelimiter: LINE_ENDINGS[lineEnding],
    relaxColumnCount: true,
    skipEmptyLines: true,
  });
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  file.on('error', (error) => parser.destroy(error));
  let header: string[] | undefined;
  let line = 1;
  try {
    for await (const cells of file.pipe(parser) as AsyncIterable<string[]>) {
      header ??= checkHeader(cells, lineEnding);
      if (cells.length !== header.length) throw wrongLength(line, cells, header);
      line += 1;
      yield cells;
    }
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error, line, lineEnding) : error;
  } finally {
    file.destroy();
  }
}

/** With the wrong line ending set, the header either runs into the first row or keeps the other ending's first half. */
function checkHeader(cells: string[], lineEnding: IngestJob['lineEnding']): string[] {
  const last = cells.at(-1) ?? '';
  const other = lineEnding === 'LF' ? last.endsWith('\r') : cells.some((cell) => cell.includes('\n'));
  if (other) throw wrongLineEnding(lineEnding);
  return cells;
}

function wrongLineEnding(lineEnding: IngestJob['lineEnding']): JobFailure {
  return new JobFailure(
    'ClientInputError',
    `LineEnding is invalid on user data. Current LineEnding setting is ${lineEnding}`,
  );
}

function wrongLength(line: number, cells: readonly string[], header: readonly string[]): JobFailure {
  return new JobFailure(
    'InvalidBatch',
    `Failed to parse CSV. Row ${line} has ${cells.length} columns, the header ${header.length}`,
  );
}

function unreadable(error: CsvError, line: number, lineEnding: IngestJob['lineEnding']): JobFailure {
  // A quoted cell at the end of a line, followed by the other ending, is what trips the parser first.
  const afterQuote = error.code === 'CSV_INVALID_CLOSING_QUOTE' && line === 1;
  if (afterQuote && /got "(13|10)"|\r|\n/.test(error.message)) return wrongLineEnding(lineEnding);
  if (error.code === 'CSV_QUOTE_NOT_CLOSED')
    return new JobFailure('InvalidBatch', 'Failed to parse CSV. EOF reached before closing an opened quote');
  return new JobFailure(
    'InvalidBatch',
    'Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote',
  );
}
