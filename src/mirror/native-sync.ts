/**
 * A vendor's own integration may copy deals between two of our connections. Then each deal is written into one of them
 * only: into both it would be there twice in each, once by us and once as the copy.
 */
import type { NativeSync } from '../crm/connector.ts';
import type { Sql } from '../platform/database/database.ts';
import type { StoredError } from './deal-result.ts';

/** A connection and another that the integration connects it with. */
export interface SyncTwin {
  id: string;
  label: string;
  mode: 'shadow' | 'live';
  evidence: string;
}

export const nativeSyncKind = 'native-sync';

/** The pairs that nobody allowed, in both directions: SQL for a WITH clause. */
const pairs = `
  found AS (
    SELECT c.id AS one, o.id AS other, c.native_sync->>'evidence' AS evidence
      FROM connections c JOIN connections o ON o.vendor = c.native_sync->>'with' AND o.id <> c.id
     WHERE c.native_sync_allowed_by IS NULL),
  pairs AS (SELECT one AS id, other AS twin, evidence FROM found UNION SELECT other, one, evidence FROM found)`;

/** With which other connections of ours this one is connected already, without us. */
export function syncTwins(sql: Sql, connectionId: string): Promise<SyncTwin[]> {
  return sql.query<SyncTwin>(
    `WITH ${pairs} SELECT o.id, o.label, o.mode, p.evidence
       FROM pairs p JOIN connections o ON o.id = p.twin WHERE p.id = $1 ORDER BY o.id`,
    [connectionId],
  );
}

/** Keeps what an org said. @returns whether it is another thing than before */
export async function storeNativeSync(
  sql: Sql,
  connectionId: string,
  found: NativeSync | null,
): Promise<boolean> {
  const rows = await sql.query(
    'UPDATE connections SET native_sync = $2::jsonb WHERE id = $1 AND native_sync IS DISTINCT FROM $2::jsonb RETURNING id',
    [connectionId, found === null ? null : JSON.stringify(found)],
  );
  return rows.length > 0;
}

export async function readNativeSync(
  sql: Sql,
  connectionId: string,
): Promise<{ found: NativeSync | null; allowedBy: string | null }> {
  const [row] = await sql.query<{ found: NativeSync | null; allowedBy: string | null }>(
    'SELECT native_sync AS found, native_sync_allowed_by AS "allowedBy" FROM connections WHERE id = $1',
    [connectionId],
  );
  return row ?? { found: null, allowedBy: null };
}

export interface Stopped {
  dealId: string;
  connectionId: string;
  error: StoredError;
}

/**
 * Which of these deals must not be made on this connection, because they are on the other one or belong there. The CRM of
 * record comes first, then the order of the connections. What is on both already is no matter of this.
 * @param wanted mirrors that are not stored yet
 */
export async function stoppedBySync(
  sql: Sql,
  connectionId: string,
  dealIds: readonly string[],
  wanted: readonly { deal_id: string; connection_id: string }[] = [],
): Promise<Stopped[]> {
  const rows = await sql.query<{ deal_id: string; label: string; evidence: string }>(
    `WITH ${pairs},
     there AS (
       SELECT deal_id, connection_id, crm_id IS NOT NULL OR suspect AS made FROM mirrors WHERE deal_id = ANY($2::uuid[])
       UNION ALL
       SELECT deal_id, connection_id, false FROM jsonb_to_recordset($3::jsonb) AS w(deal_id uuid, connection_id text))
     SELECT DISTINCT ON (d.id) d.id AS deal_id, twin.label, p.evidence
       FROM pairs p
       JOIN connections here ON here.id = p.id
       JOIN connections twin ON twin.id = p.twin
       JOIN there ON there.connection_id = twin.id
       JOIN deals d ON d.id = there.deal_id AND d.id = ANY($2::uuid[])
      WHERE p.id = $1
        AND NOT EXISTS (SELECT 1 FROM mirrors own
                         WHERE own.connection_id = $1 AND own.deal_id = d.id AND own.crm_id IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM attachments a WHERE a.connection_id = $1 AND a.deal_id = d.id)
        AND (there.made
             OR (twin.mode = 'live' AND d.crm_of_record IS DISTINCT FROM here.id
                 AND (d.crm_of_record = twin.id
                      OR (twin.record_order, twin.id) < (here.record_order, here.id))))
      ORDER BY d.id, twin.id`,
    [connectionId, dealIds, JSON.stringify(wanted)],
  );
  return rows.map(({ deal_id, label, evidence }) => ({
    dealId: deal_id,
    connectionId,
    error: stopError(label, evidence),
  }));
}

function stopError(label: string, evidence: string): StoredError {
  return {
    kind: nativeSyncKind,
    plain: `The deal goes to ${label} only: the CRMs' own integration copies it from there (${evidence}), and written here as well it would be there twice.`,
    nextStep:
      'Nothing, if the integration is meant to copy it; otherwise the card of the connection says where to read on (tributary cards).',
  };
}

/** Parks what was never made there. What was taken back or buried stays so. */
export async function parkStopped(tx: Sql, stopped: readonly Stopped[], now: Date): Promise<void> {
  if (stopped.length === 0) return;
  await tx.query(
    `UPDATE mirrors m SET state = 'parked', due_at = NULL, parked_at = $2, last_error = w.error, updated_at = $2
       FROM (SELECT locked.deal_id, locked.connection_id, s.error
               FROM jsonb_to_recordset($1::jsonb) AS s("dealId" uuid, "connectionId" text, error jsonb)
               JOIN mirrors locked ON locked.deal_id = s."dealId" AND locked.connection_id = s."connectionId"
              ORDER BY 1, 2 FOR UPDATE OF locked) w
      WHERE m.deal_id = w.deal_id AND m.connection_id = w.connection_id AND m.state = 'waiting'`,
    [JSON.stringify(stopped), now],
  );
}
