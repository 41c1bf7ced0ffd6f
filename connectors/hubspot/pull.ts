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
import { changedLineItems } from './changed-line-items.ts';
import { propertiesOf, readCompanies, type Companies } from './company-fields.ts';
import type { CallSite } from './errors.ts';
import { assign, modifiedAt, readBatch } from './read-batch.ts';
import { instantOf, stageEntries } from './stage-history.ts';
import { SearchAnswer, type StoredRecord } from './schema.ts';
import type { StageCatalogue } from './stages.ts';
import { searchPath } from './versions.ts';

/** The most that a search answers at once. */
const PAGE = 200;
const MODIFIED = 'hs_lastmodifieddate';
const READ: CallSite = { stage: 'read', write: false };
const WITH_HISTORY = ['dealstage', 'amount', 'deal_currency_code'];

/**
 * One snapshot per id asked for, in that order. An id that HubSpot does not know (any more) gives a deleted snapshot;
 * one that lives on under another id after a merge gives that record, with `mergedFrom`.
 */
export async function readDeals(
  companies: Companies,
  stages: StageCatalogue,
  object: string,
  crmIds: readonly string[],
  fields: readonly string[],
  options: CallOptions,
): Promise<DealSnapshot[]> {
  const wanted = [...new Set(crmIds)];
  if (wanted.length === 0) return [];
  const { call } = companies;
  const properties = propertiesOf(fields);
  const reading = { object, fields: properties, withHistory: WITH_HISTORY };
  const live = await readBatch(call, { ...reading, ids: wanted }, options);
  const found = assign(wanted, live.records);
  const missing = wanted.filter((id) => !found.has(id));
  const gone =
    missing.length === 0
      ? null
      : await readBatch(call, { ...reading, ids: missing, archived: true }, options);
  const archived = assign(missing, gone?.records ?? []);

  const there = { ids: live.records.map(({ id }) => id), fields };
  const companiesOf = await readCompanies(companies, READ, there, options);
  const histories = await readHistories([...found.values(), ...archived.values()], stages, options);
  return wanted.map((id) => {
    const record = found.get(id) ?? archived.get(id);
    if (record === undefined) return unknownDeal(id, (gone ?? live).answeredAt);
    const { asOf } = found.has(id) ? live : (gone ?? live);
    const shown = snapshot(id, record, properties, histories.get(record) ?? [], !found.has(id));
    return { ...shown, fields: { ...shown.fields, ...(shown.deleted ? {} : companiesOf(record.id)) }, asOf };
  });
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

/** Neither live nor archived: purged, or never in this portal. */
function unknownDeal(crmId: string, answeredAt: Date): DealSnapshot {
  return { crmId, deleted: true, modifiedAt: answeredAt, fields: {}, stageHistory: [] };
}

/**
 * Deals with our key that changed in [from, to), a page of at most 200, ordered and continued by record id. Each page is
 * the first one of a narrower search, so that HubSpot's end at 10,000 results is never met, however many records changed
 * in the window or in one millisecond of it (an import, a workflow): a window split by time could not be split there.
 * What changes meanwhile leaves the window, and is in the next one. The search index lags; the caller keeps `to` far
 * enough behind HubSpot's clock and lets windows overlap. Deleted deals are not in the index.
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
  const isFirst = window.after === undefined;
  const byItems =
    isFirst && window.withLineItems ? await changedLineItems(call, object, window, options) : [];
  const last = data.results.at(-1);
  const more = last !== undefined && (data.paging?.next !== undefined || data.results.length >= PAGE);
  const hints = [...data.results.map((record) => hintOf(record, window)), ...byItems];
  return { hints, ...(more ? { next: last.id } : {}) };
}

function hintOf({ id, createdAt }: StoredRecord, { from }: PollWindow): ChangeHint {
  const created = createdAt === undefined ? null : instantOf(createdAt);
  const change = created !== null && created >= from ? 'created' : 'updated';
  return { crmId: id, change, fields: [], ours: false };
}
