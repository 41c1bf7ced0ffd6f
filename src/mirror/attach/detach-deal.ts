import { randomUUID } from 'node:crypto';
import type { Fields } from '../../crm/connector.ts';
import type { WiredConnection } from '../../mapping/wired-connection.ts';
import type { Database, Sql } from '../../platform/database/database.ts';
import { readGate, reserveWrites } from '../gate.ts';
import { callTimeoutMs, leaseMs } from '../lease.ts';
import { AttachRefused } from './attachments.ts';

export interface DetachOutputs {
  /** Wins read of this record for this deal end, in the same transaction. */
  winsEnd(tx: Sql, connectionId: string, dealId: string, crmId: string, now: Date): Promise<void>;
  /** The deal is wanted in the CRM as if it had never been attached. */
  desireAnew(tx: Sql, dealId: string): Promise<void>;
}

interface Held {
  crmId: string;
  before: Fields;
  written: boolean;
  token: string;
  version: number;
}

/**
 * Takes a registration off the record it was attached to: our fields there get back what they held, its wins end, and the
 * deal is mirrored as a record of its own. Held under a lease meanwhile, so that no worker writes it back.
 * @throws AttachRefused when it is not attached or nothing may be sent; SyncError when the CRM does not take it
 */
export async function detachDeal(
  db: Database,
  connection: WiredConnection,
  dealId: string,
  by: string,
  outputs: DetachOutputs,
  now: Date,
): Promise<{ crmId: string }> {
  const gate = await readGate(db, connection.id, now);
  const held = await holdAttached(db, connection.id, dealId);
  try {
    if (held.written) {
      if (!gate || gate.closedBecause !== null)
        throw new AttachRefused(`Nothing may be sent now: ${gate?.closedBecause ?? 'no such connection'}.`);
      if (!(await reserveWrites(db, gate, 1, now)))
        throw new AttachRefused("The hour's cap of writes is reached; try again in the next hour.");
      await restoreFields(connection, dealId, held);
    }
  } catch (error) {
    await release(db, connection.id, dealId, held.token);
    throw error;
  }
  await db.transaction(async (tx) => {
    await tx.query('SELECT 1 FROM deals WHERE id = $1 FOR NO KEY UPDATE', [dealId]);
    await forget(tx, connection.id, dealId, held, by, now);
    await outputs.winsEnd(tx, connection.id, dealId, held.crmId, now);
    await outputs.desireAnew(tx, dealId);
  });
  return { crmId: held.crmId };
}

async function holdAttached(db: Database, connectionId: string, dealId: string): Promise<Held> {
  const token = randomUUID();
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{
      crm_id: string;
      before: Fields | null;
      role: string;
      written: boolean;
      leased: boolean;
      version: number;
    }>(
      `SELECT coalesce(m.crm_id, a.crm_id) AS crm_id, a.before, a.role, d.version,
              m.state <> 'tombstone' AND EXISTS (SELECT 1 FROM crm_writes w WHERE w.deal_id = m.deal_id
                AND w.connection_id = m.connection_id AND w.outcome IN ('written', 'ambiguous')) AS written,
              coalesce(m.leased_until > clock_timestamp(), false) AS leased
         FROM attachments a JOIN mirrors m USING (deal_id, connection_id) JOIN deals d ON d.id = a.deal_id
        WHERE a.deal_id = $1 AND a.connection_id = $2 FOR UPDATE OF m`,
      [dealId, connectionId],
    );
    if (!row || row.role === 'converted')
      throw new AttachRefused(`The deal is not attached to a record of ${connectionId}.`, true);
    if (row.leased)
      throw new AttachRefused('The deal is being written to the CRM just now; try again in a minute.');
    await tx.query(
      `UPDATE mirrors SET lease_token = $3, leased_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
        WHERE deal_id = $1 AND connection_id = $2`,
      [dealId, connectionId, token, leaseMs],
    );
    const { crm_id: crmId, before, written, version } = row;
    return { crmId, before: before ?? {}, written, token, version };
  });
}

async function restoreFields(connection: WiredConnection, dealId: string, held: Held): Promise<void> {
  const { object, keyField } = connection.mapping.deal;
  const [outcome] = await connection.connector.push(
    {
      kind: 'deal',
      object,
      keyField,
      operation: 'update',
      records: [{ key: dealId, crmId: held.crmId, fields: { ...held.before, [keyField]: null } }],
    },
    { deadline: Date.now() + callTimeoutMs },
  );
  // A record that is gone has nothing to give back.
  if (outcome?.status === 'failed' && outcome.error.kind !== 'not-found') throw outcome.error;
}

async function release(db: Database, connectionId: string, dealId: string, token: string): Promise<void> {
  await db.query(
    `UPDATE mirrors SET lease_token = NULL, leased_until = NULL
      WHERE deal_id = $1 AND connection_id = $2 AND lease_token = $3`,
    [dealId, connectionId, token],
  );
}

async function forget(
  tx: Sql,
  connectionId: string,
  dealId: string,
  held: Held,
  by: string,
  now: Date,
): Promise<void> {
  const rows = await tx.query(
    `UPDATE mirrors SET crm_id = NULL, state = 'waiting', due_at = NULL, mirrored_hash = NULL, mirrored_version = NULL,
            linked_version = NULL, suspect = false, attempts = 0, last_error = NULL, parked_at = NULL,
            lease_token = NULL, leased_until = NULL, updated_at = $4
      WHERE deal_id = $1 AND connection_id = $2 AND lease_token = $3 RETURNING deal_id`,
    [dealId, connectionId, held.token, now],
  );
  if (rows.length === 0) throw new AttachRefused('Another process changed the deal meanwhile; try again.');
  await tx.query('DELETE FROM attachments WHERE deal_id = $1 AND connection_id = $2', [dealId, connectionId]);
  await tx.query('DELETE FROM observed_records WHERE connection_id = $1 AND crm_id = $2', [
    connectionId,
    held.crmId,
  ]);
  await tx.query(
    `INSERT INTO deal_events (deal_id, version, kind, actor, data, occurred_at) VALUES ($1, $2, 'detached', $3, $4, $5)`,
    [dealId, held.version, by, JSON.stringify({ connection: connectionId, crmId: held.crmId }), now],
  );
}
