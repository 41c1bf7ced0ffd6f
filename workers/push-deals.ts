import type { PushRequest, RecordWrite, WriteOutcome } from '../src/crm/connector.ts';
import { evaluateRows } from '../src/mapping/evaluate.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { markSending } from '../src/mirror/claim-deals.ts';
import { keepPushed, type Pushed } from '../src/mirror/keep-pushed.ts';
import { callDeadline, LeaseTooShort } from '../src/mirror/lease.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
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
  item.fields = evaluateRows(connection.mapping.deal.write, fullView(connection, item.view), false);
}

/** What was written by an interrupted run already, exactly as it would be now, is only linked. */
export function heedPushed(batch: MirrorBatch): void {
  for (const item of waiting(batch)) {
    if (item.crmId === null || item.mirror.pushedHash !== item.hash) continue;
    item.pushed = true;
    item.fresh = item.mirror.pushedFresh;
  }
}

/**
 * One call after the other. The first one that fails as a whole is the last one: what was not sent has no result and
 * stays due.
 */
export async function pushDeals(batch: MirrorBatch): Promise<void> {
  const toSend = waiting(batch).filter((item) => !item.pushed);
  const { writeBatch } = batch.connection.capabilities;
  const known = toSend.filter((item) => item.crmId !== null);
  const unknown = toSend.filter((item) => item.crmId === null);
  const parts = [
    ...inBatches(unknown, writeBatch).map((items) => ({ operation: 'upsert' as const, items })),
    ...inBatches(known, writeBatch).map((items) => ({ operation: 'update' as const, items })),
  ];
  for (const [index, { operation, items }] of parts.entries()) {
    if (index > 0 && !(await mayPushMore(batch, items.length))) break;
    if (!(await pushPart(batch, operation, items))) break;
  }
  if (parts.length > 0) await crashPoint('mirror:after-crm-commit');
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

/** @returns false when the call failed as a whole; a record's own problem is its outcome */
async function pushPart(
  batch: MirrorBatch,
  operation: PushRequest['operation'],
  items: readonly MirrorItem[],
): Promise<boolean> {
  const { context, connection, claim } = batch;
  const { object, keyField } = connection.mapping.deal;
  const ids = items.map((item) => item.mirror.dealId);
  try {
    await noteBefore(batch, items);
  } catch (error) {
    await failItems(batch, items, asCallError(error, 'read', connection.vendor));
    return false;
  }
  const held = await markSending(context.db, connection.id, claim.lease, ids);
  if (held.size < items.length) throw new LeaseTooShort();
  await crashPoint('mirror:before-send');
  for (const item of items) item.sent = operation;
  try {
    const deadline = callDeadline(claim.lease);
    const records = items.map((item) => toWrite(item));
    const outcomes = await connection.connector.push(
      { kind: 'deal', object, keyField, operation, records },
      { deadline },
    );
    const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
    for (const item of items) await applyOutcome(batch, item, byKey.get(item.mirror.dealId));
    await keepPushed(context.db, connection.id, claim.lease, items.flatMap(toPushed), context.mirrorOutputs);
    return true;
  } catch (error) {
    await failItems(batch, items, asCallError(error, 'push', connection.vendor));
    return false;
  }
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
