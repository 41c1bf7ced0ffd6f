import { newId } from '../src/platform/ids.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { claimDueDeals, releaseDeals } from '../src/mirror/claim-deals.ts';
import { claimSize, reserveWrites, type Gate } from '../src/mirror/gate.ts';
import { LeaseTooShort } from '../src/mirror/lease.ts';
import { recordDealResults } from '../src/mirror/record-outcomes.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import type { WorkerContext } from './context.ts';
import { assignOwners } from './assign-owners.ts';
import { checkAttached } from './check-attached.ts';
import { goesInBulk, handOverDeals } from './bulk/hand-over-deals.ts';
import { baseResult } from './deal-outcomes.ts';
import { heedNativeSync } from './heed-native-sync.ts';
import { heedPauses, settleWritten } from './heed-pauses.ts';
import { linkDeals } from './link-deals.ts';
import { waiting, type MirrorBatch, type RecordClaim } from './mirror-batch.ts';
import { proposeEdits } from './propose-edits.ts';
import { prepareDeals } from './prepare-deals.ts';
import { pushLeads } from './push-leads.ts';
import { writeLines } from './write-lines.ts';
import { heedPushed, lookUpSuspects, pushDeals } from './push-deals.ts';

/**
 * Sends one claim of due deals to one connection: several write batches where that saves transactions and calls.
 * @returns what remains: to record what became of them; null when nothing could be claimed or sent
 */
export async function mirrorDeals(
  context: WorkerContext,
  connection: WiredConnection,
  gate: Gate,
): Promise<RecordClaim | null> {
  const { writeBatch, linkBatch } = connection.capabilities;
  const size = claimSize(gate, Math.max(linkBatch, 2 * writeBatch), writeBatch);
  const claim = await claimDueDeals(context.db, connection.id, size, context.clock.now());
  if (claim.mirrors.length === 0) return null;
  await crashPoint('mirror:after-claim');
  const batch: MirrorBatch = { runId: newId(context.clock), context, connection, gate, claim, items: [] };
  try {
    await prepareDeals(batch);
    await heedNativeSync(batch);
    if (gate.mode === 'live') await proposeEdits(batch);
    heedPushed(batch);
    await heedPauses(batch);
    if (gate.mode === 'live' && (await goesInBulk(batch))) {
      await assignOwners(batch);
      await handOverDeals(batch);
    }
    if (gate.mode === 'shadow') {
      await assignOwners(batch);
      shadowAll(batch);
    } else if (await mayWrite(batch)) {
      await pushLeads(batch);
      await checkAttached(batch);
      await lookUpSuspects(batch);
      await heedNativeSync(batch, true);
      await assignOwners(batch);
      await pushDeals(batch);
      await linkDeals(batch);
      await writeLines(batch);
    } else return null;
  } catch (error) {
    if (!(error instanceof LeaseTooShort)) throw error;
    context.logger.warn(
      { connectionId: connection.id },
      'a batch outlived its lease and was left to the next claim',
    );
    return null;
  }
  return async () => {
    await crashPoint('mirror:before-record');
    await recordBatch(batch);
    await crashPoint('mirror:after-record');
  };
}

/** Shadow: everything is computed and recorded, nothing is sent. */
function shadowAll(batch: MirrorBatch): void {
  for (const item of waiting(batch)) {
    const operation = item.crmId === null ? 'upsert' : 'update';
    item.result = {
      ...baseResult(item),
      state: 'shadowed',
      write: { operation, outcome: 'shadow', fields: item.fields },
    };
  }
}

async function mayWrite(batch: MirrorBatch): Promise<boolean> {
  const { context, gate, claim } = batch;
  const unwritten = waiting(batch).filter((item) => !item.pushed).length;
  if (await reserveWrites(context.db, gate, unwritten, context.clock.now())) return true;
  await releaseDeals(context.db, gate.connectionId, claim.lease);
  return false;
}

/** What the claim did not get to was not touched: it stays due. Rows that were sent keep the lease they are recorded under. */
async function releaseUnsent({ context, connection, claim, items }: MirrorBatch): Promise<void> {
  const unsent = items.filter((item) => item.result === null).map((item) => item.mirror.dealId);
  await releaseDeals(context.db, connection.id, claim.lease, unsent);
}

async function recordBatch(batch: MirrorBatch): Promise<void> {
  const { context, connection, claim } = batch;
  const results = batch.items.flatMap((item) => (item.result === null ? [] : [item.result]));
  if (results.length < batch.items.length) await releaseUnsent(batch);
  const now = context.clock.now();
  await recordDealResults(
    context.db,
    connection.id,
    batch.runId,
    claim.lease,
    results,
    context.mirrorOutputs,
    now,
  );
  await settleWritten(batch);
}
