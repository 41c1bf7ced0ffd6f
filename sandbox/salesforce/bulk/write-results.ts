import { stringify } from 'csv-stringify/sync';
import { DELIMITERS, LINE_ENDINGS, type BulkJob, type IngestJob } from './job.ts';
import type { JobFiles } from './job-files.ts';
import type { RowResult } from './write-batch.ts';

/** Rows as CSV in the job's dialect, every cell quoted, each row ended. */
export function toCsv(
  { columnDelimiter, lineEnding }: Pick<BulkJob, 'columnDelimiter' | 'lineEnding'>,
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return '';
  return stringify(rows as string[][], {
    delimiter: DELIMITERS[columnDelimiter],
    record_delimiter: LINE_ENDINGS[lineEnding],
    quoted: true,
    quoted_empty: true,
  });
}

/** The first row of the two result files. */
export function resultHeader(
  job: IngestJob,
  kind: 'successful' | 'failed',
  header: readonly string[],
): string {
  return toCsv(job, [['sf__Id', kind === 'successful' ? 'sf__Created' : 'sf__Error', ...header]]);
}

/** Appends a batch's rows, with what became of them, to the job's result files. */
export function appendResults(
  files: JobFiles,
  job: IngestJob,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  results: readonly RowResult[],
): void {
  const successful: string[][] = [];
  const failed: string[][] = [];
  rows.forEach((cells, at) => {
    const result = results[at] as RowResult;
    if ('error' in result) failed.push(['', result.error, ...cells]);
    else successful.push([result.id, String(result.created), ...cells]);
  });
  job.successfulBytes = append(files, job, 'successful', header, successful);
  job.failedBytes = append(files, job, 'failed', header, failed);
  job.failed += failed.length;
  job.processed += rows.length;
}

function append(
  files: JobFiles,
  job: IngestJob,
  kind: 'successful' | 'failed',
  header: readonly string[],
  rows: readonly (readonly string[])[],
): number {
  const file = `${kind}.csv` as const;
  const before = kind === 'successful' ? job.successfulBytes : job.failedBytes;
  // Rows of a batch that was rolled back by a crash stand after this mark.
  files.cut(job.id, file, before);
  const text = (before === 0 ? resultHeader(job, kind, header) : '') + toCsv(job, rows);
  return text === '' ? before : files.append(job.id, file, text);
}
