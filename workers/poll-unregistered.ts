import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { closeCards } from '../src/platform/cards/cards.ts';
import { shownTagged, showTagged, taggedKind, tagFieldOf } from '../src/mirror/attach/tagged.ts';
import { callTimeoutMs, leaseMs } from '../src/mirror/lease.ts';
import { leaseCursor, moveCursor, releaseCursor, type CursorLease } from '../src/observations/cursors.ts';
import type { ObservingContext } from './context.ts';

const cursor = 'unregistered';
/** What is found waits for a person anyway, so the CRM is asked at every tenth poll only. */
const pollsPerLook = 10;

/**
 * Looks for deals in the CRM that no registration belongs to: copies that carry a partner's tag, which are shown and earn
 * nothing, and what the rule for renewals names. One call, and one more while such copies are shown.
 */
export async function pollUnregistered(
  context: ObservingContext,
  connection: WiredConnection,
): Promise<void> {
  if (!connection.connector.findUnregistered) return;
  const lease = await leaseCursor(context.db, connection.id, cursor, leaseMs);
  if (!lease) return;
  try {
    const age = context.clock.now().getTime() - lease.updatedAt.getTime();
    if (age >= pollsPerLook * context.pollIntervalMs) await look(context, connection, lease);
  } finally {
    await releaseCursor(context.db, lease);
  }
}

async function look(
  context: ObservingContext,
  connection: WiredConnection,
  lease: CursorLease,
): Promise<void> {
  const { connector, mapping } = connection;
  const { object, keyField, read } = mapping.deal;
  const deadline = Date.now() + callTimeoutMs;
  const vendorNow = await connector.vendorNow({ deadline });
  const to = new Date(vendorNow.getTime() - context.pollLagMs);
  const from = new Date((lease.value === '' ? to : new Date(lease.value)).getTime() - context.pollOverlapMs);
  const wanted = {
    object,
    keyField,
    tagField: tagFieldOf(mapping, connection.capabilities.unsearchable),
    renewals: mapping.renewals ?? null,
    withCurrency: read.some((row) => row.to === 'currency'),
    window: { from, to },
  };
  const found = (await connector.findUnregistered?.(wanted, { deadline })) ?? [];
  const renewed = mapping.renewals ? found.filter((deal) => deal.renewal && (!deal.closed || deal.won)) : [];
  for (const deal of renewed) await context.registerRenewal?.(connection, deal);
  await closeSettled(context, connection, wanted.tagField);
  const now = context.clock.now();
  await context.db.transaction(async (tx) => {
    await showTagged(tx, connection.id, object, found, now);
    await moveCursor(tx, lease, to.toISOString(), now);
  });
}

/** The tag was cleared, the record deleted, or a registration attached: nothing is left to decide. */
async function closeSettled(
  context: ObservingContext,
  { id, connector, mapping, capabilities }: WiredConnection,
  tagField: string | null,
): Promise<void> {
  const shown = await shownTagged(context.db, id, capabilities.readBatch);
  if (shown.length === 0 || tagField === null) return;
  const { object, keyField } = mapping.deal;
  const deadline = Date.now() + callTimeoutMs;
  const snapshots = await connector.readDeals(object, shown, [keyField, tagField], { deadline });
  for (const { crmId, deleted, fields } of snapshots) {
    const settled = deleted || (fields[keyField] ?? '') !== '' || (fields[tagField] ?? '') === '';
    if (settled)
      await closeCards(
        context.db,
        { connectionId: id, kind: taggedKind, subject: crmId },
        context.clock.now(),
      );
  }
}
