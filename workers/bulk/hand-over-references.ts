import type { RecordWrite } from '../../src/crm/connector.ts';
import { handOver } from '../../src/mirror/bulk/fill-job.ts';
import { defaultBulkThreshold, isBulkWorthIt, mostRowsOf } from '../../src/mirror/bulk/is-worth-it.ts';
import type { ClaimedReference } from '../../src/mirror/claim-references.ts';
import { crashPoint } from '../../src/platform/crash-point.ts';
import type { ReferenceBatch } from '../reference-batch.ts';

/** An account or contact in a bulk job: what is sent, and what its result is recorded with. */
export interface ReferenceItem {
  reference: ClaimedReference;
  write: RecordWrite;
}

/** Whether accounts and contacts that have to be created wait for a bulk job. */
export async function goInBulk({ context, connection, gate }: ReferenceBatch): Promise<boolean> {
  const { bulk } = connection.connector;
  if (!bulk) return false;
  const threshold = context.bulkThreshold ?? defaultBulkThreshold;
  return isBulkWorthIt(
    context.db,
    gate,
    'reference',
    { threshold, batchRows: bulk.batchRows },
    context.clock.now(),
  );
}

/** Gives them to the job being filled: they are not this claim's any more. */
export async function handOverReferences(
  batch: ReferenceBatch,
  references: readonly { reference: ClaimedReference; writes: readonly RecordWrite[] }[],
): Promise<void> {
  const { context, connection, gate, claim } = batch;
  const { bulk } = connection.connector;
  if (!bulk) return;
  const { object, keyField } = connection.mapping[claim.kind];
  const target = { object, operation: 'upsert', keyField, stage: 'resolve' } as const;
  const rows = references.flatMap(({ reference, writes }) =>
    writes.map((write) => ({
      key: reference.key,
      accountKey: reference.accountId ?? reference.key,
      item: { reference, write } satisfies ReferenceItem,
    })),
  );
  const { mostBytes } = bulk;
  const job = { kind: claim.kind, target, mostRows: mostRowsOf(gate, bulk.mostRows), mostBytes };
  await handOver(context.db, connection.id, job, claim.lease, rows, context.clock.now());
  for (const row of rows) batch.handedOver.add(row.key);
  await crashPoint('bulk:after-fill');
}
