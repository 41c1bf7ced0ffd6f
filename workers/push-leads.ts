import { evaluateRows } from '../src/mapping/evaluate.ts';
import { markSending } from '../src/mirror/claim-deals.ts';
import { callDeadline, LeaseTooShort } from '../src/mirror/lease.ts';
import { asCallError, failItems, mirroredResult, missingAnswer } from './deal-outcomes.ts';
import { inBatches, mayGoOn } from './may-go-on.ts';
import { noteBefore } from './note-before.ts';
import { waiting, type MirrorBatch, type MirrorItem } from './mirror-batch.ts';
import { toWrite } from './push-deals.ts';

/** Writes the deals of a claim that are leads. They have no links: once written, a lead is mirrored. */
export async function pushLeads(batch: MirrorBatch): Promise<void> {
  const leads = waiting(batch).filter((item) => item.view.recordKind === 'lead');
  if (leads.length === 0) return;
  await adoptSuspects(batch, leads);
  const open = leads.filter((item) => item.result === null);
  const { writeBatch } = batch.connection.capabilities;
  const parts = [
    ...inBatches(
      open.filter((item) => item.crmId === null),
      writeBatch,
    ).map((items) => ({ operation: 'upsert' as const, items })),
    ...inBatches(
      open.filter((item) => item.crmId !== null),
      writeBatch,
    ).map((items) => ({ operation: 'update' as const, items })),
  ];
  for (const [index, { operation, items }] of parts.entries()) {
    if (index > 0 && !(await mayGoOn(batch.context, batch.connection, batch.claim.lease, 1))) return;
    await pushPart(batch, operation, items);
  }
}

/** A lead whose last send had no conclusive answer may exist already, and may be a rep's by now. */
async function adoptSuspects(batch: MirrorBatch, leads: readonly MirrorItem[]): Promise<void> {
  const { connection, claim } = batch;
  const suspects = leads.filter((item) => item.mirror.suspect && item.crmId === null);
  const { object = '', keyField = '', write = [] } = connection.mapping.lead ?? {};
  for (const items of inBatches(suspects, connection.capabilities.matchBatch)) {
    try {
      const deadline = callDeadline(claim.lease);
      const keys = items.map((item) => item.mirror.dealId);
      const found = await connection.connector.lookupByKey(object, keyField, keys, { deadline });
      for (const item of items) {
        const crmId = found.get(item.mirror.dealId);
        if (crmId === undefined) continue;
        item.crmId = crmId;
        item.fields = evaluateRows(write, item.view.view, false);
      }
    } catch (error) {
      await failItems(batch, items, asCallError(error, 'lookup', connection.vendor));
    }
  }
}

async function pushPart(
  batch: MirrorBatch,
  operation: 'upsert' | 'update',
  items: readonly MirrorItem[],
): Promise<void> {
  const { context, connection, claim } = batch;
  const { object = '', keyField = '' } = connection.mapping.lead ?? {};
  try {
    await noteBefore(batch, items, object);
  } catch (error) {
    return failItems(batch, items, asCallError(error, 'read', connection.vendor));
  }
  const sending = items.map(({ mirror, hash }) => ({ dealId: mirror.dealId, hash }));
  const held = await markSending(context.db, connection.id, claim.lease, sending);
  if (held.size < items.length) throw new LeaseTooShort();
  for (const item of items) item.sent = operation;
  try {
    const deadline = callDeadline(claim.lease);
    const records = items.map(toWrite);
    const request = { kind: 'deal', object, keyField, operation, records } as const;
    const outcomes = await connection.connector.push(request, { deadline });
    const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
    for (const item of items) {
      const outcome = byKey.get(item.mirror.dealId);
      if (outcome?.status === 'written') {
        item.crmId = outcome.crmId;
        item.result = mirroredResult(item, 'written');
      } else await failItems(batch, [item], outcome?.error ?? missingAnswer(connection.vendor, 'push'));
    }
  } catch (error) {
    await failItems(batch, items, asCallError(error, 'push', connection.vendor));
  }
}
