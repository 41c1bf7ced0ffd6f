import { z } from 'zod';
import type { LineItemsWanted, LineValue, WantedLine, WrittenLine } from '../../../src/crm/line-items.ts';
import { fullId, sameId } from '../record-id.ts';
import { chooseEntry, type Entry, type NoEntry } from './price-book.ts';

export const LineRow = z.looseObject({
  Id: z.string(),
  OpportunityId: z.string(),
  PricebookEntryId: z.string().nullish(),
  Quantity: z.number(),
  UnitPrice: z.number().nullish(),
  CreatedById: z.string(),
});
export type LineRow = z.infer<typeof LineRow>;

/** What is to be written for one opportunity, and what is known without writing. */
export interface LinePlan {
  create: { line: string; entry: Entry; value: LineValue }[];
  update: { line: string; crmId: string; value: LineValue }[];
  remove: { line: string; crmId: string }[];
  known: WrittenLine[];
  problem: NoEntry | null;
}

/**
 * Compares the lines of a registration with those that are there. A line is ours when we were told its id, or when our user
 * made it with what we may have sent; it stays ours until somebody changes it. Any other line of the same product is
 * somebody else's: ours is not put beside it, which would count the product twice. A product without a price keeps all new
 * lines waiting: a part of them would make a wrong sum. Pure.
 * @param where the opportunity's price book and currency
 */
export function planLines(
  wanted: LineItemsWanted,
  rows: readonly LineRow[],
  entries: readonly Entry[],
  where: { book: string; currency: string | null },
  ourUser: string,
): LinePlan {
  const plan: LinePlan = { create: [], update: [], remove: [], known: [], problem: null };
  const told = new Set(
    [...wanted.lines, ...wanted.gone].flatMap(({ crmId }) => (crmId === null ? [] : [sameId(crmId)])),
  );
  const free = rows.filter((row) => !told.has(sameId(row.Id)));
  for (const line of wanted.lines) {
    if (line.crmId !== null) planKnown(plan, line, line.crmId, rows);
    else planNew(plan, line, free, chooseEntry(entries, line, where), ourUser);
  }
  for (const { line, crmId, values } of wanted.gone) planGone(plan, line, crmId, values, rows);
  if (plan.problem !== null) plan.create = [];
  return plan;
}

function planKnown(plan: LinePlan, line: WantedLine, crmId: string, rows: readonly LineRow[]): void {
  const row = rows.find(({ Id }) => sameId(Id) === sameId(crmId));
  if (!row) return void plan.known.push({ line: line.line, crmId, state: 'theirs', value: null });
  const held = valueOf(row);
  const value = { quantity: line.quantity, unitPrice: line.unitPrice ?? held.unitPrice };
  if (sameLine(held, value)) plan.known.push({ line: line.line, crmId, state: 'ours', value });
  else if (line.values.some((one) => sameLine(held, one)))
    plan.update.push({ line: line.line, crmId, value });
  else plan.known.push({ line: line.line, crmId, state: 'theirs', value: null });
}

function planNew(
  plan: LinePlan,
  line: WantedLine,
  free: LineRow[],
  entry: Entry | NoEntry,
  ourUser: string,
): void {
  if ('plain' in entry) return void (plan.problem ??= entry);
  const value = { quantity: line.quantity, unitPrice: line.unitPrice ?? decimal(entry.UnitPrice) };
  const sameProduct = free.filter((row) => sameId(row.PricebookEntryId ?? '') === sameId(entry.Id));
  const ours = sameProduct.find(
    (row) =>
      sameId(row.CreatedById) === sameId(ourUser) &&
      [value, ...line.values].some((one) => sameLine(valueOf(row), one)),
  );
  const [there] = ours ? [ours] : sameProduct;
  if (!there) {
    plan.create.push({ line: line.line, entry, value });
    return;
  }
  free.splice(free.indexOf(there), 1);
  const crmId = fullId(there.Id);
  if (!ours) plan.known.push({ line: line.line, crmId, state: 'theirs', value: null });
  else if (sameLine(valueOf(ours), value)) plan.known.push({ line: line.line, crmId, state: 'ours', value });
  else plan.update.push({ line: line.line, crmId, value });
}

/** A line of ours that the partner took back goes only while nobody changed it. */
function planGone(
  plan: LinePlan,
  line: string,
  crmId: string | null,
  values: readonly LineValue[],
  rows: readonly LineRow[],
): void {
  const row = crmId === null ? undefined : rows.find(({ Id }) => sameId(Id) === sameId(crmId));
  if (row && crmId !== null && values.some((one) => sameLine(valueOf(row), one)))
    plan.remove.push({ line, crmId });
  else plan.known.push({ line, crmId, state: row ? 'theirs' : 'removed', value: null });
}

function valueOf({ Quantity, UnitPrice }: LineRow): LineValue {
  return { quantity: decimal(Quantity), unitPrice: decimal(UnitPrice ?? 0) };
}

/** Two decimals and 16 digits before them at most, so the shortest text is the exact one. */
function decimal(value: number): string {
  return String(value);
}

/** "3.00" is 3. */
function sameLine(left: LineValue, right: LineValue): boolean {
  return (
    Number(left.quantity) === Number(right.quantity) && Number(left.unitPrice) === Number(right.unitPrice)
  );
}
