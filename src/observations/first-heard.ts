import { createHash } from 'node:crypto';
import type { WebhookHint } from '../crm/connector.ts';
import type { Sql } from '../platform/database/database.ts';

/** Vendors repeat what was not answered in time for a day at most (HubSpot: ten times over 24 hours). */
const rememberedMs = 48 * 3_600_000;
/** So that forgetting never becomes what a transaction mostly does. */
const forgottenAtOnce = 1_000;

/**
 * The hints of events that were not heard before; those whose repetitions cannot be told are all kept. To be called in the
 * transaction that raises the hints: an event must not count as heard unless the read it asks for is stored.
 */
export async function firstHeard(
  tx: Sql,
  connectionId: string,
  hints: readonly WebhookHint[],
  now: Date,
): Promise<WebhookHint[]> {
  const byHash = new Map<string, WebhookHint>();
  const untold = hints.filter((hint) => hint.eventKey === undefined);
  for (const hint of hints) {
    if (hint.eventKey === undefined) continue;
    const hash = createHash('sha256').update(hint.eventKey).digest('hex');
    if (!byHash.has(hash)) byHash.set(hash, hint);
  }
  const fresh = await rememberNew(tx, connectionId, [...byHash.keys()].sort(), now);
  await forgetOld(tx, connectionId, now);
  const kept = new Set([...untold, ...fresh.map((hash) => byHash.get(hash))]);
  return hints.filter((hint) => kept.has(hint));
}

/** In one order everywhere: two workers that hear the same events wait for each other and do not lock each other out. */
async function rememberNew(
  tx: Sql,
  connectionId: string,
  hashes: readonly string[],
  now: Date,
): Promise<string[]> {
  if (hashes.length === 0) return [];
  const rows = await tx.query<{ hash: string }>(
    `INSERT INTO notification_events (connection_id, event_hash, heard_at)
     SELECT $1, decode(h, 'hex'), $3 FROM unnest($2::text[]) h ORDER BY 2
     ON CONFLICT DO NOTHING RETURNING encode(event_hash, 'hex') AS hash`,
    [connectionId, hashes, now],
  );
  return rows.map(({ hash }) => hash);
}

async function forgetOld(tx: Sql, connectionId: string, now: Date): Promise<void> {
  await tx.query(
    `DELETE FROM notification_events WHERE connection_id = $1 AND event_hash IN (
       SELECT event_hash FROM notification_events
        WHERE connection_id = $1 AND heard_at < $2 ORDER BY heard_at LIMIT $3 FOR UPDATE SKIP LOCKED)`,
    [connectionId, new Date(now.getTime() - rememberedMs), forgottenAtOnce],
  );
}
