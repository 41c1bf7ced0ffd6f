import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { callTimeoutMs, leaseMs } from '../src/mirror/lease.ts';
import { leaseCursor, moveCursor, releaseCursor, type CursorLease } from '../src/observations/cursors.ts';
import { raiseHints } from '../src/observations/raise-hints.ts';
import { noteGap } from '../src/observations/stream-gaps.ts';
import type { ObservingContext } from './context.ts';
import { observeQueue } from './observe-records.ts';

const cursor = 'deletions';
/** Deletions for good are rare, and the others are in the polls: they are asked for at every third of these. */
const pollsPerLook = 3;

/**
 * Finds what was deleted for good between two polls, and so is in no query's answer: out of the CRM's log of deletions. Where
 * that log does not reach back far enough, every mirrored record is read.
 */
export async function pollDeletions(context: ObservingContext, connection: WiredConnection): Promise<void> {
  if (!connection.connector.deletions) return;
  const lease = await leaseCursor(context.db, connection.id, cursor, leaseMs);
  if (!lease) return;
  try {
    const age = context.clock.now().getTime() - lease.updatedAt.getTime();
    if (age >= pollsPerLook * context.pollIntervalMs) await askDeletions(context, connection, lease);
  } finally {
    await releaseCursor(context.db, lease);
  }
}

async function askDeletions(
  context: ObservingContext,
  connection: WiredConnection,
  lease: CursorLease,
): Promise<void> {
  const { connector, mapping } = connection;
  const deadline = Date.now() + callTimeoutMs;
  const to = await connector.vendorNow({ deadline });
  const from = lease.value === '' ? to : new Date(lease.value);
  const page = await connector.deletions?.(mapping.deal.object, { from, to }, { deadline });
  if (!page) return;
  const now = context.clock.now();
  if (!page.complete) {
    const reason = "the CRM's log of deletions does not reach back to the last look";
    await noteGap(context.db, connection.id, { reason }, now);
  }
  await context.db.transaction(async (tx) => {
    await raiseHints(tx, connection.id, 'poll', page.hints, { ownFields: connection.ownFields }, now);
    await moveCursor(tx, lease, page.coveredTo.toISOString(), now);
  });
  await context.queues.wake(observeQueue, { connectionId: connection.id });
}
