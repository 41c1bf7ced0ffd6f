import { closeCards } from '../platform/cards/cards.ts';
import type { Sql } from '../platform/database/database.ts';
import { desireMirrors } from './desire.ts';
import { nativeSyncKind } from './native-sync.ts';

/** A person answers for deals in both CRMs although the CRMs' own integration copies them: what was stopped goes on. */
export async function allowSync(tx: Sql, connectionId: string, by: string, now: Date): Promise<void> {
  const rows = await tx.query<{ id: string }>(
    `UPDATE connections c SET native_sync_allowed_by = $2
      WHERE c.native_sync IS NOT NULL
        AND (c.id = $1 OR c.native_sync->>'with' = (SELECT o.vendor FROM connections o WHERE o.id = $1))
      RETURNING c.id`,
    [connectionId, by],
  );
  for (const { id } of rows) await closeCards(tx, { connectionId: id, kind: nativeSyncKind }, now);
  await releaseStopped(tx, now);
}

/** What is stopped by nothing any more becomes wanted again; the rest is parked anew. */
export async function releaseStopped(tx: Sql, now: Date): Promise<void> {
  const rows = await tx.query<{ deal_id: string }>(
    `SELECT d.id AS deal_id FROM deals d
      WHERE d.id IN (SELECT m.deal_id FROM mirrors m WHERE m.state = 'parked' AND m.last_error->>'kind' = $1)
      ORDER BY d.id FOR NO KEY UPDATE`,
    [nativeSyncKind],
  );
  await desireMirrors(
    tx,
    rows.map(({ deal_id }) => deal_id),
    'same',
    now,
  );
}
