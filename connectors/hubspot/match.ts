/** Finds records that exist already: consistently by a unique property, and by search where there is none. */
import type { CallOptions } from '../../src/crm/connector.ts';
import type { FoundRecord, MatchRequest, ReferenceReading } from '../../src/crm/matching.ts';
import type { Caller } from './call.ts';
import { fromItemError, type CallSite } from './errors.ts';
import { comparableKey } from './property-values.ts';
import { ReadAnswer, type StoredRecord } from './schema.ts';
import { searchCompanies } from './search-companies.ts';
import { objectBatchPath } from './versions.ts';

/** key → CRM id by the unique index, which sees a record at once. Missing keys are absent. At most 100 keys. */
export async function lookupByKey(
  call: Caller,
  object: string,
  keyField: string,
  keys: readonly string[],
  options: CallOptions,
): Promise<Map<string, string>> {
  const found = await readByKey(call, 'lookup', object, keyField, keys, [keyField], options);
  return new Map([...found].map(([key, record]) => [key, record.id]));
}

/** Contacts by e-mail, companies by our key, website domain or name; with their raw facts. */
export async function findMatches(
  call: Caller,
  request: MatchRequest,
  options: CallOptions,
): Promise<readonly FoundRecord[]> {
  return request.kind === 'contact'
    ? findContacts(call, request, options)
    : findCompanies(call, request, options);
}

async function findContacts(
  call: Caller,
  { object, keyField, wanted, fields }: MatchRequest,
  options: CallOptions,
): Promise<FoundRecord[]> {
  const emails = wanted.flatMap(({ email }) => (email ? [email] : []));
  const properties = factProperties({ kind: 'contact', keyField, fields });
  const found = await readByKey(call, 'resolve', object, keyField, emails, properties, options);
  return [...new Set(found.values())].map((record) => toContact(record, keyField, fields));
}

/** Those that carry our key are not searched for: the index may not know them yet. */
async function findCompanies(
  call: Caller,
  { object, keyField, wanted, fields }: MatchRequest,
  options: CallOptions,
): Promise<FoundRecord[]> {
  const keys = wanted.map(({ key }) => key);
  const properties = factProperties({ kind: 'account', keyField, fields });
  const ours = await readByKey(call, 'resolve', object, keyField, keys, properties, options);
  const unknown = wanted.filter(({ key }) => !ours.has(key));
  const others =
    unknown.length === 0 ? [] : await searchCompanies(call, object, unknown, properties, options);
  return [...ours.values(), ...others].map((record) => toCompany(record, keyField, fields));
}

/** What was asked for → the record that has it. @throws SyncError when HubSpot could not look up all of them. */
async function readByKey(
  call: Caller,
  stage: CallSite['stage'],
  object: string,
  keyField: string,
  keys: readonly string[],
  properties: readonly string[],
  options: CallOptions,
): Promise<Map<string, StoredRecord>> {
  const comparable = [...new Set(keys.map((key) => comparableKey(keyField, key)))];
  if (comparable.length === 0) return new Map();
  const site: CallSite = { stage, write: false };
  const body = {
    idProperty: keyField,
    properties,
    propertiesWithHistory: [],
    inputs: comparable.map((id) => ({ id })),
  };
  const { data } = await call(
    site,
    { method: 'POST', path: objectBatchPath(object, 'read'), body },
    ReadAnswer,
    options,
  );
  for (const error of data.errors) {
    // "Not there" is an answer. Any other error would make a record that is there look missing.
    const failure = fromItemError(error, site);
    if (failure.kind !== 'not-found') throw failure;
  }
  const records = new Map(
    data.results.map((record) => [comparableKey(keyField, textOf(record, keyField)), record]),
  );
  return new Map(
    keys.flatMap((key) => {
      const record = records.get(comparableKey(keyField, key));
      return record === undefined ? [] : [[key, record] as const];
    }),
  );
}

type Facts = Pick<ReferenceReading, 'kind' | 'keyField' | 'fields'>;

/** What is read of a record to know it again, and what the mapping wants besides. */
export function factProperties({ kind, keyField, fields }: Facts): string[] {
  const facts = kind === 'contact' ? ['email', 'firstname', 'lastname'] : ['name', 'domain', 'country'];
  return [...new Set([keyField, ...facts, ...fields])];
}

export function toFound(record: StoredRecord, { kind, keyField, fields }: Facts): FoundRecord {
  return kind === 'contact' ? toContact(record, keyField, fields) : toCompany(record, keyField, fields);
}

const unknownFacts = {
  website: null,
  country: null,
  email: null,
  parentId: null,
  accountId: null,
  isPerson: false,
} as const;

function toContact(record: StoredRecord, keyField: string, fields: readonly string[]): FoundRecord {
  const email = orNull(record, 'email') ?? orNull(record, keyField);
  const name = [textOf(record, 'firstname'), textOf(record, 'lastname')]
    .filter((part) => part !== '')
    .join(' ');
  return {
    ...unknownFacts,
    crmId: record.id,
    name: name === '' ? (email ?? '') : name,
    key: orNull(record, keyField),
    email,
    fields: only(record, fields),
  };
}

function toCompany(record: StoredRecord, keyField: string, fields: readonly string[]): FoundRecord {
  return {
    ...unknownFacts,
    crmId: record.id,
    name: textOf(record, 'name'),
    key: orNull(record, keyField),
    website: orNull(record, 'domain'),
    country: orNull(record, 'country'),
    fields: only(record, fields),
  };
}

function only({ properties }: StoredRecord, fields: readonly string[]): FoundRecord['fields'] {
  return Object.fromEntries(fields.map((field) => [field, properties[field] ?? null]));
}

function orNull(record: StoredRecord, name: string): string | null {
  return textOf(record, name) === '' ? null : textOf(record, name);
}

function textOf({ properties }: StoredRecord, name: string): string {
  return String(properties[name] ?? '');
}
