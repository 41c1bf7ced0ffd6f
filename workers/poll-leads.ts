import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { followLeads } from '../src/mirror/leads/follow-leads.ts';
import { callTimeoutMs, leaseMs } from '../src/mirror/lease.ts';
import {
  leaseCursor,
  moveCursor,
  releaseCursor,
  renewCursor,
  type CursorLease,
} from '../src/observations/cursors.ts';
import type { ObservingContext } from './context.ts';
import { mirrorQueue } from './drain-connection.ts';

const cursor = 'leads';

/** Where deals are mirrored as leads: asks what became of them. Called with every poll, which is how often it asks. */
export async function pollLeads(context: ObservingContext, connection: WiredConnection): Promise<void> {
  if (!connection.connector.pollLeads || !connection.mapping.lead) return;
  const lease = await leaseCursor(context.db, connection.id, cursor, leaseMs);
  if (!lease) return;
  try {
    await pollWindow(context, connection, lease);
  } finally {
    await releaseCursor(context.db, lease);
  }
}

async function pollWindow(
  context: ObservingContext,
  { id, connector, mapping }: WiredConnection,
  lease: CursorLease,
): Promise<void> {
  const { object = '', keyField = '' } = mapping.lead ?? {};
  const vendorNow = await connector.vendorNow({ deadline: Date.now() + callTimeoutMs });
  const to = new Date(vendorNow.getTime() - context.pollLagMs);
  const start = lease.value === '' ? to : new Date(lease.value);
  const from = new Date(start.getTime() - context.pollOverlapMs);
  for (let after: string | undefined; ;) {
    const window = { from, to, ...(after === undefined ? {} : { after }) };
    const page = await connector.pollLeads?.(object, keyField, window, {
      deadline: Date.now() + callTimeoutMs,
    });
    if (!page || !(await renewCursor(context.db, lease, leaseMs))) return;
    const { next } = page;
    await context.db.transaction(async (tx) => {
      const now = context.clock.now();
      await followLeads(tx, id, page.leads, context.mirrorOutputs, now);
      // With the last page, never before: a crash in between asks the window again.
      if (next === undefined) await moveCursor(tx, lease, to.toISOString(), now);
    });
    if (page.leads.length > 0) await context.queues.wake(mirrorQueue, { connectionId: id });
    if (next === undefined) return;
    after = next;
  }
}
