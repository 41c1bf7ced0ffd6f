import type { ChangeHint } from '../src/crm/connector.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { readGate } from '../src/mirror/gate.ts';
import { leaseMs } from '../src/mirror/lease.ts';
import {
  leaseCursor,
  moveCursor,
  releaseCursor,
  renewCursor,
  type CursorLease,
} from '../src/observations/cursors.ts';
import { observeEverything, raiseHints } from '../src/observations/raise-hints.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import { sleepUnlessAborted } from '../src/platform/sleep.ts';
import type { ObservingContext } from './context.ts';
import { asSyncError, backoffMs } from './decide-next.ts';
import { openConnection } from './drain-connection.ts';
import { observeQueue } from './observe-records.ts';

const streamCursor = 'stream';

/**
 * Keeps one subscription per streaming connection alive, in whichever process holds the cursor's lease. The replay
 * position is stored in the transaction of the events it covers, so a crash repeats events and never skips one. Until
 * the first position is stored a subscription begins wherever the stream is: what was missed before it is read again.
 */
export async function listenToChanges(
  context: ObservingContext,
  connectionId: string,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const startedAt = Date.now();
    try {
      await listenOnce(context, connectionId, signal);
    } catch (thrown) {
      if (signal.aborted) return;
      failures = Date.now() - startedAt > 60_000 ? 0 : failures + 1;
      context.logger.warn(
        { err: asSyncError(thrown, 'listen', connectionId), connectionId },
        'the change stream broke; reconnecting',
      );
    }
    await sleepUnlessAborted(backoffMs(Math.min(failures, 5), context.random), signal);
  }
}

async function listenOnce(
  context: ObservingContext,
  connectionId: string,
  signal: AbortSignal,
): Promise<void> {
  // Refused credentials pause the connection: asking again and again would get the user locked out.
  const gate = await readGate(context.db, connectionId, context.clock.now());
  if (!gate || gate.paused) return;
  const connection = await openConnection(context, connectionId);
  if (!connection?.connector.listen) return;
  const lease = await leaseCursor(context.db, connectionId, streamCursor, leaseMs);
  if (!lease) return;
  if (lease.value === '') await fillGap(context, connection, 'no position in the stream is known yet');
  const lost = new AbortController();
  const renewal = setInterval(() => void renewOrStop(context, lease, () => lost.abort()), leaseMs / 4);
  try {
    await connection.connector.listen({
      position: lease.value === '' ? null : lease.value,
      store: (hints, position) => storeHints(context, connection, lease, hints, position),
      gap: (reason) => fillGap(context, connection, reason),
      // Also when we were told to stop while the lease was being taken: that would otherwise be missed for good.
      signal: AbortSignal.any([signal, lost.signal]),
    });
  } finally {
    clearInterval(renewal);
    await releaseCursor(context.db, lease);
  }
}

async function renewOrStop(context: ObservingContext, lease: CursorLease, stop: () => void): Promise<void> {
  try {
    if (!(await renewCursor(context.db, lease, leaseMs))) stop();
  } catch (error) {
    context.logger.warn(
      { err: error, connectionId: lease.connectionId },
      'the stream cursor could not be renewed',
    );
    stop();
  }
}

async function storeHints(
  context: ObservingContext,
  connection: WiredConnection,
  lease: CursorLease,
  hints: readonly ChangeHint[],
  position: string,
): Promise<void> {
  await crashPoint('listen:before-store');
  const raised = await context.db.transaction(async (tx) => {
    const now = context.clock.now();
    const count = await raiseHints(
      tx,
      connection.id,
      'stream',
      hints,
      { ownFields: connection.ownFields },
      now,
    );
    await moveCursor(tx, lease, position, now);
    return count;
  });
  await crashPoint('listen:after-store');
  if (raised > 0) await context.queues.wake(observeQueue, { connectionId: connection.id });
}

/** Events were lost for good, or may have been: every mirrored record is read again rather than trusting that nothing happened. */
async function fillGap(
  context: ObservingContext,
  connection: WiredConnection,
  reason: string,
): Promise<void> {
  const records = await observeEverything(context.db, connection.id, context.clock.now());
  if (records === 0) return;
  context.logger.warn(
    { connectionId: connection.id, reason, records },
    'the change stream has a gap; all mirrored records are read again',
  );
  await context.queues.wake(observeQueue, { connectionId: connection.id });
}
