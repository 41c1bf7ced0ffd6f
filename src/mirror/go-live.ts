import type { Database, Sql } from '../platform/database/database.ts';
import { promoteWaiting } from './desire.ts';
import { allowSync } from './allow-sync.ts';
import { syncTwins } from './native-sync.ts';

/** Marks a CRM id that was only intended while the connection was in shadow. */
export const intendedPrefix = 'would-create:';

export interface GoLive {
  connectionId: string;
  /** The person who answers for it. */
  by: string;
  /** Wins before this instant earn nothing. */
  cutoff: Date;
  /** Writes an hour after which the connection pauses. */
  hourlyWriteCap: number;
  /** They know that the CRMs' own integration copies deals to another connection, and want them written to both. */
  despiteSync?: boolean;
}

/**
 * Opens a connection for real writes. Everything shadowed becomes due again and intended records are looked for anew,
 * in one transaction, so nothing computed in shadow is taken for done.
 * @throws Error when the connection does not exist, or another live one gets the same deals by the CRMs' own integration
 */
export async function goLive(db: Database, request: GoLive, now: Date): Promise<void> {
  await db.transaction(async (tx) => {
    if (request.despiteSync) await allowSync(tx, request.connectionId, request.by, now);
    else await refuseSynced(tx, request.connectionId);
    const rows = await tx.query(
      // A person who raises the cap wants it to count now: a pause that has another reason begins anew by itself.
      `UPDATE connections SET mode = 'live', live_by = $2, live_at = $3, cutoff_at = $4, hourly_write_cap = $5,
              paused_until = NULL, pause_reason = NULL
        WHERE id = $1 RETURNING id`,
      [request.connectionId, request.by, now, request.cutoff, request.hourlyWriteCap],
    );
    if (rows.length === 0) throw new Error(`There is no connection named ${request.connectionId}.`);
    await tx.query(
      `UPDATE crm_references
          SET crm_id = NULL, state = CASE WHEN kind = 'account' THEN 'due' ELSE 'waiting' END,
              due_at = CASE WHEN kind = 'account' THEN $2::timestamptz END
        WHERE connection_id = $1 AND starts_with(crm_id, $3)`,
      [request.connectionId, now, intendedPrefix],
    );
    await tx.query(
      `UPDATE crm_references c SET state = 'waiting', due_at = NULL FROM crm_references a
        WHERE c.connection_id = $1 AND c.kind = 'contact' AND c.state = 'due'
          AND a.connection_id = $1 AND a.kind = 'account' AND a.key = c.account_key AND a.state <> 'resolved'`,
      [request.connectionId],
    );
    await tx.query(
      `UPDATE mirrors SET state = 'waiting', due_at = NULL, mirrored_hash = NULL,
              mirrored_version = CASE WHEN state = 'due' THEN mirrored_version END
        WHERE connection_id = $1 AND state IN ('shadowed', 'due')`,
      [request.connectionId],
    );
    await promoteWaiting(tx, 'm.connection_id = $1', [request.connectionId], now);
  });
}

async function refuseSynced(tx: Sql, connectionId: string): Promise<void> {
  const twin = (await syncTwins(tx, connectionId)).find(({ mode }) => mode === 'live');
  if (!twin) return;
  throw new Error(
    `${connectionId} stays in shadow: ${twin.label} is live, and the CRMs' own integration copies deals between the two (${twin.evidence}): ` +
      'written to both they would be there twice. Leave one of them in shadow, or go live with --despite-sync, in your name.',
  );
}

/**
 * Whether the connection is live, held so until the end of the transaction: what a worker computed in shadow is recorded
 * either before the connection goes live, which then makes it due again, or not as done.
 */
export async function hasGoneLive(tx: Sql, connectionId: string): Promise<boolean> {
  const rows = await tx.query<{ mode: string }>('SELECT mode FROM connections WHERE id = $1 FOR SHARE', [
    connectionId,
  ]);
  return rows[0]?.mode === 'live';
}
