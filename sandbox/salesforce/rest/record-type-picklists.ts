import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import { recordTypeOf } from '../rules/record-type-rules.ts';
import { requestedType, type ApiRequest, type Reply } from './request.ts';
import { notFound } from './rest-error.ts';

/** The record type of records without one. */
const MASTER = '012000000000000AAA';

/** `GET /ui-api/object-info/{type}/picklist-values/{recordType}`: the User Interface API's values of one record type. */
export function readRecordTypePicklists(request: ApiRequest): Reply {
  const type = requestedType(request);
  const id = request.params['recordType'] ?? '';
  const row = request.sandbox.org.table('RecordType').get(id);
  if (id !== MASTER && row?.['SobjectType'] !== type.name) throw notFound();
  const allowed = recordTypeOf(request.sandbox.org, type.name, id)?.picklists ?? {};
  const base = `/services/data/v${request.version}/ui-api/object-info/${type.name}/picklist-values/${id}`;
  const fields = type.fields.filter((field) => field.type === 'picklist' || field.type === 'multipicklist');
  const picklistFieldValues = Object.fromEntries(
    fields.map((field) => [field.name, valuesOf(field, allowed[field.name], `${base}/${field.name}`)]),
  );
  return { status: 200, body: { eTag: tagOf(type), picklistFieldValues }, records: 0 };
}

function valuesOf(
  field: FieldDefinition,
  allowed: readonly string[] | undefined,
  url: string,
): Record<string, unknown> {
  const values = field.picklist.filter((value) => allowed === undefined || allowed.includes(value));
  return {
    controllerValues: {},
    defaultValue: null,
    eTag: field.name.toLowerCase(),
    url,
    values: values.map((value) => ({
      attributes: null,
      label: field.labels?.[value] ?? value,
      validFor: [],
      value,
    })),
  };
}

function tagOf({ name, fields }: ObjectType): string {
  return `${name.toLowerCase()}${fields.length}`;
}
