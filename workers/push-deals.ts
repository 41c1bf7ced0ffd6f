import type { PushRequest, RecordWrite, WriteOutcome } from '../src/crm/connector.ts';
import { evaluateRows } from '../src/mapping/evaluate.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { markSending } from '../src/mirror/claim-deals.ts';
import { callDeadline, LeaseTooShort } from '../src/mirror/lease.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import { asCallError, failItems, missingAnswer } from './deal-outcomes.ts';
import { waiting, type MirrorBatch, type MirrorItem } from './mirror-batch.ts';
import { fullView } from './prepare-deals.ts';

/** A deal whose last send had no conclusive answer may exist already: its create-only fields must not be written again. */
export async function lookUpSuspects(batch: MirrorBatch): Promise<void> {
  const { connection, claim } = batch;
  const suspects = waiting(batch).filter((item) => item.mirror.suspect && item.crmId === null);
  if (suspects.length === 0) return;
  const { object, keyField } = connection.mapping.deal;
  try {
    const deadline = callDeadline(claim.lease);
    const keys = suspects.map((item) => item.mirror.dealId);
    const found = await connection.connector.lookupByKey(object, keyField, keys, { deadline });
    for (const item of suspects) adoptFound(connection, item, found.get(item.mirror.dealId));
  } catch (error) {
    await failItems(batch, suspects, asCallError(error, 'lookup', connection.vendor));
  }
}

function adoptFound(connection: WiredConnection, item: MirrorItem, crmId: string | undefined): void {
  if (crmId === undefined) return;
  item.crmId = crmId;
  item.fields = evaluateRows(connection.mapping.deal.write, fullView(connection, item.view), false);
}

export async function pushDeals(batch: MirrorBatch): Promise<void> {
  const toSend = waiting(batch);
  if (toSend.length === 0) return;
  const { context, connection, claim } = batch;
  const ids = toSend.map((item) => item.mirror.dealId);
  const held = await markSending(context.db, connection.id, claim.lease, ids);
  if (held.size < toSend.length) throw new LeaseTooShort();
  await crashPoint('mirror:before-send');
  await pushGroup(
    batch,
    'upsert',
    toSend.filter((item) => item.crmId === null),
  );
  await pushGroup(
    batch,
    'update',
    toSend.filter((item) => item.crmId !== null && item.sent === null),
  );
  await crashPoint('mirror:after-crm-commit');
}

async function pushGroup(
  batch: MirrorBatch,
  operation: PushRequest['operation'],
  items: MirrorItem[],
): Promise<void> {
  if (items.length === 0) return;
  const { connection, claim } = batch;
  const { object, keyField } = connection.mapping.deal;
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
  } catch (error) {
    await failItems(batch, items, asCallError(error, 'push', connection.vendor));
  }
}

function toWrite(item: MirrorItem): RecordWrite {
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
    item.fresh = outcome.created && !item.mirror.suspect;
    return;
  }
  const error = outcome?.error ?? missingAnswer(batch.connection.vendor, 'push');
  await failItems(batch, [item], error);
}
