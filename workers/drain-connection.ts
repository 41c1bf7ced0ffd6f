import { readGate, type Gate } from '../src/mirror/gate.ts';
import { leaseMs } from '../src/mirror/lease.ts';
import { readLoginEpoch } from '../src/mirror/refused-login.ts';
import { leaseSlot, releaseSlot } from '../src/mirror/slots.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import type { WorkerContext } from './context.ts';
import { advanceBulk } from './bulk/advance-job.ts';
import { asSyncError, decideNext } from './decide-next.ts';
import { heedPause } from './heed-pause.ts';
import { findPartnerCandidates } from './find-partner-candidates.ts';
import { followReferences } from './follow-references.ts';
import type { RecordClaim } from './mirror-batch.ts';
import { mirrorDeals } from './mirror-deals.ts';
import { noteLimits } from './note-limits.ts';
import { noteUsage } from './note-usage.ts';
import { resolveReferences } from './resolve-references.ts';

export const mirrorQueue = 'mirror-deals';

/**
 * How long one wake may go on with further batches before it wakes its successor: long enough that taking and leaving a
 * slot costs little, short enough that other connections get the worker, and well within the slot's lease.
 */
const drainForMs = Math.min(2_000, leaseMs / 4);

/**
 * Outgoing work for one connection, in a leased slot: references first, because deals wait for them, then deals. Wakes
 * itself again when there was still work; the sweeper covers a lost wake.
 */
export async function drainConnection(context: WorkerContext, data: Record<string, string>): Promise<void> {
  const connectionId = data['connectionId'] ?? '';
  const gate = await readGate(context.db, connectionId, context.clock.now());
  if (!gate) return;
  if (gate.closedBecause !== null) return gate.stopped && !gate.paused ? haltBulk(context, gate) : undefined;
  const slot = await leaseSlot(context.db, connectionId, 'push');
  if (!slot) return;
  let isWorkLeft = false;
  try {
    isWorkLeft = await drainForAWhile(context, connectionId, gate);
  } finally {
    await releaseSlot(context.db, slot);
  }
  if (isWorkLeft) await context.queues.wake(mirrorQueue, { connectionId });
}

/**
 * One claim after the other. While the next one is sent the one before is recorded, so that the CRM does not wait for
 * our database; never more than one is outstanding. The stop switch and a pause are heeded before every claim.
 */
async function drainForAWhile(context: WorkerContext, connectionId: string, first: Gate): Promise<boolean> {
  const until = Date.now() + drainForMs;
  let recording: Promise<void> | null = null;
  let ofReferences = false;
  try {
    for (let gate: Gate | null = first; gate && gate.closedBecause === null;) {
      const connection = await openConnection(context, connectionId);
      if (!connection) return false;
      if (await noteLimits(context, connection)) {
        gate = await readGate(context.db, connectionId, context.clock.now());
        continue;
      }
      const sent = await sendNext(context, connection, gate, ofReferences ? recording : null);
      const record = sent?.record ?? null;
      const wasRecording = recording !== null;
      await recording;
      await noteUsage(context, connection);
      recording = record?.() ?? null;
      ofReferences = sent?.ofReferences ?? false;
      // Awaited one claim later; without this a failure before then would end the process.
      recording?.catch(() => undefined);
      if (record === null && !wasRecording) {
        await findPartnerCandidates(context, connection);
        await followReferences(context, connection);
        return false;
      }
      if (Date.now() >= until) return true;
      gate = await readGate(context.db, connectionId, context.clock.now());
    }
    return false;
  } finally {
    await recording;
  }
}

interface Sent {
  record: RecordClaim;
  ofReferences: boolean;
}

/**
 * Bulk jobs first, because much waits for them; references before deals, because deals wait for them.
 * @param recording of contacts sent before: until it is over their customers' deals are left alone, and a claim of deals
 * would be one of crumbs
 */
async function sendNext(
  context: WorkerContext,
  connection: WiredConnection,
  gate: Gate,
  recording: Promise<void> | null,
): Promise<Sent | null> {
  const bulk = await advanceBulk(context, connection, gate);
  if (bulk) return { record: bulk, ofReferences: false };
  const references = await resolveReferences(context, connection, gate);
  if (references) return { record: references, ofReferences: true };
  await recording;
  const deals = await mirrorDeals(context, connection, gate);
  return deals && { record: deals, ofReferences: false };
}

/** Everything is stopped: what the CRM works on by itself is ended there. */
async function haltBulk(context: WorkerContext, gate: Gate): Promise<void> {
  const connection = await openConnection(context, gate.connectionId);
  if (connection) await advanceBulk(context, connection, gate);
}

/** A connection that cannot be opened is paused with the reason; its rows stay due and are listed with it. */
export async function openConnection(
  context: WorkerContext,
  connectionId: string,
): Promise<WiredConnection | null> {
  const loginEpoch = await readLoginEpoch(context.db, connectionId);
  try {
    return await context.connections.open(connectionId);
  } catch (thrown) {
    const error = asSyncError(thrown, 'connect', connectionId);
    const decision = decideNext(error, 3, context.clock.now(), context.random);
    const pauseUntil = decision.pauseUntil ?? new Date(context.clock.now().getTime() + 5_000);
    await heedPause(context, { id: connectionId, loginEpoch }, error, { ...decision, pauseUntil });
    context.logger.warn({ err: error, connectionId }, 'the connection could not be opened');
    return null;
  }
}
