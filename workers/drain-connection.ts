import { readGate, type Gate } from '../src/mirror/gate.ts';
import { leaseSlot, releaseSlot } from '../src/mirror/slots.ts';
import { pauseConnection } from '../src/mirror/gate.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import type { WorkerContext } from './context.ts';
import { asSyncError, decideNext } from './decide-next.ts';
import { findPartnerCandidates } from './find-partner-candidates.ts';
import { mirrorDeals } from './mirror-deals.ts';
import { resolveReferences } from './resolve-references.ts';

export const mirrorQueue = 'mirror-deals';

/**
 * One batch of outgoing work for one connection, in a leased slot: references first, because deals wait for them, then
 * deals. Wakes itself again when the batch found work; the sweeper covers a lost wake.
 */
export async function drainConnection(context: WorkerContext, data: Record<string, string>): Promise<void> {
  const connectionId = data['connectionId'] ?? '';
  const gate = await readGate(context.db, connectionId, context.clock.now());
  if (!gate || gate.closedBecause !== null) return;
  const slot = await leaseSlot(context.db, connectionId, 'push');
  if (!slot) return;
  let worked = 0;
  try {
    const connection = await openConnection(context, connectionId);
    if (connection) worked = await drainOnce(context, connection, gate);
  } finally {
    await releaseSlot(context.db, slot);
  }
  if (worked > 0) await context.queues.wake(mirrorQueue, { connectionId });
}

async function drainOnce(context: WorkerContext, connection: WiredConnection, gate: Gate): Promise<number> {
  const resolved = await resolveReferences(context, connection, gate);
  if (resolved > 0) return resolved;
  const mirrored = await mirrorDeals(context, connection, gate);
  if (mirrored === 0) await findPartnerCandidates(context, connection);
  return mirrored;
}

/** A connection that cannot be opened is paused with the reason; its rows stay due and are listed with it. */
export async function openConnection(
  context: WorkerContext,
  connectionId: string,
): Promise<WiredConnection | null> {
  try {
    return await context.connections.open(connectionId);
  } catch (thrown) {
    const error = asSyncError(thrown, 'connect', connectionId);
    const decision = decideNext(error, 3, context.clock.now(), context.random);
    const until = decision.pauseUntil ?? new Date(context.clock.now().getTime() + 5_000);
    await pauseConnection(context.db, connectionId, until, error.details.plain);
    context.logger.warn({ err: error, connectionId }, 'the connection could not be opened');
    return null;
  }
}
