import type { Input } from '../dml/read-input.ts';
import { RestError } from './rest-error.ts';

const MAX_RECORDS = 200;

/** Reads `{allOrNone, records: [{attributes: {type}, …}]}`. A body of another shape fails as a whole. */
export function readBatch(body: Record<string, unknown>): { records: Input[]; allOrNone: boolean } {
  const { records, allOrNone = false } = body;
  if (typeof allOrNone !== 'boolean') throw unreadable('allOrNone must be a boolean');
  if (!Array.isArray(records)) throw unreadable('records must be an array');
  if (records.length > MAX_RECORDS) {
    throw new RestError(
      400,
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot submit more than ${MAX_RECORDS} records into this call`,
    );
  }
  for (const record of records) checkRecord(record);
  return { records: records as Input[], allOrNone };
}

function checkRecord(record: unknown): void {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw unreadable('each record must be an object');
  }
  const { attributes } = record as Record<string, unknown>;
  const type =
    typeof attributes === 'object' && attributes !== null
      ? (attributes as Record<string, unknown>)['type']
      : undefined;
  if (typeof type !== 'string' || type === '') throw unreadable('each record needs attributes with a type');
}

function unreadable(message: string): RestError {
  return new RestError(400, 'JSON_PARSER_ERROR', message);
}
