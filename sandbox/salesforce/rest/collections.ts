import { coerce } from '../dml/coerce.ts';
import { DmlError } from '../dml/dml-error.ts';
import { insertRecord } from '../dml/insert.ts';
import { inputId, type Input } from '../dml/read-input.ts';
import { deleteRecord, recordOfAnyObject } from '../dml/remove.ts';
import { runInChunks } from '../dml/run-chunk.ts';
import { existingRecord, updateRecord } from '../dml/update.ts';
import { inputValue, upsertKey, upsertRecord } from '../dml/upsert.ts';
import { canonicalId } from '../ids.ts';
import { maySee } from '../rules/record-access.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import { indexKey } from '../store/field-index.ts';
import type { Value } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { readBatch } from './batch-input.ts';
import {
  failIfPlanned,
  inTransaction,
  readJson,
  requestedType,
  type ApiRequest,
  type Reply,
} from './request.ts';
import { RestError } from './rest-error.ts';
import { fieldsNamed } from './sobject-rows.ts';
import { renderRecord } from './render.ts';

/** The outcome of one item, in request order. Failures name a `statusCode`, where single requests say `errorCode`. */
interface ItemResult {
  id?: string;
  success: boolean;
  errors: { statusCode: string; message: string; fields: readonly string[]; duplicateResult?: unknown }[];
  created?: boolean;
}

const MAX_RECORDS = 200;
const MAX_RETRIEVE = 2000;

/** `POST /composite/sobjects` */
export function createRows(request: ApiRequest): Reply {
  const { records, allOrNone } = readBatch(readJson(request));
  const { org } = request.sandbox;
  return runItems(request, records, allOrNone, (transaction, input) => {
    const row = insertRecord(org, transaction, typeOf(request, input), input);
    return { id: row['Id'] as string, success: true, errors: [] };
  });
}

/** `PATCH /composite/sobjects` */
export function updateRows(request: ApiRequest): Reply {
  const { records, allOrNone } = readBatch(readJson(request));
  const { org } = request.sandbox;
  const repeated = repeatedKeys(records.map((input) => canonicalId(String(inputId(input) ?? ''))));
  return runItems(request, records, allOrNone, (transaction, input) => {
    const type = typeOf(request, input);
    const before = existingRecord(org, type, inputId(input));
    if (repeated.has(before['Id'] as string)) {
      throw new DmlError('DUPLICATE_VALUE', `Duplicate id specified: ${String(before['Id'])}`, ['Id']);
    }
    updateRecord(org, transaction, type, before, input);
    return { id: before['Id'] as string, success: true, errors: [] };
  });
}

/** `PATCH /composite/sobjects/{type}/{extField}` */
export function upsertRows(request: ApiRequest): Reply {
  const type = requestedType(request);
  const key = upsertKey(type, request.params['extField'] ?? '');
  if (key === undefined) {
    throw new RestError(
      404,
      'NOT_FOUND',
      `Provided external ID field does not exist or is not accessible: ${request.params['extField'] ?? ''}`,
    );
  }
  const { records, allOrNone } = readBatch(readJson(request));
  const repeated = repeatedKeys(records.map((input) => keyOf(key, input)));
  return runItems(
    request,
    records,
    allOrNone,
    (transaction, input) => {
      if (typeOf(request, input) !== type) {
        throw new DmlError('INVALID_TYPE', `records of this request must be of type ${type.name}`);
      }
      return upsertItem(request, transaction, type, key, input, repeated);
    },
    { created: true },
  );
}

function upsertItem(
  request: ApiRequest,
  transaction: Transaction,
  type: ObjectType,
  key: FieldDefinition,
  input: Input,
  repeated: ReadonlySet<Value>,
): ItemResult {
  const own = keyOf(key, input);
  if (own !== undefined && repeated.has(own)) {
    throw new DmlError(
      'DUPLICATE_VALUE',
      `Duplicate external id specified: ${String(inputValue(input, key))}`,
      [key.name],
    );
  }
  const result = upsertRecord(request.sandbox.org, transaction, type, key, input);
  if ('several' in result) {
    const ids = result.several.map((row) => String(row['Id'])).join(', ');
    throw new DmlError(
      'DUPLICATE_EXTERNAL_ID',
      `${key.name}: more than one record found for external id field: [${ids}]`,
      [key.name],
    );
  }
  return { id: result.row['Id'] as string, success: true, errors: [], created: result.created };
}

/** `DELETE /composite/sobjects?ids=` */
export function deleteRows(request: ApiRequest): Reply {
  const ids = (request.query.get('ids') ?? '').split(',').filter((id) => id !== '');
  if (ids.length === 0) throw new RestError(400, 'REQUIRED_FIELD_MISSING', 'At least 1 Id is required.');
  if (ids.length > MAX_RECORDS) throw tooManyRecords(MAX_RECORDS);
  const allOrNone = request.query.get('allOrNone') === 'true';
  const { org } = request.sandbox;
  return runItems(request, ids, allOrNone, (transaction, id) => {
    const { type, row } = recordOfAnyObject(org, id);
    deleteRecord(org, transaction, type, row);
    return { id: row['Id'] as string, success: true, errors: [] };
  });
}

/** `POST` or `GET /composite/sobjects/{type}`: many records by id; null for those that are not there. */
export function retrieveRows(request: ApiRequest): Reply {
  const type = requestedType(request);
  const { ids, fields } = retrieveInput(request);
  if (ids.length > MAX_RETRIEVE) throw tooManyRecords(MAX_RETRIEVE);
  if (fields.length === 0)
    throw new RestError(400, 'REQUIRED_FIELD_MISSING', 'The fields parameter is required.');
  const chosen = fieldsNamed(type, fields);
  const table = request.sandbox.org.table(type.name);
  const body = ids.map((id) => {
    const canonical = canonicalId(id);
    const row = canonical === undefined ? undefined : table.get(canonical);
    const isThere = row !== undefined && row['IsDeleted'] !== true;
    return isThere && maySee(request.sandbox.org, request.actor, type, row)
      ? renderRecord(type, row, request.version, chosen)
      : null;
  });
  return { status: 200, body, records: ids.length };
}

function retrieveInput(request: ApiRequest): { ids: string[]; fields: string[] } {
  if (request.method === 'GET') {
    const list = (name: string) => (request.query.get(name) ?? '').split(',').filter((part) => part !== '');
    return { ids: list('ids'), fields: list('fields') };
  }
  const { ids, fields } = readJson(request);
  if (!isStrings(ids) || !isStrings(fields))
    throw new RestError(400, 'JSON_PARSER_ERROR', 'ids and fields must be arrays of strings');
  return { ids, fields };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** More records than one call may carry. */
export function tooManyRecords(limit: number): RestError {
  return new RestError(
    400,
    'EXCEEDED_ID_LIMIT',
    `record limit reached. cannot submit more than ${limit} records into this call`,
  );
}

function typeOf(request: ApiRequest, input: Input): ObjectType {
  const attributes = input['attributes'] as Record<string, unknown>;
  const name = String(attributes['type']);
  const type = request.sandbox.org.preset.schema.object(name);
  if (type === undefined) throw new DmlError('INVALID_TYPE', `sObject type '${name}' is not supported.`);
  return type;
}

/**
 * Carries out the items one by one. A refused item leaves no trace and does not touch its neighbours,
 * unless all or none was asked for: then nothing of the request stays.
 */
function runItems<T extends Input | string>(
  request: ApiRequest,
  items: readonly T[],
  allOrNone: boolean,
  carryOut: (transaction: Transaction, item: T) => ItemResult,
  onFailure: Partial<ItemResult> = {},
): Reply {
  const results = inTransaction(request, (transaction) => {
    const start = transaction.mark();
    const asked = new Set<number>();
    const outcomes = runInChunks(
      transaction,
      items,
      kindOf,
      (item, index) => {
        // A row that the vendor runs again is still one row to the fault rules.
        if (!asked.has(index)) failIfPlanned(request);
        asked.add(index);
        return carryOut(transaction, item);
      },
      allOrNone,
    );
    const done = outcomes.map((outcome) =>
      'error' in outcome ? refusedItem(outcome.error, onFailure) : outcome.result,
    );
    if (!allOrNone || done.every((result) => result.success)) return done;
    transaction.rollbackTo(start);
    return done.map((result) => (result.success ? rolledBack(onFailure) : result));
  });
  return { status: 200, body: results, records: items.length };
}

/** What an item has in common with its neighbours when triggers see them together: the object. */
function kindOf(item: unknown): unknown {
  if (typeof item === 'string') return item.slice(0, 3);
  return ((item as Input)['attributes'] as Record<string, unknown>)['type'];
}

function refusedItem(error: DmlError, onFailure: Partial<ItemResult>): ItemResult {
  const { code, message, fields, duplicateResult } = error;
  const matches = duplicateResult === undefined ? {} : { duplicateResult: duplicateResult.value };
  return { success: false, errors: [{ statusCode: code, message, fields, ...matches }], ...onFailure };
}

function rolledBack(onFailure: Partial<ItemResult>): ItemResult {
  const message =
    'Record rolled back because not all records were valid and the request was using AllOrNone header';
  return {
    success: false,
    errors: [{ statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK', message, fields: [] }],
    ...onFailure,
  };
}

/** The values that occur more than once: an upsert or update by such a key is refused, for each of its items. */
function repeatedKeys<T>(keys: readonly (T | undefined)[]): Set<T> {
  const seen = new Set<T>();
  const repeated = new Set<T>();
  for (const key of keys) {
    if (key === undefined) continue;
    if (seen.has(key)) repeated.add(key);
    seen.add(key);
  }
  return repeated;
}

function keyOf(key: FieldDefinition, input: Input): Value | undefined {
  const value = key.name === 'Id' ? inputId(input) : inputValue(input, key);
  if (value === undefined || value === null || value === '') return undefined;
  try {
    const stored = coerce(key, value);
    return stored === null ? undefined : indexKey(key, stored);
  } catch {
    // A key that cannot be read fails on its own when its item is carried out.
    return undefined;
  }
}
