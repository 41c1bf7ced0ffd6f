import type { PollWindow } from '../src/crm/connector.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { callTimeoutMs, leaseMs } from '../src/mirror/lease.ts';
import { readGate } from '../src/mirror/gate.ts';
import {
  leaseCursor,
  moveCursor,
  releaseCursor,
  renewCursor,
  touchCursor,
  type CursorLease,
} from '../src/observations/cursors.ts';
import { readListening } from '../src/observations/listening.ts';
import { raiseHints } from '../src/observations/raise-hints.ts';
import { rereadWins } from '../src/observations/reread-wins.ts';
import {
  finishListing,
  gapsToPoll,
  listGapRecords,
  type WindowGaps,
} from '../src/observations/stream-gaps.ts';
import { crashPoint } from '../src/platform/crash-point.ts';
import type { ObservingContext } from './context.ts';
import { asSyncError, decideNext } from './decide-next.ts';
import { openConnection } from './drain-connection.ts';
import { noteUsage } from './note-usage.ts';
import { heedPause } from './heed-pause.ts';
import { observeQueue } from './observe-records.ts';
import { pollDeletions } from './poll-deletions.ts';
import { pollLeads } from './poll-leads.ts';
import { pollUnregistered } from './poll-unregistered.ts';

export const pollQueue = 'poll-changes';
export const pollCursor = 'poll';

/** The net under the notifications: asks the CRM what changed since the cursor, so that a lost notification is found. */
export async function pollChanges(context: ObservingContext, data: Record<string, string>): Promise<void> {
  const connectionId = data['connectionId'] ?? '';
  const gate = await readGate(context.db, connectionId, context.clock.now());
  if (!gate || gate.paused) return;
  const connection = await openConnection(context, connectionId);
  if (!connection) return;
  const lease = await leaseCursor(context.db, connectionId, pollCursor, leaseMs);
  if (!lease) return;
  try {
    const gaps = await gapsToPoll(context.db, connectionId);
    if (!(await isPollDue(context, lease, gaps))) return;
    await pollWindow(context, connection, lease, gaps);
    await rereadWins(context.db, connectionId, context.clock.now());
    await pollDeletions(context, connection);
    await pollUnregistered(context, connection);
    await pollLeads(context, connection);
  } catch (thrown) {
    const error = asSyncError(thrown, 'poll', connection.vendor);
    const decision = decideNext(error, 2, context.clock.now(), context.random);
    await heedPause(context, connection, error, decision);
    await touchCursor(context.db, lease, context.clock.now());
    context.logger.warn({ err: error, connectionId }, 'a poll failed; its window is asked again');
  } finally {
    await noteUsage(context, connection);
    await releaseCursor(context.db, lease);
  }
}

/** A connection without a stream is polled more often: the poll is all it hears by. */
export function pollIntervalOf(
  { pollIntervalMs, pollFallbackMs }: Pick<ObservingContext, 'pollIntervalMs' | 'pollFallbackMs'>,
  pollsInstead: boolean,
): number {
  return pollsInstead ? Math.min(pollIntervalMs, pollFallbackMs ?? pollIntervalMs) : pollIntervalMs;
}

/** A gap met since the last poll is not kept waiting; one whose poll failed waits for the next turn. */
async function isPollDue(context: ObservingContext, lease: CursorLease, gaps: WindowGaps): Promise<boolean> {
  if (gaps.noticedAt !== null && gaps.noticedAt > lease.updatedAt) return true;
  const listening = await readListening(context.db, lease.connectionId);
  const every = pollIntervalOf(context, listening?.mode === 'poll');
  return context.clock.now().getTime() - lease.updatedAt.getTime() >= every;
}

/** From the cursor, or from further back where a stream missed what happened. */
async function pollWindow(
  context: ObservingContext,
  connection: WiredConnection,
  lease: CursorLease,
  gaps: WindowGaps,
): Promise<void> {
  const { connector, mapping } = connection;
  const vendorNow = await connector.vendorNow({ deadline: Date.now() + callTimeoutMs });
  const to = new Date(vendorNow.getTime() - context.pollLagMs);
  const start = Math.min(
    lease.value === '' ? to.getTime() : Date.parse(lease.value),
    gaps.since?.getTime() ?? Infinity,
  );
  const withLineItems = mapping.lineItems.mode === 'read';
  let window: PollWindow = { from: new Date(start - context.pollOverlapMs), to, withLineItems };
  for (;;) {
    const page = await connector.poll(mapping.deal.object, mapping.deal.keyField, window, {
      deadline: Date.now() + callTimeoutMs,
    });
    if (!(await renewCursor(context.db, lease, leaseMs))) return;
    const last = page.next === undefined;
    const raised = await context.db.transaction(async (tx) => {
      const now = context.clock.now();
      const echo = { ownFields: connection.ownFields };
      const count = await raiseHints(tx, connection.id, 'poll', page.hints, echo, now);
      await listGapRecords(
        tx,
        connection.id,
        gaps,
        page.hints.map(({ crmId }) => crmId),
      );
      if (last) await finishListing(tx, gaps, now);
      // The cursor moves with the last page's hints, never before: a crash in between asks the window again.
      if (last) await moveCursor(tx, lease, to.toISOString(), now);
      return count;
    });
    await crashPoint('poll:after-page');
    if (raised > 0) await context.queues.wake(observeQueue, { connectionId: connection.id });
    if (page.next === undefined) return;
    window = { ...window, after: page.next };
  }
}
