import type { DealSnapshot } from '../src/crm/connector.ts';
import type { SyncError } from '../src/crm/sync-error.ts';
import { readBack } from '../src/mapping/evaluate.ts';
import { watchedFields } from '../src/mapping/field-owners.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { callTimeoutMs, leaseMs } from '../src/mirror/lease.ts';
import { leaseSlot, releaseSlot } from '../src/mirror/slots.ts';
import { readGate } from '../src/mirror/gate.ts';
import { applySnapshots, requestedId } from '../src/observations/apply-snapshots.ts';
import { claimDueRecords, postponeRecords, type RecordClaim } from '../src/observations/claim-records.ts';
import { historyLags } from '../src/observations/derive-transitions.ts';
import { recallStages } from '../src/observations/known-stages.ts';
import { readRevisions } from '../src/ownership/field-memory.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import type { ObservingContext } from './context.ts';
import { asSyncError, backoffMs, decideNext } from './decide-next.ts';
import { openConnection } from './drain-connection.ts';
import { noteUsage } from './note-usage.ts';
import { heedPause } from './heed-pause.ts';
import { withLineItems } from './read-line-items.ts';

export const observeQueue = 'observe-records';
export const commissionQueue = 'compute-commissions';

/** Re-reads one batch of records that something hinted at, straight from the CRM, and stores what that means. */
export async function observeRecords(context: ObservingContext, data: Record<string, string>): Promise<void> {
  const connectionId = data['connectionId'] ?? '';
  const gate = await readGate(context.db, connectionId, context.clock.now());
  if (!gate || gate.paused) return;
  const slot = await leaseSlot(context.db, connectionId, 'observe');
  if (!slot) return;
  let claimed = 0;
  try {
    const connection = await openConnection(context, connectionId);
    if (connection) claimed = await observeBatch(context, connection);
  } finally {
    await releaseSlot(context.db, slot);
  }
  if (claimed > 0) await context.queues.wake(observeQueue, { connectionId });
}

async function observeBatch(context: ObservingContext, connection: WiredConnection): Promise<number> {
  const limit = connection.capabilities.readBatch;
  const claim = await claimDueRecords(context.db, connection.id, limit, leaseMs, context.clock.now());
  if (claim.records.length === 0) return 0;
  await crashPoint('observe:after-claim');
  const ids = claim.records.map((record) => record.crmId);
  const revisions = await readRevisions(context.db, connection.id, ids);
  const snapshots = await readRecords(context, connection, claim);
  await noteUsage(context, connection);
  if (!snapshots) return claim.records.length;
  await crashPoint('observe:after-read');
  const usable = await postponeLagging(context, connection, claim, snapshots);
  const due = await storeAll({ context, connection, claim, revisions }, usable);
  await crashPoint('observe:after-store');
  if (due.length > 0) await context.queues.wake(commissionQueue, {});
  return claim.records.length;
}

interface Read {
  context: ObservingContext;
  connection: WiredConnection;
  claim: RecordClaim;
  /** What had been written of each record before it was read. */
  revisions: ReadonlyMap<string, number>;
}

/**
 * All in one transaction; when that fails, one by one. The batch would be claimed together again and fail together again,
 * so without this a single record nobody foresaw would silence the wins of its neighbours for good.
 */
async function storeAll(read: Read, snapshots: readonly DealSnapshot[]): Promise<string[]> {
  try {
    return await storeSome(read, snapshots);
  } catch (error) {
    read.context.logger.warn(
      { err: error, connectionId: read.connection.id },
      'a batch of records could not be stored; going one by one',
    );
  }
  const due: string[] = [];
  for (const snapshot of snapshots) due.push(...(await storeOne(read, snapshot)));
  return due;
}

function storeSome(
  { context, connection, claim, revisions }: Read,
  snapshots: readonly DealSnapshot[],
): Promise<string[]> {
  const settings = { now: context.clock.now(), settleMs: context.settleMs, revisions };
  return applySnapshots(context.db, connection, claim, snapshots, context.observationOutputs, settings);
}

async function storeOne(read: Read, snapshot: DealSnapshot): Promise<string[]> {
  try {
    return await storeSome(read, [snapshot]);
  } catch (error) {
    const { context, connection, claim } = read;
    const now = context.clock.now();
    const crmId = requestedId(snapshot);
    const attempts = claim.records.find((record) => record.crmId === crmId)?.attempts ?? 1;
    const reason = error instanceof Error ? error.message : String(error);
    const at = new Date(now.getTime() + backoffMs(attempts, context.random));
    const stored = { kind: 'bug', plain: `What the CRM shows of this record cannot be stored: ${reason}` };
    await postponeRecords(context.db, connection.id, claim.token, [{ crmId, at, error: stored }], now);
    context.logger.error({ err: error, connectionId: connection.id, crmId }, 'a record cannot be stored');
    return [];
  }
}

async function readRecords(
  context: ObservingContext,
  connection: WiredConnection,
  claim: RecordClaim,
): Promise<readonly DealSnapshot[] | null> {
  const { object } = connection.mapping.deal;
  const fields = watchedFields(connection.mapping.deal, connection.mapping.summed);
  const ids = claim.records.map((record) => record.crmId);
  try {
    const deadline = Date.now() + callTimeoutMs;
    const snapshots = await connection.connector.readDeals(object, ids, fields, { deadline });
    const recalled = await recallStages(context.db, connection.id, snapshots);
    return await withLineItems(connection, recalled);
  } catch (thrown) {
    await postponeAll(context, connection, claim, asSyncError(thrown, 'read', connection.vendor));
    return null;
  }
}

async function postponeAll(
  context: ObservingContext,
  connection: WiredConnection,
  claim: RecordClaim,
  error: SyncError,
): Promise<void> {
  const now = context.clock.now();
  const decisions = claim.records.map((record) => ({
    record,
    decision: decideNext(error, record.attempts, now, context.random),
  }));
  const postponed = decisions.map(({ record, decision }) => {
    const { next } = decision;
    // Reading changes nothing, so a read is never given up for good: what is not understood is asked again, slowly.
    const at = 'at' in next ? next.at : new Date(now.getTime() + 600_000);
    return { crmId: record.crmId, at, error: error.details };
  });
  await postponeRecords(context.db, connection.id, claim.token, postponed, now);
  const pause = decisions.find(({ decision }) => decision.pauseUntil)?.decision;
  if (pause) await heedPause(context, connection, error, pause);
  if (error.details.schemaSuspect === true) context.connections.recheck?.(connection.id);
}

/** Where the history has not caught up with the record, both are read again together. */
async function postponeLagging(
  context: ObservingContext,
  connection: WiredConnection,
  claim: RecordClaim,
  snapshots: readonly DealSnapshot[],
): Promise<DealSnapshot[]> {
  const now = context.clock.now();
  const lagging = snapshots.filter((snapshot) => historyLags(snapshot, currentStage(connection, snapshot)));
  const attempts = new Map(claim.records.map((record) => [record.crmId, record.attempts]));
  const error = { kind: 'history-lags', plain: 'The stage history does not show the current stage yet.' };
  const postponed = lagging.map((snapshot) => {
    const crmId = requestedId(snapshot);
    const at = new Date(now.getTime() + backoffMs(Math.min(attempts.get(crmId) ?? 1, 6), context.random));
    return { crmId, at, error };
  });
  await postponeRecords(context.db, connection.id, claim.token, postponed, now);
  return snapshots.filter((snapshot) => !lagging.includes(snapshot));
}

function currentStage(connection: WiredConnection, snapshot: DealSnapshot): string | null {
  const { stage } = readBack(connection.mapping.deal.read, snapshot.fields);
  return typeof stage === 'string' ? stage : null;
}
