/** Finds records that exist already: consistently by a unique property, and by search where there is none. */
import type { CallOptions, MatchCandidate, MatchWanted } from '../../src/crm/connector.ts';
import type { Caller } from './call.ts';
import { fromItemError, type CallSite } from './errors.ts';
import { comparableKey } from './property-values.ts';
import { ReadAnswer, type StoredRecord } from './schema.ts';
import { searchCompanies, type CompanyMatcher } from './search-companies.ts';
import { objectBatchPath } from './versions.ts';

type Candidates = ReadonlyMap<string, readonly MatchCandidate[]>;

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

export async function findContacts(
  call: Caller,
  object: string,
  keyField: string,
  wanted: readonly MatchWanted[],
  options: CallOptions,
): Promise<Candidates> {
  const emails = wanted.flatMap(({ email }) => (email ? [email] : []));
  const found = await readByKey(
    call,
    'resolve',
    object,
    keyField,
    emails,
    [keyField, 'firstname', 'lastname'],
    options,
  );
  return new Map(
    wanted.map(({ key, email }) => {
      const record = email === undefined ? undefined : found.get(email);
      return [key, record === undefined ? [] : [contactCandidate(record, email ?? '')]];
    }),
  );
}

/** A company of ours outranks what search says: the index may not know it yet. */
export async function findCompanies(
  call: Caller,
  object: string,
  keyField: string,
  wanted: readonly MatchWanted[],
  options: CallOptions,
): Promise<Candidates> {
  const keys = wanted.map(({ key }) => key);
  const ours = await readByKey(call, 'resolve', object, keyField, keys, [keyField, 'name'], options);
  const unknown = wanted.filter(({ key }) => !ours.has(key));
  const match = await companyMatcher(call, object, unknown, options);
  return new Map(
    wanted.map((one) => {
      const own = ours.get(one.key);
      return [one.key, own === undefined ? match(one) : [ownCandidate(own)]];
    }),
  );
}

async function companyMatcher(
  call: Caller,
  object: string,
  unknown: readonly MatchWanted[],
  options: CallOptions,
): Promise<CompanyMatcher> {
  return unknown.length === 0 ? () => [] : searchCompanies(call, object, unknown, options);
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

function contactCandidate(record: StoredRecord, email: string): MatchCandidate {
  const name = [textOf(record, 'firstname'), textOf(record, 'lastname')]
    .filter((part) => part !== '')
    .join(' ');
  return { crmId: record.id, name: name === '' ? email : name, because: `same e-mail ${email}`, by: 'email' };
}

function ownCandidate(record: StoredRecord): MatchCandidate {
  return {
    crmId: record.id,
    name: textOf(record, 'name'),
    because: 'carries our own key already',
    by: 'our-key',
  };
}

function textOf({ properties }: StoredRecord, name: string): string {
  return String(properties[name] ?? '');
}
