import { z } from 'zod';
import type { CallOptions, Fields } from '../../../src/crm/connector.ts';
import type { LineItemsOutcome, LineItemsWanted, WrittenLine } from '../../../src/crm/line-items.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import type { SalesforceClient } from '../client.ts';
import { refusedItem } from '../errors.ts';
import { queries } from '../query.ts';
import { fullId, sameId } from '../record-id.ts';
import { soql, splitBySize, valueSize } from '../soql.ts';
import { createRecords, deleteRecords, linking, updateRecords, type Written } from '../write-records.ts';
import { LineRow, planLines, type LinePlan } from './plan-lines.ts';
import { findBooks, findEntries, type NoEntry } from './price-book.ts';

const reading = { stage: 'link', write: false } as const;

const DealRow = z.looseObject({
  Id: z.string(),
  IsClosed: z.boolean(),
  Pricebook2Id: z.string().nullish(),
  CurrencyIsoCode: z.string().nullish(),
});
type DealRow = z.infer<typeof DealRow>;

/** One opportunity on its way. */
interface Work {
  wanted: LineItemsWanted;
  /** Null: it has none yet, and gets `book`. */
  held: string | null;
  book: string;
  currency: string | null;
  plan: LinePlan;
  lines: WrittenLine[];
  error: SyncError | null;
}

/**
 * Makes the lines of registrations products of their opportunities. What is there is read first and only the difference
 * written; a closed opportunity is left as it is. An opportunity without a price book gets the one that the mapping names.
 */
export async function writeLineItems(
  client: SalesforceClient,
  wanted: readonly LineItemsWanted[],
  options: CallOptions,
): Promise<readonly LineItemsOutcome[]> {
  if (wanted.length === 0) return [];
  const ids = wanted.map(({ dealId }) => dealId);
  const withCurrency = wanted.some((one) => one.withCurrency);
  const deals = await readDeals(client, ids, withCurrency, options);
  const open = wanted.filter((one) => deals.get(sameId(one.dealId))?.IsClosed === false);
  const bookless = open.filter((one) => !deals.get(sameId(one.dealId))?.Pricebook2Id);
  const bookOf = await findBooks(
    client,
    bookless.map(({ priceBook }) => priceBook),
    options,
  );
  const problems = new Map<string, NoEntry>();
  const placed = open.flatMap((one) => place(one, deals.get(sameId(one.dealId)), bookOf, problems));
  const works = await planAll(client, placed, withCurrency, options);
  await setBooks(client, works, options);
  await createLines(client, works, options);
  await changeLines(client, works, options);
  await removeLines(client, works, options);
  const byKey = new Map(works.map((work) => [work.wanted.key, work]));
  return wanted.map(({ key }) => toOutcome(key, byKey.get(key), problems.get(key)));
}

type Placed = Pick<Work, 'wanted' | 'held' | 'book' | 'currency'>;

function place(
  wanted: LineItemsWanted,
  deal: DealRow | undefined,
  bookOf: (name: string | null) => string | NoEntry,
  problems: Map<string, NoEntry>,
): Placed[] {
  const held = deal?.Pricebook2Id ?? null;
  const book = held ?? bookOf(wanted.priceBook);
  if (typeof book === 'string') return [{ wanted, held, book, currency: deal?.CurrencyIsoCode ?? null }];
  problems.set(wanted.key, book);
  return [];
}

async function planAll(
  client: SalesforceClient,
  placed: readonly Placed[],
  withCurrency: boolean,
  options: CallOptions,
): Promise<Work[]> {
  if (placed.length === 0) return [];
  const { userId } = await client.sessions.current(linking, options);
  const books = [...new Set(placed.map(({ book }) => book))];
  const wanted = placed.map((one) => one.wanted);
  const entries = await findEntries(client, books, wanted, withCurrency, options);
  const rows = await readLines(
    client,
    wanted.map(({ dealId }) => dealId),
    options,
  );
  return placed.map((one) => {
    const there = rows.get(sameId(one.wanted.dealId)) ?? [];
    const plan = planLines(one.wanted, there, entries, one, userId);
    return { ...one, plan, lines: [...plan.known], error: null };
  });
}

/** A line needs the price book of its opportunity; where that fails, so do the lines. */
async function setBooks(
  client: SalesforceClient,
  works: readonly Work[],
  options: CallOptions,
): Promise<void> {
  const some = works.filter(({ held, plan }) => held === null && plan.create.length > 0);
  const records = some.map(({ wanted, book }) => ({
    attributes: { type: 'Opportunity' },
    id: wanted.dealId,
    Pricebook2Id: book,
  }));
  const results = records.length === 0 ? [] : await updateRecords(client, records, options);
  for (const [index, work] of some.entries()) {
    const error = problemOf(results[index], true);
    if (error) Object.assign(work, { error, plan: { ...work.plan, create: [] } });
  }
}

async function createLines(
  client: SalesforceClient,
  works: readonly Work[],
  options: CallOptions,
): Promise<void> {
  const made = works.flatMap((work) => work.plan.create.map((one) => ({ work, ...one })));
  const records = made.map(({ work, entry, value }) => ({
    ...attributes,
    OpportunityId: work.wanted.dealId,
    PricebookEntryId: entry.Id,
    ...fieldsOf(value),
  }));
  const results = records.length === 0 ? [] : await createRecords(client, records, options);
  for (const [index, { work, line, value }] of made.entries()) {
    const result = results[index];
    const error = problemOf(result, false);
    if (error) work.error ??= error;
    else work.lines.push({ line, crmId: idOf(result), state: 'ours', value });
  }
}

async function changeLines(
  client: SalesforceClient,
  works: readonly Work[],
  options: CallOptions,
): Promise<void> {
  const changed = works.flatMap((work) => work.plan.update.map((one) => ({ work, ...one })));
  const records = changed.map(({ crmId, value }) => ({ ...attributes, id: crmId, ...fieldsOf(value) }));
  const results = records.length === 0 ? [] : await updateRecords(client, records, options);
  for (const [index, { work, line, crmId, value }] of changed.entries()) {
    const error = problemOf(results[index], true);
    if (error) work.error ??= error;
    else work.lines.push({ line, crmId, state: 'ours', value });
  }
}

async function removeLines(
  client: SalesforceClient,
  works: readonly Work[],
  options: CallOptions,
): Promise<void> {
  const gone = works.flatMap((work) => work.plan.remove.map((one) => ({ work, ...one })));
  const results =
    gone.length === 0
      ? []
      : await deleteRecords(
          client,
          gone.map(({ crmId }) => crmId),
          options,
        );
  for (const [index, { work, line, crmId }] of gone.entries()) {
    const error = problemOf(results[index], true);
    if (error && error.kind !== 'not-found') work.error ??= error;
    else work.lines.push({ line, crmId, state: 'removed', value: null });
  }
}

const attributes = { attributes: { type: 'OpportunityLineItem' } };

/** Decimal texts: Salesforce reads them exactly, where a JSON number would pass through a double. */
function fieldsOf({ quantity, unitPrice }: { quantity: string; unitPrice: string }): Fields {
  return { Quantity: quantity, UnitPrice: unitPrice };
}

function problemOf(result: Written | undefined, identified: boolean): SyncError | null {
  if (result instanceof SyncError) return result;
  return result?.success ? null : refusedItem(result?.errors ?? [], linking, identified);
}

function idOf(result: Written | undefined): string | null {
  return result === undefined || result instanceof SyncError || !result.id ? null : fullId(result.id);
}

function toOutcome(key: string, work: Work | undefined, problem: NoEntry | undefined): LineItemsOutcome {
  const waits = problem ?? work?.plan.problem;
  const lines = work?.lines ?? [];
  if (work?.error) return { key, lines, status: 'failed', error: work.error };
  return waits ? { key, lines, status: 'waiting', ...waits } : { key, lines, status: 'written' };
}

async function readDeals(
  client: SalesforceClient,
  ids: readonly string[],
  withCurrency: boolean,
  options: CallOptions,
): Promise<Map<string, DealRow>> {
  const fields = ['Id', 'IsClosed', 'Pricebook2Id', ...(withCurrency ? ['CurrencyIsoCode'] : [])];
  const texts = splitBySize(ids, valueSize).map((oneOf) =>
    soql({ from: 'Opportunity', fields, where: [{ field: 'Id', oneOf }] }),
  );
  const rows = await queries(client, DealRow, { ...reading, soql: texts }, options);
  return new Map(rows.map((row) => [sameId(row.Id), row]));
}

async function readLines(
  client: SalesforceClient,
  dealIds: readonly string[],
  options: CallOptions,
): Promise<Map<string, LineRow[]>> {
  const fields = ['Id', 'OpportunityId', 'PricebookEntryId', 'Quantity', 'UnitPrice', 'CreatedById'];
  const texts = splitBySize(dealIds, valueSize).map((oneOf) =>
    soql({
      from: 'OpportunityLineItem',
      fields,
      where: [{ field: 'OpportunityId', oneOf }],
      orderBy: ['Id'],
    }),
  );
  const byDeal = new Map<string, LineRow[]>();
  for (const row of await queries(client, LineRow, { ...reading, soql: texts }, options))
    byDeal.set(sameId(row.OpportunityId), [...(byDeal.get(sameId(row.OpportunityId)) ?? []), row]);
  return byDeal;
}
