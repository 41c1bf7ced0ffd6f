/** Reads deals directly, with their stage history, and finds the ones that changed. */
import type {
  CallOptions,
  ChangeHint,
  DealSnapshot,
  PollPage,
  PollWindow,
  StageEntry,
} from '../../src/crm/connector.ts';
import type { Caller } from './call.ts';
import { answerTime } from './describe.ts';
import { fromItemError, type CallSite } from './errors.ts';
import { instantOf, stageEntries } from './stage-history.ts';
import { ReadAnswer, SearchAnswer, type StoredRecord } from './schema.ts';
import type { StageCatalogue } from './stages.ts';
import { objectBatchPath, searchPath } from './versions.ts';

const READ: CallSite = { stage: 'read', write: false };
/** The most that a search answers at once. */
const PAGE = 200;
/** Old ids of merged records, separated by semicolons. */
const MERGED_IDS = 'hs_merged_object_ids';
const MODIFIED = 'hs_lastmodifieddate';
const WITH_HISTORY = ['dealstage', 'amount', 'deal_currency_code'];

interface Batch {
  records: StoredRecord[];
  answeredAt: Date;
  /** When it was sent, in HubSpot's clock, and at most that late: the answer's time is cut to whole seconds. */
  asOf: Date;
}

/**
 * One snapshot per id asked for, in that order. An id that HubSpot does not know (any more) gives a deleted snapshot;
 * one that lives on under another id after a merge gives that record, with `mergedFrom`.
 */
export async function readDeals(
  call: Caller,
  stages: StageCatalogue,
  object: string,
  crmIds: readonly string[],
  fields: readonly string[],
  options: CallOptions,
): Promise<DealSnapshot[]> {
  const wanted = [...new Set(crmIds)];
  if (wanted.length === 0) return [];
  const live = await readBatch(call, object, wanted, fields, false, options);
  const found = assign(wanted, live.records);
  const missing = wanted.filter((id) => !found.has(id));
  const gone = missing.length === 0 ? null : await readBatch(call, object, missing, fields, true, options);
  const archived = assign(missing, gone?.records ?? []);

  const histories = await readHistories([...found.values(), ...archived.values()], stages, options);
  return wanted.map((id) => {
    const record = found.get(id) ?? archived.get(id);
    if (record === undefined) return unknownDeal(id, (gone ?? live).answeredAt);
    const { asOf } = found.has(id) ? live : (gone ?? live);
    return { ...snapshot(id, record, fields, histories.get(record) ?? [], !found.has(id)), asOf };
  });
}

async function readBatch(
  call: Caller,
  object: string,
  ids: readonly string[],
  fields: readonly string[],
  archived: boolean,
  options: CallOptions,
): Promise<Batch> {
  const properties = [...new Set([...fields, MODIFIED, MERGED_IDS])];
  const body = { inputs: ids.map((id) => ({ id })), properties, propertiesWithHistory: WITH_HISTORY };
  const path = objectBatchPath(object, 'read', archived);
  const sentAt = performance.now();
  const { data, answer } = await call(READ, { method: 'POST', path, body }, ReadAnswer, options);
  const took = performance.now() - sentAt;
  for (const error of data.errors) {
    // Only "not there" makes a record count as missing: a deal must not look deleted because HubSpot stumbled.
    const failure = fromItemError(error, READ);
    if (failure.kind !== 'not-found') throw failure;
  }
  const answeredAt = answerTime(answer.header('date'));
  return { records: data.results, answeredAt, asOf: new Date(answeredAt.getTime() - took) };
}

/** Id asked for → record. A merged record comes under another id than the one asked for. */
function assign(ids: readonly string[], records: readonly StoredRecord[]): Map<string, StoredRecord> {
  const byId = new Map(records.map((record) => [record.id, record]));
  for (const record of records) {
    for (const old of mergedIds(record)) if (!byId.has(old)) byId.set(old, record);
  }
  const found = new Map(
    ids.flatMap((id) => (byId.has(id) ? [[id, byId.get(id) as StoredRecord] as const] : [])),
  );
  const unasked = records.filter((record) => ![...found.values()].includes(record));
  const silent = ids.filter((id) => !found.has(id));
  const [id] = silent;
  const [record] = unasked;
  if (id !== undefined && record !== undefined && silent.length === 1 && unasked.length === 1)
    found.set(id, record);
  return found;
}

function mergedIds(record: StoredRecord): string[] {
  return String(record.properties[MERGED_IDS] ?? '')
    .split(';')
    .map((id) => id.trim())
    .filter((id) => id !== '');
}

async function readHistories(
  records: readonly StoredRecord[],
  stages: StageCatalogue,
  options: CallOptions,
): Promise<Map<StoredRecord, StageEntry[]>> {
  const named = records.flatMap((record) => record.propertiesWithHistory?.['dealstage'] ?? []);
  const needed = new Set(named.flatMap(({ value }) => (value ? [value] : [])));
  if (needed.size === 0) return new Map();
  const meanings = await stages.meanings(needed, options);
  return new Map(
    records.map((record) => [record, stageEntries(record.propertiesWithHistory ?? {}, meanings)]),
  );
}

function snapshot(
  asked: string,
  record: StoredRecord,
  fields: readonly string[],
  stageHistory: StageEntry[],
  deleted: boolean,
): DealSnapshot {
  return {
    crmId: record.id,
    ...(record.id === asked ? {} : { mergedFrom: asked }),
    deleted,
    modifiedAt: modifiedAt(record),
    fields: Object.fromEntries(fields.map((name) => [name, record.properties[name] ?? null])),
    stageHistory,
  };
}

/** Never the time of archiving: a restored deal could then look older than its own deletion, and stay deleted here. */
function modifiedAt(record: StoredRecord): Date {
  const value = record.properties[MODIFIED] ?? record.updatedAt ?? record.createdAt;
  return instantOf(String(value)) ?? new Date(0);
}

/** Neither live nor archived: purged, or never in this portal. */
function unknownDeal(crmId: string, answeredAt: Date): DealSnapshot {
  return { crmId, deleted: true, modifiedAt: answeredAt, fields: {}, stageHistory: [] };
}

/**
 * Deals with our key that changed in [from, to), a page of at most 200, ordered and continued by record id: paging by
 * HubSpot's own cursor ends at 10,000. The search index lags; the caller keeps `to` far enough behind HubSpot's clock.
 * Deleted deals are not in the index.
 */
export async function poll(
  call: Caller,
  object: string,
  keyField: string,
  window: PollWindow,
  options: CallOptions,
): Promise<PollPage> {
  const filters = [
    { propertyName: keyField, operator: 'HAS_PROPERTY' },
    { propertyName: MODIFIED, operator: 'GTE', value: String(window.from.getTime()) },
    { propertyName: MODIFIED, operator: 'LT', value: String(window.to.getTime()) },
    ...(window.after === undefined
      ? []
      : [{ propertyName: 'hs_object_id', operator: 'GT', value: window.after }]),
  ];
  const body = {
    filterGroups: [{ filters }],
    // As text, ascending: the spec knows no other form.
    sorts: ['hs_object_id'],
    properties: ['hs_object_id'],
    limit: PAGE,
  };
  const site: CallSite = { stage: 'poll', write: false };
  const { data } = await call(
    site,
    { method: 'POST', path: searchPath(object), body },
    SearchAnswer,
    options,
  );
  const last = data.results.at(-1);
  const more = last !== undefined && (data.paging?.next !== undefined || data.results.length >= PAGE);
  return { hints: data.results.map((record) => hintOf(record, window)), ...(more ? { next: last.id } : {}) };
}

function hintOf({ id, createdAt }: StoredRecord, { from }: PollWindow): ChangeHint {
  const created = createdAt === undefined ? null : instantOf(createdAt);
  const change = created !== null && created >= from ? 'created' : 'updated';
  return { crmId: id, change, fields: [], ours: false };
}
