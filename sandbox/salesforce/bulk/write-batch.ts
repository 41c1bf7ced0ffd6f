import type { ItemFault } from '../../faults/engine.ts';
import { DmlError } from '../dml/dml-error.ts';
import { insertRecord } from '../dml/insert.ts';
import { inputId, type Input } from '../dml/read-input.ts';
import { deleteRecord } from '../dml/remove.ts';
import { runInChunks } from '../dml/run-chunk.ts';
import { existingRecord, updateRecord } from '../dml/update.ts';
import { inputValue, upsertKey, upsertRecord } from '../dml/upsert.ts';
import { canonicalId } from '../ids.ts';
import { itemRefusal } from '../rest/fault-reply.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Transaction } from '../store/transaction.ts';
import { wrongType, type RowReader } from './columns.ts';
import type { IngestJob } from './job.ts';

/** What became of one row. */
export type RowResult = { id: string; created: boolean } | { error: string };

/** Rows that the vendor hands to automation together; the same key twice among them is refused. */
const CHUNK = 200;

/** Carries out the rows of one internal batch in a transaction. A refused row leaves no trace and does not touch the others. */
export function writeBatch(
  org: Org,
  transaction: Transaction,
  job: IngestJob,
  type: ObjectType,
  read: RowReader,
  rows: readonly (readonly string[])[],
  fail: (() => ItemFault | undefined) | undefined,
): RowResult[] {
  const carryOut = operation(org, transaction, job, type);
  const planned = rows.map(() => fail?.());
  const results: RowResult[] = [];
  for (let from = 0; from < rows.length; from += CHUNK) {
    const chunk = rows.slice(from, from + CHUNK).map((cells) => readRow(read, cells));
    const keys = chunk.map((input) => keyOf(job, type, input));
    const repeated = repeatedKeys(keys);
    const carryOutRow = (input: Input | DmlError, at: number): { id: string; created: boolean } => {
      const fault = planned[from + at];
      if (fault !== undefined) throw itemRefusal(fault);
      if (input instanceof DmlError) throw input;
      refuseRepeated(job, keys[at], repeated);
      return carryOut(input);
    };
    const outcomes = runInChunks(transaction, chunk, () => type, carryOutRow, false);
    outcomes.forEach((outcome, at) =>
      results.push(
        'error' in outcome
          ? { error: renderError(restated(type, chunk[at] as Input | DmlError, outcome.error)) }
          : outcome.result,
      ),
    );
  }
  return results;
}

function readRow(read: RowReader, cells: readonly string[]): Input | DmlError {
  try {
    return read(cells);
  } catch (error) {
    if (error instanceof DmlError) return error;
    throw error;
  }
}

function operation(
  org: Org,
  transaction: Transaction,
  job: IngestJob,
  type: ObjectType,
): (input: Input) => { id: string; created: boolean } {
  switch (job.operation) {
    case 'insert':
      return (input) => ({ id: insertRecord(org, transaction, type, input)['Id'] as string, created: true });
    case 'update':
      return (input) => {
        const before = existingRecord(org, type, inputId(input));
        return { id: updateRecord(org, transaction, type, before, input)['Id'] as string, created: false };
      };
    case 'upsert':
      return (input) => upsert(org, transaction, job, type, input);
    case 'delete':
    case 'hardDelete':
      return (input) => {
        const row = existingRecord(org, type, inputId(input));
        deleteRecord(org, transaction, type, row, job.operation === 'hardDelete');
        return { id: row['Id'] as string, created: false };
      };
  }
}

function upsert(
  org: Org,
  transaction: Transaction,
  job: IngestJob,
  type: ObjectType,
  input: Input,
): { id: string; created: boolean } {
  const key = upsertKey(type, job.externalIdFieldName ?? '');
  if (key === undefined)
    throw new DmlError('INVALID_FIELD', `no external id field ${job.externalIdFieldName ?? ''}`);
  const result = upsertRecord(org, transaction, type, key, input);
  if (!('several' in result)) return { id: result.row['Id'] as string, created: result.created };
  const ids = result.several.map((row) => String(row['Id'])).join(', ');
  throw new DmlError(
    'DUPLICATE_EXTERNAL_ID',
    `${key.name}: more than one record found for external id field: [${ids}]`,
    [key.name],
  );
}

function keyOf(job: IngestJob, type: ObjectType, input: Input | DmlError): string | undefined {
  if (input instanceof DmlError || job.operation === 'insert') return undefined;
  const key = job.operation === 'upsert' ? type.field(job.externalIdFieldName ?? '') : undefined;
  const value = key === undefined || key.name === 'Id' ? inputId(input) : inputValue(input, key);
  if (typeof value !== 'string') return undefined;
  if (key === undefined || key.name === 'Id') return canonicalId(value) ?? value;
  return key.caseSensitive ? value : value.toLowerCase();
}

function repeatedKeys(keys: readonly (string | undefined)[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const key of keys) {
    if (key === undefined) continue;
    if (seen.has(key)) repeated.add(key);
    seen.add(key);
  }
  return repeated;
}

function refuseRepeated(job: IngestJob, key: string | undefined, repeated: ReadonlySet<string>): void {
  if (key === undefined || !repeated.has(key)) return;
  const byId = job.operation !== 'upsert' || job.externalIdFieldName?.toLowerCase() === 'id';
  throw new DmlError('DUPLICATE_VALUE', `Duplicate ${byId ? 'id' : 'external id'} specified: ${key}`, [
    byId ? 'Id' : (job.externalIdFieldName ?? ''),
  ]);
}

/** A cell is no JSON: what REST calls unreadable JSON is here a value of the wrong type. */
function restated(type: ObjectType, input: Input | DmlError, error: DmlError): DmlError {
  const field = error.code === 'JSON_PARSER_ERROR' ? type.field(error.fields[0] ?? '') : undefined;
  if (field === undefined || input instanceof DmlError) return error;
  return wrongType(field, String(input[field.name]));
}

/** `CODE:message:Field Field --`, as result files write it. Source: facts 1.5. */
function renderError({ code, message, fields }: DmlError): string {
  return `${code}:${message}:${fields.map((name) => `${name} `).join('')}--`;
}
