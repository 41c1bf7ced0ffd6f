import { DmlError } from '../dml/dml-error.ts';
import { coerce } from '../dml/coerce.ts';
import { findByExternalId } from '../dml/find-by-external-id.ts';
import { insertRecord } from '../dml/insert.ts';
import { deleteRecord } from '../dml/remove.ts';
import { existingRecord, updateRecord } from '../dml/update.ts';
import { upsertKey, upsertRecord } from '../dml/upsert.ts';
import { maySee } from '../rules/record-access.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Row } from '../store/row.ts';
import { canonicalId } from '../ids.ts';
import { checkUnmodified } from './preconditions.ts';
import { renderRecord } from './render.ts';
import {
  failIfPlanned,
  inTransaction,
  readJson,
  requestedType,
  type ApiRequest,
  type Reply,
} from './request.ts';
import { notFound, RestError } from './rest-error.ts';

/** `POST /sobjects/{type}` */
export function createRow(request: ApiRequest): Reply {
  const type = requestedType(request);
  const input = readJson(request);
  return inTransaction(request, (transaction) => {
    failIfPlanned(request);
    const row = insertRecord(request.sandbox.org, transaction, type, input);
    const id = row['Id'] as string;
    const location = `/services/data/v${request.version}/sobjects/${type.name}/${id}`;
    return { status: 201, body: { id, success: true, errors: [] }, headers: { location }, records: 1 };
  });
}

/** `GET /sobjects/{type}/{id}?fields=` */
export function readRow(request: ApiRequest): Reply {
  const type = requestedType(request);
  const id = canonicalId(request.params['id'] ?? '');
  const row = id === undefined ? undefined : request.sandbox.org.table(type.name).get(id);
  // A deleted record reads like one that never was (recorded from a real org); only writes tell the difference.
  if (row === undefined || row['IsDeleted'] === true) throw notFound();
  if (!maySee(request.sandbox.org, request.actor, type, row)) throw notFound();
  return {
    status: 200,
    body: renderRecord(type, row, request.version, requestedFields(type, request)),
    records: 1,
  };
}

/** `PATCH /sobjects/{type}/{id}` */
export function updateRow(request: ApiRequest): Reply {
  const type = requestedType(request);
  const input = readJson(request);
  return inTransaction(request, (transaction) => {
    failIfPlanned(request);
    const before = rowToWrite(request, type);
    if (input['Id'] !== undefined || input['id'] !== undefined) {
      throw new RestError(400, 'INVALID_FIELD', 'The Id field should not be specified in the sobject data.', [
        'Id',
      ]);
    }
    updateRecord(request.sandbox.org, transaction, type, before, input);
    return { status: 204, records: 1 };
  });
}

/** `DELETE /sobjects/{type}/{id}` */
export function deleteRow(request: ApiRequest): Reply {
  const type = requestedType(request);
  return inTransaction(request, (transaction) => {
    failIfPlanned(request);
    deleteRecord(request.sandbox.org, transaction, type, rowToWrite(request, type));
    return { status: 204, records: 1 };
  });
}

/** `GET /sobjects/{type}/{extField}/{value}` */
export function readRowByKey(request: ApiRequest): Reply {
  const type = requestedType(request);
  const matches = rowsByKey(request, type, keyField(request, type));
  if (matches.length > 1) return multipleChoices(request, type, matches);
  const row = matches[0];
  if (row === undefined) throw notFound();
  return {
    status: 200,
    body: renderRecord(type, row, request.version, requestedFields(type, request)),
    records: 1,
  };
}

/** `PATCH /sobjects/{type}/{extField}/{value}`: creates or changes. */
export function upsertRow(request: ApiRequest): Reply {
  const type = requestedType(request);
  const key = keyField(request, type);
  const input = readJson(request);
  if (Object.keys(input).some((name) => name.toLowerCase() === key.name.toLowerCase())) {
    throw new RestError(
      400,
      'INVALID_FIELD',
      `The ${key.name} field should not be specified in the sobject data.`,
    );
  }
  return inTransaction(request, (transaction) => {
    failIfPlanned(request);
    const { org } = request.sandbox;
    if (request.query.get('updateOnly') === 'true' && rowsByKey(request, type, key).length === 0)
      throw notFound();
    const keyed =
      key.name === 'Id'
        ? { ...input, Id: request.params['value'] }
        : { ...input, [key.name]: request.params['value'] };
    const result = upsertRecord(org, transaction, type, key, keyed);
    if ('several' in result) return multipleChoices(request, type, result.several);
    return upsertReply(request, result.row['Id'] as string, result.created);
  });
}

/** `DELETE /sobjects/{type}/{extField}/{value}` */
export function deleteRowByKey(request: ApiRequest): Reply {
  const type = requestedType(request);
  const matches = rowsByKey(request, type, keyField(request, type));
  if (matches.length > 1) return multipleChoices(request, type, matches);
  const row = matches[0];
  if (row === undefined) throw notFound();
  return inTransaction(request, (transaction) => {
    failIfPlanned(request);
    deleteRecord(request.sandbox.org, transaction, type, row);
    return { status: 204, records: 1 };
  });
}

/** Before version 46 an upsert that changed a record answered 204 without a body. */
function upsertReply(request: ApiRequest, id: string, created: boolean): Reply {
  const body = { id, success: true, errors: [], created };
  if (created) return { status: 201, body, records: 1 };
  return Number.parseInt(request.version, 10) >= 46
    ? { status: 200, body, records: 1 }
    : { status: 204, records: 1 };
}

function multipleChoices(request: ApiRequest, type: ObjectType, rows: readonly Row[]): Reply {
  const urls = rows.map(
    (row) => `/services/data/v${request.version}/sobjects/${type.name}/${String(row['Id'])}`,
  );
  return { status: 300, body: urls, records: 1 };
}

function rowToWrite(request: ApiRequest, type: ObjectType): Row {
  const id = request.params['id'] ?? '';
  const canonical = canonicalId(id);
  if (canonical === undefined) throw missingKey(id);
  const row = request.sandbox.org.table(type.name).get(canonical);
  if (row === undefined) throw missingKey(id);
  checkUnmodified(request, row);
  return existingRecord(request.sandbox.org, type, id);
}

function keyField(request: ApiRequest, type: ObjectType): FieldDefinition {
  const name = request.params['extField'] ?? '';
  const key = upsertKey(type, name);
  if (key === undefined) throw missingKey(name);
  return key;
}

function missingKey(name: string): RestError {
  return new RestError(
    404,
    'NOT_FOUND',
    `Provided external ID field does not exist or is not accessible: ${name}`,
  );
}

function rowsByKey(request: ApiRequest, type: ObjectType, key: FieldDefinition): Row[] {
  const value = coerce(key, request.params['value'] ?? '');
  return value === null ? [] : findByExternalId(request.sandbox.org.table(type.name), key, value);
}

function requestedFields(type: ObjectType, request: ApiRequest): readonly FieldDefinition[] {
  const names = request.query.get('fields');
  return names === null
    ? type.fields
    : fieldsNamed(
        type,
        names.split(',').map((name) => name.trim()),
      );
}

/** The fields of these names; unknown ones are INVALID_FIELD. `Id` comes along. */
export function fieldsNamed(type: ObjectType, names: readonly string[]): FieldDefinition[] {
  const fields = names.map((name) => {
    const field = type.field(name);
    if (field === undefined)
      throw new DmlError('INVALID_FIELD', `No such column '${name}' on sobject of type ${type.name}`);
    return field;
  });
  const id = type.field('Id');
  return id === undefined || fields.includes(id) ? fields : [...fields, id];
}
