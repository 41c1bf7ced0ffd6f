import { parse } from 'csv-parse/sync';
import type { BulkTarget } from '../../../src/crm/bulk.ts';
import type { RecordWrite, WriteOutcome } from '../../../src/crm/connector.ts';
import { refusedItem, unreadable } from '../errors.ts';
import type { VendorProblem } from '../schema.ts';
import { identityOf } from './csv-rows.ts';

/** The two result files of a job; '' where there is nothing in it. */
export interface ResultFiles {
  successful: string;
  failed: string;
}

type Row = Readonly<Record<string, string>>;

/** Result rows repeat the uploaded columns, in any order of rows: each is found by what tells the job's rows apart. */
export function readOutcomes(
  target: BulkTarget,
  records: readonly RecordWrite[],
  files: ResultFiles,
): ReadonlyMap<string, WriteOutcome> {
  const columns = Object.keys(identityOf(target, records[0] ?? { key: '', crmId: '', fields: {} }));
  const keyOf = new Map(
    records.map((record) => [mark(Object.values(identityOf(target, record))), record.key]),
  );
  const outcomes = new Map<string, WriteOutcome>();
  const take = (row: Row, outcome: (key: string) => WriteOutcome): void => {
    const key = keyOf.get(mark(columns.map((name) => row[name.toLowerCase()] ?? '')));
    if (key !== undefined) outcomes.set(key, outcome(key));
  };
  for (const row of rowsOf(files.successful)) take(row, (key) => written(target, row, key));
  for (const row of rowsOf(files.failed)) take(row, (key) => failed(target, row, key));
  return outcomes;
}

function mark(values: readonly string[]): string {
  return values.join('\u0000');
}

/** Header names are case-insensitive, cells may hold line breaks (facts 1.5). */
function rowsOf(text: string): Row[] {
  return text === ''
    ? []
    : parse(text, { columns: (header: string[]) => header.map((name) => name.toLowerCase()), bom: true });
}

function written(target: BulkTarget, row: Row, key: string): WriteOutcome {
  const crmId = row['sf__id'];
  if (crmId) return { key, status: 'written', crmId, created: row['sf__created'] === 'true' };
  const error = unreadable({ stage: target.stage, write: true }, 'a written record without its id');
  return { key, status: 'failed', error };
}

function failed(target: BulkTarget, row: Row, key: string): WriteOutcome {
  const purpose = { stage: target.stage, write: true };
  const problem = problemOf(row['sf__error'] ?? '');
  return { key, status: 'failed', error: refusedItem([problem], purpose, target.operation === 'update') };
}

/** `CODE:message, which may hold colons:Field Field --` (facts 1.5). */
export function problemOf(text: string): VendorProblem {
  const parts = /^([A-Z][A-Z0-9_]*):([\s\S]*):([^:]*?)\s*--\s*$/.exec(text);
  if (parts === null) return { message: text };
  const [, statusCode = '', message = '', fields = ''] = parts;
  return { statusCode, message, fields: fields.split(/[\s,]+/).filter((name) => name !== '') };
}
