import type {
  CallOptions,
  ConnectorContext,
  DealSnapshot,
  FieldValue,
  Stage,
  StageEntry,
} from '../../src/crm/connector.ts';
import type { CurrentRecord } from '../../src/crm/read-records.ts';
import { capabilities } from './capabilities.ts';
import type { SalesforceClient } from './client.ts';
import { queries } from './query.ts';
import { misuse, unreadable } from './errors.ts';
import { sameId } from './record-id.ts';
import { FieldScalar, HistoryRow, RecordRow, RetrievedRecords } from './schema.ts';
import { apiName, soql } from './soql.ts';
import type { StageBook } from './stages.ts';
import { DATA_PATH } from './versions.ts';

const purpose = { stage: 'read', write: false } as const;
/** IsClosed and IsWon settle the current stage even if its name has left the picklist. */
const OWN_FIELDS = ['Id', 'SystemModstamp', 'StageName', 'IsClosed', 'IsWon'];

type Row = ReturnType<typeof RecordRow.parse>;
type Log = ConnectorContext<unknown, unknown>['log'];

/**
 * Reads deals by id with their stage history. The history is read AFTER the records: read before them, it could lack
 * the very change the records already show, and a win would be missed until someone touches the deal again.
 */
export async function readDeals(
  client: SalesforceClient,
  stages: StageBook,
  log: Log,
  object: string,
  crmIds: readonly string[],
  fields: readonly string[],
  options: CallOptions,
): Promise<readonly DealSnapshot[]> {
  if (crmIds.length === 0) return [];
  if (crmIds.length > capabilities.readBatch) throw misuse(purpose, `${crmIds.length} records in one read`);
  const asked = [...new Set([...OWN_FIELDS, ...fields.map(apiName)])];
  const { rows, vendorTime, asOf } = await retrieve(client, object, crmIds, asked, options);
  const missing = crmIds.filter((_id, index) => rows[index] === null);
  const binned = await readBinned(client, object, missing, asked, options);
  const found = crmIds.map((id, index) => rows[index] ?? binned.get(sameId(id)) ?? null);
  const live = found.flatMap((row) => (row && !row.IsDeleted ? [row.Id] : []));
  const history = await readHistory(client, live, fields, options);
  const book = await stages.knowing(stageNames(found, history), options);
  return crmIds.map((id, index) => {
    const row = found[index];
    if (!row) return { crmId: id, deleted: true, modifiedAt: vendorTime, asOf, fields: {}, stageHistory: [] };
    const entries = row.IsDeleted ? [] : (history.get(sameId(row.Id)) ?? []);
    return {
      crmId: id,
      deleted: row.IsDeleted,
      modifiedAt: row.SystemModstamp,
      asOf,
      fields: pick(row, fields),
      stageHistory: entries.map((entry) => toStageEntry(entry, row, book, log)),
    };
  });
}

/** Records of any object as they are now, one entry per id. */
export async function readRecords(
  client: SalesforceClient,
  object: string,
  crmIds: readonly string[],
  fields: readonly string[],
  options: CallOptions,
): Promise<readonly CurrentRecord[]> {
  if (crmIds.length === 0) return [];
  if (crmIds.length > capabilities.readBatch) throw misuse(purpose, `${crmIds.length} records in one read`);
  const asked = [...new Set(['Id', 'SystemModstamp', ...fields.map(apiName)])];
  const { rows, vendorTime } = await retrieve(client, object, crmIds, asked, options);
  return crmIds.map((crmId, index) => {
    const row = rows[index];
    if (!row || row.IsDeleted) return { crmId, deleted: true, modifiedAt: vendorTime, fields: {} };
    return { crmId, deleted: false, modifiedAt: row.SystemModstamp, fields: pick(row, fields) };
  });
}

interface Retrieved {
  rows: (Row | null)[];
  /** When the read was answered, in the vendor's clock. */
  vendorTime: Date;
  /** When it was sent, in the vendor's clock, and at most that late: the answer's time is cut to whole seconds. */
  asOf: Date;
}

async function retrieve(
  client: SalesforceClient,
  object: string,
  ids: readonly string[],
  fields: readonly string[],
  options: CallOptions,
): Promise<Retrieved> {
  const path = `${DATA_PATH}/composite/sobjects/${apiName(object)}`;
  const sentAt = performance.now();
  const answer = await client.send({ ...purpose, method: 'POST', path, json: { ids, fields } }, options);
  const took = performance.now() - sentAt;
  const parsed = RetrievedRecords.safeParse(answer.body);
  if (!parsed.success || parsed.data.length !== ids.length)
    throw unreadable(purpose, 'not one entry per record asked for');
  const vendorTime = new Date(answer.headers['date'] ?? Number.NaN);
  if (Number.isNaN(vendorTime.getTime())) throw unreadable(purpose, 'an answer without a date');
  const rows = parsed.data.map((record) => (record === null ? null : toRow(record)));
  return { rows, vendorTime, asOf: new Date(vendorTime.getTime() - took) };
}

function toRow(record: unknown): Row {
  const parsed = RecordRow.safeParse(record);
  if (!parsed.success)
    throw unreadable(purpose, `a record without ${parsed.error.issues[0]?.path.join('.') ?? 'its fields'}`);
  return parsed.data;
}

/** Missing from a direct read: in the recycle bin, or gone for good. */
async function readBinned(
  client: SalesforceClient,
  object: string,
  ids: readonly string[],
  fields: readonly string[],
  options: CallOptions,
): Promise<Map<string, Row>> {
  if (ids.length === 0) return new Map();
  const texts = idLists(ids).map((oneOf) =>
    soql({ from: object, fields: [...fields, 'IsDeleted'], where: [{ field: 'Id', oneOf }] }),
  );
  const rows = await queries(client, RecordRow, { ...purpose, soql: texts, deleted: true }, options);
  return new Map(rows.map((row) => [sameId(row.Id), row]));
}

async function readHistory(
  client: SalesforceClient,
  ids: readonly string[],
  visible: readonly string[],
  options: CallOptions,
): Promise<Map<string, HistoryRow[]>> {
  if (ids.length === 0) return new Map();
  // What is hidden on the record is hidden in its history, and naming it would refuse the whole query.
  const money = ['Amount', 'CurrencyIsoCode'].filter((field) => visible.includes(field));
  const fields = ['Id', 'OpportunityId', 'CreatedDate', 'StageName', ...money];
  const texts = idLists(ids).map((oneOf) => {
    const where = [{ field: 'OpportunityId', oneOf }];
    return soql({ from: 'OpportunityHistory', fields, where, orderBy: ['CreatedDate', 'Id'] });
  });
  const byDeal = new Map<string, HistoryRow[]>();
  for (const row of await queries(client, HistoryRow, { ...purpose, soql: texts }, options)) {
    const rows = byDeal.get(sameId(row.OpportunityId));
    if (rows) rows.push(row);
    else byDeal.set(sameId(row.OpportunityId), [row]);
  }
  return byDeal;
}

/** Ids of one query: its text travels in an address, which Salesforce cuts off at 16,384 characters. */
const IDS_PER_QUERY = 400;

/** Five queries go into one request, so the ids of a full read need one. */
function idLists(ids: readonly string[]): string[][] {
  const lists: string[][] = [];
  for (let start = 0; start < ids.length; start += IDS_PER_QUERY)
    lists.push(ids.slice(start, start + IDS_PER_QUERY));
  return lists;
}

function* stageNames(
  rows: readonly (Row | null)[],
  history: ReadonlyMap<string, readonly HistoryRow[]>,
): Iterable<string> {
  for (const row of rows) {
    if (row && !row.IsDeleted) for (const entry of history.get(sameId(row.Id)) ?? []) yield entry.StageName;
  }
}

function toStageEntry(entry: HistoryRow, row: Row, book: ReadonlyMap<string, Stage>, log: Log): StageEntry {
  const { closed, won } = book.get(entry.StageName) ?? stageOfRecord(entry, row, log);
  return {
    id: entry.Id,
    at: entry.CreatedDate,
    stage: entry.StageName,
    closed,
    won,
    amount: typeof entry.Amount === 'number' ? String(entry.Amount) : null,
    currency: entry.CurrencyIsoCode ?? null,
  };
}

/** A stage that was removed from the picklist: the record still knows what its own one means; an older one is open. */
function stageOfRecord(entry: HistoryRow, row: Row, log: Log): { closed: boolean; won: boolean } {
  if (entry.StageName === row['StageName'])
    return { closed: row['IsClosed'] === true, won: row['IsWon'] === true };
  log.warn(
    { opportunity: row.Id, stage: entry.StageName },
    'a stage in the history is no longer defined; taken as open',
  );
  return { closed: false, won: false };
}

function pick(row: Row, fields: readonly string[]): Record<string, FieldValue> {
  return Object.fromEntries(
    fields.map((name) => {
      const value = FieldScalar.safeParse(row[name] ?? null);
      return [name, value.success ? value.data : null];
    }),
  );
}
