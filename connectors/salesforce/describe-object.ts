import type { z } from 'zod';
import type { CallOptions, FieldDescription, ObjectDescription } from '../../src/crm/connector.ts';
import type { RecordType } from '../../src/crm/record-types.ts';
import { check, type SalesforceClient } from './client.ts';
import { Description } from './schema.ts';
import { apiName } from './soql.ts';
import { DATA_PATH } from './versions.ts';

const purpose = { stage: 'describe', write: false } as const;
/** HTTP dates are whole seconds: a change in the very seconds of the last answer is asked for once more. */
const OVERLAP_MS = 2_000;

export type Describe = (
  object: string,
  options: CallOptions & { fresh?: boolean },
) => Promise<ObjectDescription>;

interface Known {
  description: ObjectDescription;
  /** As an HTTP date. */
  since: string;
}

/**
 * The org's own description of an object: what exists, what may be written, how long, which values. Asked again it sends
 * `If-Modified-Since`, so that an org in which nothing changed answers 304 without the large body.
 */
export function openDescriber(client: SalesforceClient): Describe {
  const known = new Map<string, Known>();
  return async (object, options) => {
    const path = `${DATA_PATH}/sobjects/${apiName(object)}/describe`;
    const before = options.fresh ? undefined : known.get(object);
    const condition = before ? { headers: { 'if-modified-since': before.since } } : {};
    const answer = await client.send({ ...purpose, method: 'GET', path, ...condition }, options);
    if (before && answer.status === 304) return before.description;
    const { fields, recordTypeInfos } = check(Description, answer.body, purpose);
    const description = {
      object,
      fields: new Map(fields.map((field) => [field.name, toField(field)])),
      recordTypes: recordTypeInfos.map(toRecordType),
    };
    const answeredAt = Date.parse(answer.headers['date'] ?? '');
    if (Number.isNaN(answeredAt)) known.delete(object);
    else known.set(object, { description, since: new Date(answeredAt - OVERLAP_MS).toUTCString() });
    return description;
  };
}

function toRecordType(info: z.infer<typeof Description>['recordTypeInfos'][number]): RecordType {
  return {
    id: info.recordTypeId,
    name: info.developerName,
    label: info.name,
    isDefault: info.defaultRecordTypeMapping,
    available: info.available,
    master: info.master,
  };
}

function toField(field: z.infer<typeof Description>['fields'][number]): FieldDescription {
  const picklist = field.picklistValues ?? [];
  const values = picklist.filter(({ active }) => active).map(({ value }) => value);
  const inactive = picklist.filter(({ active }) => !active).map(({ value }) => value);
  return {
    name: field.name,
    label: field.label,
    type: types[field.type] ?? 'other',
    ...(field.length > 0 ? { length: field.length } : {}),
    createable: field.createable,
    updateable: field.updateable,
    unique: field.unique,
    required: field.createable && !field.nillable && !field.defaultedOnCreate,
    ...(field.restrictedPicklist ? { allowedValues: values } : {}),
    ...(inactive.length > 0 ? { inactiveValues: inactive } : {}),
  };
}

const types: Readonly<Record<string, FieldDescription['type']>> = {
  string: 'string',
  textarea: 'string',
  email: 'string',
  phone: 'string',
  url: 'string',
  id: 'string',
  encryptedstring: 'string',
  combobox: 'string',
  double: 'number',
  currency: 'number',
  percent: 'number',
  int: 'number',
  long: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  picklist: 'picklist',
  multipicklist: 'picklist',
  reference: 'reference',
};
