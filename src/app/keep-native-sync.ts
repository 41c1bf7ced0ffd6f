import type { NativeSync } from '../crm/connector.ts';
import { releaseStopped } from '../mirror/allow-sync.ts';
import { nativeSyncKind, readNativeSync, storeNativeSync, syncTwins } from '../mirror/native-sync.ts';
import { closeCards, listCards, openCard } from '../platform/cards/cards.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import type { ConnectionRow } from './connection-store.ts';

const alone = 'another CRM';

/**
 * Keeps that a vendor's own integration copies this org's deals, and says so on a card: as a warning where the other CRM is
 * a connection of ours, too, because deals are then written to one of the two only.
 */
export async function keepNativeSync(
  db: Database,
  row: ConnectionRow,
  found: NativeSync | null,
  now: Date,
): Promise<void> {
  const stored = await readNativeSync(db, row.id);
  if (found === null && stored.found === null) return;
  await db.transaction(async (tx) => {
    const isNews = await storeNativeSync(tx, row.id, found);
    if (found === null) {
      await closeCards(tx, { connectionId: row.id, kind: nativeSyncKind }, now);
      if (isNews) await releaseStopped(tx, now);
    } else if (stored.allowedBy === null) await sayCopied(tx, row, found, now);
  });
}

async function sayCopied(tx: Sql, row: ConnectionRow, found: NativeSync, now: Date): Promise<void> {
  const twins = await syncTwins(tx, row.id);
  const others = twins.map(({ label }) => label).join(', ');
  const isAlone = twins.length === 0;
  const subject = isAlone ? alone : others;
  for (const open of await listCards(tx, { connectionId: row.id, kind: nativeSyncKind }))
    if (open.subject !== subject) await closeCards(tx, { ...open, subject: open.subject }, now);
  await openCard(
    tx,
    {
      connectionId: row.id,
      kind: nativeSyncKind,
      subject,
      plain: `${row.label} copies deals to and from ${isAlone ? found.with : others} by an integration of its own (${found.evidence}). ${
        isAlone ? 'Deals made here may appear there, too.' : 'Each deal is written to one of the two only.'
      }`,
      nextStep: isAlone
        ? 'Nothing, as long as that CRM is not connected here as well.'
        : "Leave one of the two in shadow, or turn off the integration's copying of deals; see “Native Salesforce sync” in docs/connect-hubspot.md.",
      details: { ...found },
      alerts: !isAlone,
    },
    now,
  );
}
