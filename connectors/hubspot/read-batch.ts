/** Reads records directly by id; merged ones come under another id than the one asked for. */
import type { CallOptions } from '../../src/crm/connector.ts';
import type { Caller } from './call.ts';
import { answerTime } from './describe.ts';
import { fromItemError, type CallSite } from './errors.ts';
import { ReadAnswer, type StoredRecord } from './schema.ts';
import { instantOf } from './stage-history.ts';
import { objectBatchPath } from './versions.ts';

const READ: CallSite = { stage: 'read', write: false };
/** Old ids of merged records, separated by semicolons. */
const MERGED_IDS = 'hs_merged_object_ids';
const MODIFIED = 'hs_lastmodifieddate';

export interface BatchReading {
  object: string;
  ids: readonly string[];
  fields: readonly string[];
  /** Properties whose history is read with them. */
  withHistory?: readonly string[];
  archived?: boolean;
  site?: CallSite;
}

export interface Batch {
  records: StoredRecord[];
  answeredAt: Date;
  /** When it was sent, in HubSpot's clock, and at most that late: the answer's time is cut to whole seconds. */
  asOf: Date;
}

/** One call; ids that are not there are missing among the records. @throws SyncError when HubSpot could not read all. */
export async function readBatch(call: Caller, reading: BatchReading, options: CallOptions): Promise<Batch> {
  const { object, ids, fields, withHistory = [], archived = false, site = READ } = reading;
  const properties = [...new Set([...fields, MODIFIED, MERGED_IDS])];
  const body = { inputs: ids.map((id) => ({ id })), properties, propertiesWithHistory: withHistory };
  const path = objectBatchPath(object, 'read', archived);
  const sentAt = performance.now();
  const { data, answer } = await call(site, { method: 'POST', path, body }, ReadAnswer, options);
  const took = performance.now() - sentAt;
  for (const error of data.errors) {
    // Only "not there" makes a record count as missing: one must not look deleted because HubSpot stumbled.
    const failure = fromItemError(error, site);
    if (failure.kind !== 'not-found') throw failure;
  }
  const answeredAt = answerTime(answer.header('date'));
  return { records: data.results, answeredAt, asOf: new Date(answeredAt.getTime() - took) };
}

/** Id asked for → record. A merged record comes under another id than the one asked for. */
export function assign(ids: readonly string[], records: readonly StoredRecord[]): Map<string, StoredRecord> {
  const byId = new Map(records.map((record) => [record.id, record]));
  for (const record of records) {
    for (const old of mergedIds(record)) if (!byId.has(old)) byId.set(old, record);
  }
  const found = new Map(
    ids.flatMap((id) => (byId.has(id) ? [[id, byId.get(id) as StoredRecord] as const] : [])),
  );
  // By id: two merged ids asked for bring the same record twice, and the second must not be taken for a third one's.
  const known = new Set([...found.values()].map(({ id }) => id));
  const unasked = records.filter((record) => !known.has(record.id));
  const silent = ids.filter((id) => !found.has(id));
  const [id] = silent;
  const [record] = unasked;
  if (id !== undefined && record !== undefined && silent.length === 1 && unasked.length === 1)
    found.set(id, record);
  return found;
}

/** Never the time of archiving: a restored deal could then look older than its own deletion, and stay deleted here. */
export function modifiedAt(record: StoredRecord): Date {
  const { properties, updatedAt, createdAt } = record;
  const value = properties[MODIFIED] ?? updatedAt ?? createdAt;
  return instantOf(String(value)) ?? new Date(0);
}

function mergedIds(record: StoredRecord): string[] {
  return String(record.properties[MERGED_IDS] ?? '')
    .split(';')
    .map((id) => id.trim())
    .filter((id) => id !== '');
}
