import type { LineItemsOutcome, LineItemsWanted, WantedLine } from '../src/crm/line-items.ts';
import { writesLines } from '../src/mapping/written-lines.ts';
import {
  knownLines,
  recordLines,
  recordWaits,
  rememberMeant,
  type KnownLine,
} from '../src/mirror/deal-lines.ts';
import { callDeadline } from '../src/mirror/lease.ts';
import { closeCards, openCard } from '../src/platform/cards/cards.ts';
import { asCallError, failItems } from './deal-outcomes.ts';
import { inBatches, mayGoOn } from './may-go-on.ts';
import type { MirrorBatch, MirrorItem } from './mirror-batch.ts';

/** Whoever puts a product into the price book has its lines within the hour. */
const retryMs = 3_600_000;
const cardKind = 'line-items-wait';

/**
 * Makes the products of registrations products of the CRM's deals, where the mapping wants it: after everything else of the
 * deal is there. What only a person can put right (a product that is in no price book) waits with a card; the deal does not.
 */
export async function writeLines(batch: MirrorBatch): Promise<void> {
  const { connection, context, claim } = batch;
  if (connection.connector.writeLineItems === undefined) return;
  const items = batch.items.filter((item) => isLinked(item) && mayHaveLines(batch, item));
  for (const part of inBatches(items, connection.capabilities.linkBatch)) {
    if (!(await mayGoOn(context, connection, claim.lease, 1))) return leaveDue(part);
    await writePart(batch, part);
  }
}

/** Done for this claim, in the CRM, and not found unchanged. */
function isLinked({ result, crmId }: MirrorItem): boolean {
  return result?.state === 'mirrored' && result.write !== null && crmId !== null;
}

/** Also those whose registration has no products any more: lines of ours may be left. */
function mayHaveLines({ connection: { mapping } }: MirrorBatch, { view }: MirrorItem): boolean {
  return writesLines(mapping, { ...view, lines: [view] });
}

/** What is not reached is done by the next claim, which finds the fields written. */
function leaveDue(items: readonly MirrorItem[]): void {
  for (const item of items) item.result = null;
}

async function writePart(batch: MirrorBatch, items: readonly MirrorItem[]): Promise<void> {
  const { connection, context, claim } = batch;
  const { db, clock } = context;
  const known = await knownLines(
    db,
    connection.id,
    items.map(({ mirror, crmId }) => ({ dealId: mirror.dealId, crmId: crmId ?? '' })),
  );
  const wanted = items
    .map((item) => toWanted(batch, item, known.get(item.mirror.dealId) ?? []))
    .filter(({ lines, gone }) => lines.length + gone.length > 0);
  if (wanted.length === 0) return recordOutcomes(batch, items, []);
  await rememberMeant(db, connection.id, wanted.flatMap(meantOf), clock.now());
  try {
    const deadline = callDeadline(claim.lease);
    const outcomes = (await connection.connector.writeLineItems?.(wanted, { deadline })) ?? [];
    await recordOutcomes(batch, items, outcomes);
  } catch (error) {
    await failItems(batch, items, asCallError(error, 'link', connection.vendor));
  }
}

/** Lines of somebody else's are none of ours any more, wanted or not. */
function toWanted(
  { connection: { mapping } }: MirrorBatch,
  { mirror, crmId, view }: MirrorItem,
  known: readonly KnownLine[],
): LineItemsWanted {
  const theirs = new Set(known.filter(({ state }) => state === 'theirs').map(({ line }) => line));
  const lines = view.lines.filter(({ line }) => !theirs.has(line));
  return {
    key: mirror.dealId,
    dealId: crmId ?? '',
    priceBook: mapping.lineItems.priceBook ?? null,
    withCurrency: mapping.deal.read.some((row) => row.to === 'currency'),
    lines: lines.map((line): WantedLine => {
      const before = known.find((one) => one.line === line.line);
      return { ...line, crmId: before?.crmId ?? null, values: before?.values ?? [] };
    }),
    gone: known.filter(
      ({ line, state }) => state === 'ours' && !view.lines.some((wanted) => wanted.line === line),
    ),
  };
}

function meantOf({ key, dealId, lines }: LineItemsWanted) {
  return lines.map(({ line, quantity, unitPrice }) => ({
    dealId: key,
    dealCrmId: dealId,
    line,
    value: unitPrice === null ? null : { quantity, unitPrice },
  }));
}

async function recordOutcomes(
  batch: MirrorBatch,
  items: readonly MirrorItem[],
  outcomes: readonly LineItemsOutcome[],
): Promise<void> {
  const { connection, context } = batch;
  const now = context.clock.now();
  await recordLines(context.db, connection.id, outcomes, now);
  const problems = new Map(outcomes.flatMap((one) => (isForPerson(one) ? [[one.key, one] as const] : [])));
  const done = items.map(({ mirror }) => mirror.dealId).filter((id) => !problems.has(id));
  await recordWaits(context.db, connection.id, [...problems.keys()], done, new Date(now.getTime() + retryMs));
  for (const item of items) await tell(batch, item, problems.get(item.mirror.dealId), now);
  for (const outcome of outcomes) {
    const item = items.find(({ mirror }) => mirror.dealId === outcome.key);
    if (item && outcome.status === 'failed' && !isForPerson(outcome))
      await failItems(batch, [item], outcome.error);
  }
}

/** Everything else passes by itself: the deal is tried again. */
function isForPerson(outcome: LineItemsOutcome): boolean {
  if (outcome.status !== 'failed') return outcome.status === 'waiting';
  return ['invalid-record', 'conflict', 'not-found'].includes(outcome.error.kind);
}

async function tell(
  { connection, context }: MirrorBatch,
  { mirror, view }: MirrorItem,
  problem: LineItemsOutcome | undefined,
  now: Date,
): Promise<void> {
  const card = { connectionId: connection.id, kind: cardKind, subject: mirror.dealId };
  if (problem === undefined || problem.status === 'written') {
    await closeCards(context.db, card, now);
    return;
  }
  const { plain, nextStep } = problem.status === 'waiting' ? problem : problem.error.details;
  const deal = `"${String(view.view['deal.name'] ?? mirror.dealId)}"`;
  await openCard(
    context.db,
    {
      ...card,
      plain: `The products of ${deal} wait: ${plain}. The deal itself is in the CRM.`,
      nextStep: nextStep ?? 'Correct it in the CRM; they are tried again every hour.',
    },
    now,
  );
}
