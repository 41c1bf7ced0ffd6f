import type { PushRequest, RecordWrite, WriteOutcome } from '../src/crm/connector.ts';
import type { SyncError } from '../src/crm/sync-error.ts';
import { evaluateRows } from '../src/mapping/evaluate.ts';
import { mappingFor } from '../src/mapping/written-lines.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { markSending } from '../src/mirror/claim-deals.ts';
import { allowedDeals } from '../src/mirror/duplicates/deal-questions.ts';
import { keepPushed, type Pushed } from '../src/mirror/keep-pushed.ts';
import { callDeadline, LeaseTooShort } from '../src/mirror/lease.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import { askAboutDuplicates, type StoppedDeal } from './ask-about-duplicates.ts';
import { asCallError, failItems, missingAnswer } from './deal-outcomes.ts';
import { inBatches, mayGoOn } from './may-go-on.ts';
import { waiting, type MirrorBatch, type MirrorItem } from './mirror-batch.ts';
import { noteBefore } from './note-before.ts';
import { fullView } from './prepare-deals.ts';

/** A deal whose last send had no conclusive answer may exist already: its create-only fields must not be written again. */
export async function lookUpSuspects(batch: MirrorBatch): Promise<void> {
  const { connection, claim } = batch;
  const suspects = waiting(batch).filter((item) => item.mirror.suspect && item.crmId === null);
  if (suspects.length === 0) return;
  const { object, keyField } = connection.mapping.deal;
  for (const items of inBatches(suspects, connection.capabilities.matchBatch)) {
    try {
      const deadline = callDeadline(claim.lease);
      const keys = items.map((item) => item.mirror.dealId);
      const found = await connection.connector.lookupByKey(object, keyField, keys, { deadline });
      for (const item of items) adoptFound(connection, item, found.get(item.mirror.dealId));
    } catch (error) {
      await failItems(batch, items, asCallError(error, 'lookup', connection.vendor));
    }
  }
}

function adoptFound(connection: WiredConnection, item: MirrorItem, crmId: string | undefined): void {
  if (crmId === undefined) return;
  item.crmId = crmId;
  // Only that one send can have made it, with these very values: writing them again would change nothing.
  if (item.mirror.sentHash === item.hash) item.pushed = true;
  const { deal } = mappingFor(connection.mapping, item.view);
  item.fields = evaluateRows(deal.write, fullView(connection, item.view), false);
}

/** What was written by an interrupted run already, exactly as it would be now, is only linked. */
export function heedPushed(batch: MirrorBatch): void {
  for (const item of waiting(batch)) {
    if (item.crmId === null || item.mirror.pushedHash !== item.hash) continue;
    item.pushed = true;
    item.fresh = item.mirror.pushedFresh;
  }
}

type Part = { operation: PushRequest['operation']; items: readonly MirrorItem[]; allowDuplicate?: true };

/** Looking for a culprit among 200 takes about sixteen calls; what is not found in so many waits for the next claim. */
const mostSplits = 20;
/** So many culprits and not one innocent: the CRM refuses everything, and looking further is no use. */
const systemic = 3;

/**
 * One call after the other. The first one that fails as a whole is the last one: what was not sent has no result and
 * stays due. A batch that is refused as a whole is split until the culprit stands alone: its neighbours are written.
 */
export async function pushDeals(batch: MirrorBatch): Promise<void> {
  await noteAllowed(batch);
  const queue = partsOf(batch);
  let splits = 0;
  let culprits = 0;
  let size = queue[0]?.items.length ?? 0;
  for (let isFirst = true; queue.length > 0; isFirst = false) {
    const part = queue.shift();
    if (!part || (!isFirst && !(await mayPushMore(batch, part.items.length)))) break;
    const isHopeless = culprits >= systemic && !batch.items.some((item) => item.pushed);
    const outcome = await pushPart(batch, part, splits < mostSplits && !isHopeless);
    if (outcome === 'failed') break;
    if (outcome === 'culprit') culprits += 1;
    if (outcome === 'split') {
      splits += 1;
      queue.unshift(...halves(part));
    } else if (outcome === 'sent') size = grow(queue, size * 4);
  }
  if (batch.items.some((item) => item.sent !== null)) await crashPoint('mirror:after-crm-commit');
}

/** Only a person's stored word lets a deal pass a duplicate rule. */
async function noteAllowed(batch: MirrorBatch): Promise<void> {
  const items = waiting(batch).filter((item) => !item.pushed);
  const ids = items.map((item) => item.mirror.dealId);
  const allowed = await allowedDeals(batch.context.db, batch.connection.id, ids);
  for (const item of items) if (allowed.has(item.mirror.dealId)) item.allowed = true;
}

/** What the CRM failed on before goes last, in smaller and smaller batches: one of them may be what it fails on. */
function partsOf(batch: MirrorBatch): Part[] {
  const { writeBatch } = batch.connection.capabilities;
  const toSend = waiting(batch).filter((item) => !item.pushed);
  const parts = (items: readonly MirrorItem[], size: number): Part[] => {
    const unknown = items.filter((item) => item.crmId === null);
    const known = items.filter((item) => item.crmId !== null);
    return [
      ...inBatches(unknown, size).map((some) => ({ operation: 'upsert' as const, items: some })),
      ...inBatches(known, size).map((some) => ({ operation: 'update' as const, items: some })),
    ];
  };
  // Alone: the word holds for a whole request.
  const allowed = toSend.filter((item) => item.allowed);
  const others = toSend.filter((item) => !item.allowed);
  const usual = others.filter((item) => !item.mirror.failsWhole);
  const doubtful = others.filter((item) => item.mirror.failsWhole);
  const attempts = Math.max(0, ...doubtful.map((item) => item.mirror.attempts));
  return [
    ...parts(usual, writeBatch),
    ...parts(doubtful, Math.max(1, Math.floor(writeBatch / 4 ** (attempts - 1)))),
    ...parts(allowed, 1).map((part) => ({ ...part, allowDuplicate: true as const })),
  ];
}

/** The CRM is well again: what stands in small batches is joined to larger ones. */
function grow(queue: Part[], size: number): number {
  const [next, after] = queue;
  if (!next || !after || next.operation !== after.operation || next.allowDuplicate || after.allowDuplicate)
    return size;
  if (next.items.length + after.items.length > size || !next.items.some((item) => item.mirror.failsWhole))
    return size;
  queue.splice(0, 2, { ...next, items: [...next.items, ...after.items] });
  return grow(queue, size);
}

function halves({ operation, items }: Part): Part[] {
  const again = items.filter((item) => item.result === null && !item.pushed);
  return inBatches(again, Math.ceil(again.length / 2)).map((some) => ({ operation, items: some }));
}

/** The deals pushed so far need their links within the same lease. */
async function mayPushMore(
  { context, connection, claim, items }: MirrorBatch,
  more: number,
): Promise<boolean> {
  const pushed = items.filter((item) => item.pushed).length;
  const linkCalls = Math.ceil((pushed + more) / connection.capabilities.linkBatch);
  return mayGoOn(context, connection, claim.lease, 1 + linkCalls);
}

/**
 * `split`: refused as a whole, what has no result is to be sent in halves. `culprit`: refused alone, and others may have
 * been refused along with it. `failed`: the call failed as a whole. A record's own problem is its outcome.
 */
async function pushPart(
  batch: MirrorBatch,
  { operation, items, ...allowance }: Part,
  maySplit: boolean,
): Promise<'sent' | 'split' | 'culprit' | 'failed'> {
  const { context, connection, claim } = batch;
  const { object, keyField } = connection.mapping.deal;
  try {
    await noteBefore(batch, items);
  } catch (error) {
    await failItems(batch, items, asCallError(error, 'read', connection.vendor));
    return 'failed';
  }
  const sending = items.map(({ mirror, hash }) => ({ dealId: mirror.dealId, hash }));
  const held = await markSending(context.db, connection.id, claim.lease, sending);
  if (held.size < items.length) throw new LeaseTooShort();
  await crashPoint('mirror:before-send');
  for (const item of items) item.sent = operation;
  const canSplit = maySplit && items.length > 1;
  try {
    const deadline = callDeadline(claim.lease);
    const records = items.map((item) => toWrite(item));
    const outcomes = await connection.connector.push(
      { kind: 'deal', object, keyField, operation, records, ...allowance },
      { deadline },
    );
    const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
    const spreading = new Set(outcomes.filter(spreads).map((outcome) => outcome.key));
    const stopped: StoppedDeal[] = [];
    for (const item of items) {
      const outcome = byKey.get(item.mirror.dealId);
      if (outcome?.status === 'failed' && outcome.error.details.duplicateRule)
        stopped.push({ item, error: outcome.error });
      else if (!canSplit || !spreading.has(item.mirror.dealId)) await applyOutcome(batch, item, outcome);
    }
    await askAboutDuplicates(batch, stopped);
    await keepPushed(context.db, connection.id, claim.lease, items.flatMap(toPushed), context.mirrorOutputs);
    if (spreading.size === 0) return 'sent';
    return canSplit ? 'split' : 'culprit';
  } catch (thrown) {
    const error = asCallError(thrown, 'push', connection.vendor);
    if (canSplit && isRefusal(error)) return 'split';
    await failItems(batch, items, error);
    return isRefusal(error) && items.length === 1 ? 'culprit' : 'failed';
  }
}

/** The CRM read the request and would not have it: nothing was written, and one record of it may be why. */
function isRefusal({ kind }: SyncError): boolean {
  return kind === 'invalid-record' || kind === 'conflict';
}

/** Refused along with others of the batch, whoever of them is to blame. */
function spreads(outcome: WriteOutcome): boolean {
  return outcome.status === 'failed' && outcome.error.details.spreads === true;
}

function toPushed({ mirror, crmId, hash, pushed }: MirrorItem): Pushed[] {
  return pushed && crmId !== null ? [{ dealId: mirror.dealId, crmId, hash }] : [];
}

export function toWrite(item: MirrorItem): RecordWrite {
  const write: RecordWrite = { key: item.mirror.dealId, fields: item.fields };
  return item.crmId === null ? write : { ...write, crmId: item.crmId };
}

async function applyOutcome(
  batch: MirrorBatch,
  item: MirrorItem,
  outcome: WriteOutcome | undefined,
): Promise<void> {
  if (outcome?.status === 'written') {
    item.crmId = outcome.crmId;
    item.pushed = true;
    item.fresh = outcome.created && !item.mirror.suspect;
    return;
  }
  const error = outcome?.error ?? missingAnswer(batch.connection.vendor, 'push');
  await failItems(batch, [item], error);
}
