import type { DealSnapshot } from '../src/crm/connector.ts';
import { SyncError } from '../src/crm/sync-error.ts';
import { callDeadline } from '../src/mirror/lease.ts';
import { asCallError, failItems } from './deal-outcomes.ts';
import { inBatches } from './may-go-on.ts';
import { waiting, type MirrorBatch, type MirrorItem } from './mirror-batch.ts';

/**
 * Before a registration is written into a record for the first time, the record is read: one that carries another
 * registration meanwhile is left alone, because the two would take turns overwriting each other.
 */
export async function checkAttached(batch: MirrorBatch): Promise<void> {
  const { connection, claim } = batch;
  const unproven = waiting(batch).filter(
    (item) => item.view.attachedAs !== null && item.mirror.mirroredVersion === null,
  );
  const { object, keyField } = connection.mapping.deal;
  for (const items of inBatches(unproven, connection.capabilities.readBatch)) {
    try {
      const deadline = callDeadline(claim.lease);
      const ids = items.map((item) => item.crmId ?? '');
      const snapshots = await connection.connector.readDeals(object, ids, [keyField], { deadline });
      for (const [index, item] of items.entries()) await refuseForeign(batch, item, snapshots[index]);
    } catch (error) {
      await failItems(batch, items, asCallError(error, 'lookup', connection.vendor));
    }
  }
}

async function refuseForeign(
  batch: MirrorBatch,
  item: MirrorItem,
  snapshot: DealSnapshot | undefined,
): Promise<void> {
  const holder = snapshot?.fields[batch.connection.mapping.deal.keyField] ?? null;
  if (holder === null || holder === '' || holder === item.mirror.dealId) return;
  const error = new SyncError({
    kind: 'conflict',
    stage: 'lookup',
    vendor: batch.connection.vendor,
    plain: `the record ${item.crmId ?? ''} carries another registration, ${String(holder)}`,
    nextStep: 'Detach the deal, or take the other registration off the record; then redrive.',
    existingIds: [item.crmId ?? ''],
  });
  await failItems(batch, [item], error);
}
