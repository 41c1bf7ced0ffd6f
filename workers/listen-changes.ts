import type { ChangeHint } from '../src/crm/connector.ts';
import type { StreamGap, StreamRefusal } from '../src/crm/stream.ts';
import type { SyncError } from '../src/crm/sync-error.ts';
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
import { notePolling, noteRefused, noteStreaming, readListening } from '../src/observations/listening.ts';
import { raiseHints } from '../src/observations/raise-hints.ts';
import { noteGap } from '../src/observations/stream-gaps.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import { sleepUnlessAborted } from '../src/platform/sleep.ts';
import type { ObservingContext } from './context.ts';
import { asSyncError, backoffMs, decideNext, streamRetryAt } from './decide-next.ts';
import { openConnection } from './drain-connection.ts';
import { heedPause } from './heed-pause.ts';
import { observeQueue } from './observe-records.ts';
import { pollIntervalOf, pollQueue } from './poll-changes.ts';

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
      const error = asSyncError(thrown, 'listen', connectionId);
      context.logger.warn({ err: error, connectionId }, 'the change stream broke; reconnecting');
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
  const known = await readListening(context.db, connectionId);
  if (known?.retryAt && known.retryAt > context.clock.now()) return;
  const connection = await openConnection(context, connectionId);
  if (!connection) return;
  if (!connection.connector.listen) return pollByChoice(context, connectionId);
  const lease = await leaseCursor(context.db, connectionId, streamCursor, leaseMs);
  if (!lease) return;
  const lost = new AbortController();
  const renewal = setInterval(() => void renewOrStop(context, lease, () => lost.abort()), leaseMs / 4);
  try {
    if (lease.value === '')
      await fillGap(context, connection, { reason: 'no position in the stream is known yet' });
    // Also when we were told to stop while the lease was being taken: that would otherwise be missed for good.
    await listenUnderLease(context, connection, lease, AbortSignal.any([signal, lost.signal]));
  } catch (thrown) {
    await heedRefusal(context, connection, asSyncError(thrown, 'listen', connection.vendor));
    throw thrown;
  } finally {
    clearInterval(renewal);
    await releaseCursor(context.db, lease);
  }
}

/** An idle connection has nothing but its stream to learn from that its login was revoked. */
async function heedRefusal(
  context: ObservingContext,
  connection: WiredConnection,
  error: SyncError,
): Promise<void> {
  if (error.kind !== 'auth-expired') return;
  await heedPause(context, connection, error, decideNext(error, 1, context.clock.now(), context.random));
}

async function listenUnderLease(
  context: ObservingContext,
  connection: WiredConnection,
  lease: CursorLease,
  signal: AbortSignal,
): Promise<void> {
  let isServed = false;
  const refusal = await connection.connector.listen?.({
    position: lease.value === '' ? null : lease.value,
    positionAt: lease.value === '' ? null : lease.updatedAt,
    store: async (hints, position) => {
      await storeHints(context, connection, lease, hints, position);
      if (!isServed) await noteStreaming(context.db, connection.id, context.clock.now());
      isServed = true;
    },
    gap: (gap) => fillGap(context, connection, gap),
    signal,
  });
  if (refusal) await pollInstead(context, connection, refusal);
}

/** What the stream does not tell is asked for, more often; the stream itself again when that may help. */
async function pollInstead(
  context: ObservingContext,
  { id, connector }: WiredConnection,
  refusal: StreamRefusal,
): Promise<void> {
  const now = context.clock.now();
  const choice = connector.notifications ?? 'auto';
  const pollSeconds = Math.round(pollIntervalOf(context, true) / 1000);
  const refused = { refusal, choice, retryAt: streamRetryAt(refusal, now), pollSeconds };
  await noteRefused(context.db, id, refused, now);
  context.logger.warn(
    { connectionId: id, reason: refusal.plain },
    'change events are not available; polling',
  );
  await context.queues.wake(pollQueue, { connectionId: id });
}

const choiceLifeMs = 60_000;

/** The setting may be changed while we run, so it is looked at again after a while. */
async function pollByChoice(context: ObservingContext, connectionId: string): Promise<void> {
  const now = context.clock.now();
  await notePolling(context.db, connectionId, new Date(now.getTime() + choiceLifeMs), now);
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

/** Events were lost for good, or may have been: records are read again rather than trusting that nothing happened. */
async function fillGap(
  context: ObservingContext,
  connection: WiredConnection,
  gap: StreamGap,
): Promise<void> {
  const records = await noteGap(context.db, connection.id, gap, context.clock.now());
  const found = { connectionId: connection.id, reason: gap.reason, since: gap.since, records };
  // A connection that begins has nothing that could have been missed.
  if (records === 0 && !gap.since)
    context.logger.info(found, 'the change stream is listened to from here on');
  else context.logger.warn(found, 'the change stream has a gap; records are read again');
  const queue = gap.since ? pollQueue : observeQueue;
  await context.queues.wake(queue, { connectionId: connection.id });
}
