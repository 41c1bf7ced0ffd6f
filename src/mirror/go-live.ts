import type { Database, Sql } from '../platform/database/database.ts';
import { promoteWaiting } from './desire.ts';

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
}

/**
 * Opens a connection for real writes. Everything shadowed becomes due again and intended records are looked for anew,
 * in one transaction, so nothing computed in shadow is taken for done.
 * @throws Error when the connection does not exist
 */
export async function goLive(db: Database, request: GoLive, now: Date): Promise<void> {
  await db.transaction(async (tx) => {
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
