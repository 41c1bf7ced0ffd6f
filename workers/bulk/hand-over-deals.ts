import type { BulkTarget } from '../../src/crm/bulk.ts';
import type { RecordWrite } from '../../src/crm/connector.ts';
import { handOver } from '../../src/mirror/bulk/fill-job.ts';
import { writesLines } from '../../src/mapping/written-lines.ts';
import { defaultBulkThreshold, isBulkWorthIt, mostRowsOf } from '../../src/mirror/bulk/is-worth-it.ts';
import { crashPoint } from '../../src/platform/crash-point.ts';
import { mirroredResult } from '../deal-outcomes.ts';
import { toLink } from '../link-deals.ts';
import { waiting, type MirrorBatch, type MirrorItem } from '../mirror-batch.ts';
import { noteBefore } from '../note-before.ts';
import { tagsOf } from '../tag-deals.ts';
import { toWrite } from '../push-deals.ts';

/** A deal in a bulk job: what is sent, and what its result is recorded with. Its view is not needed any more. */
export interface DealItem {
  item: Omit<MirrorItem, 'view' | 'result'>;
  write: RecordWrite;
}

export async function goesInBulk({ context, connection, gate }: MirrorBatch): Promise<boolean> {
  const { bulk } = connection.connector;
  if (!bulk) return false;
  const threshold = context.bulkThreshold ?? defaultBulkThreshold;
  return isBulkWorthIt(
    context.db,
    gate,
    'deal',
    { threshold, batchRows: bulk.batchRows },
    context.clock.now(),
  );
}

/**
 * Gives the deals of a claim to the jobs being filled: those to be written, and those written already to be linked. They are
 * not this claim's any more. What failed before stays, and goes out in an ordinary batch.
 */
export async function handOverDeals(batch: MirrorBatch): Promise<void> {
  const { object, keyField } = batch.connection.mapping.deal;
  const toPush = waiting(batch).filter(isForJob);
  const upserts = toPush.filter((item) => item.crmId === null);
  const updates = toPush.filter((item) => item.crmId !== null);
  for (const item of upserts) item.sent = 'upsert';
  for (const item of updates) item.sent = 'update';
  const upsert: BulkTarget = { object, operation: 'upsert', keyField, stage: 'push' };
  await give(batch, 'deal', upsert, upserts, upserts.map(toWrite));
  await noteBefore(batch, updates);
  await give(batch, 'deal', { object, operation: 'update', stage: 'push' }, updates, updates.map(toWrite));
  await handOverLinks(batch);
  await crashPoint('bulk:after-fill');
}

/** What a registration is attached to is read before it is written. */
function isForJob({ pushed, mirror, view }: MirrorItem): boolean {
  return !pushed && mirror.attempts === 0 && view.attachedAs === null && view.recordKind === 'deal';
}

async function handOverLinks(batch: MirrorBatch): Promise<void> {
  const { mapping, connector } = batch.connection;
  const items = waiting(batch).filter(
    ({ pushed, fresh, view }) =>
      pushed && fresh && view.accountId !== null && view.attachedAs === null && !writesLines(mapping, view),
  );
  const { bulk } = connector;
  if (!bulk || items.length === 0) return;
  const tags = await tagsOf(batch, items);
  const links = bulk.links(items.map((item) => toLink(item, tags.get(item.mirror.dealId))));
  // Deals that may have associations already, or that take more than one kind of record: in ordinary batches.
  if (links === null) return;
  const itemOf = new Map(items.map((item) => [item.mirror.dealId, item]));
  const linked = links.records.flatMap(({ key }) => itemOf.get(key) ?? []);
  for (const item of items) if (!linked.includes(item)) item.result = mirroredResult(item, 'written');
  await give(batch, 'link', links.target, linked, links.records);
}

async function give(
  batch: MirrorBatch,
  kind: 'deal' | 'link',
  target: BulkTarget,
  items: readonly MirrorItem[],
  writes: readonly RecordWrite[],
): Promise<void> {
  const { context, connection, gate, claim } = batch;
  const { bulk } = connection.connector;
  if (!bulk || items.length === 0) return;
  const rows = items.flatMap((item, index) => {
    const write = writes[index];
    return write === undefined ? [] : [toRow(item, write)];
  });
  const job = { kind, target, mostRows: mostRowsOf(gate, bulk.mostRows), mostBytes: bulk.mostBytes };
  await handOver(context.db, connection.id, job, claim.lease, rows, context.clock.now());
  const given = new Set(items);
  batch.items = batch.items.filter((item) => !given.has(item));
}

/** The job holds the row: it is not due, and whoever makes it due meanwhile wants it written again. */
function toRow(item: MirrorItem, write: RecordWrite) {
  const kept: Partial<MirrorItem> & DealItem['item'] = { ...item, mirror: { ...item.mirror, dueAt: null } };
  delete kept.view;
  delete kept.result;
  const held: DealItem = { item: kept, write };
  return { key: item.mirror.dealId, accountKey: item.mirror.accountKey, item: held };
}
