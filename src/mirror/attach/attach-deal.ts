import type { Fields } from '../../crm/connector.ts';
import type { Sql } from '../../platform/database/database.ts';
import { promoteWaiting } from '../desire.ts';
import { intendedPrefix } from '../go-live.ts';
import type { MirrorOutputs } from '../record-outcomes.ts';
import { AttachRefused, type AttachRole } from './attachments.ts';

export interface Attachment {
  dealId: string;
  connectionId: string;
  crmId: string;
  role: AttachRole;
  before: Fields | null;
  by: string;
}

/**
 * Makes a record of the CRM the deal's own, in the caller's transaction. It is written by the next worker: only the rows
 * that the mapping flags `attach`.
 * @throws AttachRefused when the deal is not approved, has a record of its own, or the record is another deal's
 */
export async function attachInTransaction(
  tx: Sql,
  attachment: Attachment,
  outputs: MirrorOutputs,
  now: Date,
): Promise<void> {
  const { dealId, connectionId, crmId } = attachment;
  const version = await lockApproved(tx, dealId);
  await requireFree(tx, attachment);
  await requireUnmirrored(tx, attachment);
  await insertAttachment(tx, attachment, now);
  await tx.query(
    `UPDATE mirrors SET record_kind = 'deal', crm_id = $3, state = 'waiting', due_at = NULL, mirrored_hash = NULL, mirrored_version = NULL,
            linked_version = NULL, suspect = false, attempts = 0, last_error = NULL, parked_at = NULL,
            lease_token = NULL, leased_until = NULL, updated_at = $4
      WHERE deal_id = $1 AND connection_id = $2`,
    [dealId, connectionId, crmId, now],
  );
  await dropUnusedReferences(tx, dealId, connectionId);
  await noteEvent(tx, attachment, version, now);
  await outputs.recordsLearned(tx, connectionId, [{ crmId, dealId }]);
  await promoteWaiting(tx, 'm.connection_id = $1 AND m.deal_id = $2', [connectionId, dealId], now);
}

/** Stored ahead of the mirror too: a renewal is attached by being approved. */
export async function insertAttachment(tx: Sql, attachment: Attachment, now: Date): Promise<void> {
  const { dealId, connectionId, crmId, role, before, by } = attachment;
  await tx.query(
    `INSERT INTO attachments (deal_id, connection_id, crm_id, role, before, attached_by, attached_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (deal_id, connection_id) DO UPDATE
        SET crm_id = excluded.crm_id, role = excluded.role, before = excluded.before, attached_by = excluded.attached_by,
            attached_at = excluded.attached_at`,
    [dealId, connectionId, crmId, role, before === null ? null : JSON.stringify(before), by, now],
  );
}

async function lockApproved(tx: Sql, dealId: string): Promise<number> {
  const rows = await tx.query<{ status: string; version: number }>(
    'SELECT status, version FROM deals WHERE id = $1 FOR NO KEY UPDATE',
    [dealId],
  );
  const deal = rows[0];
  if (!deal) throw new AttachRefused('There is no such deal.', true);
  if (deal.status === 'approved' || deal.status === 'lost') return deal.version;
  const next = deal.status === 'submitted' ? ' Approve it first, or attach it with its approval.' : '';
  throw new AttachRefused(`The deal is ${deal.status}; only an approved deal can be attached.${next}`);
}

/** One record never earns for two deals. */
async function requireFree(tx: Sql, { dealId, connectionId, crmId }: Attachment): Promise<void> {
  const [other] = await tx.query<{ deal_id: string }>(
    `SELECT deal_id FROM mirrors WHERE connection_id = $1 AND crm_id = $2 AND deal_id <> $3
     UNION ALL SELECT deal_id FROM attachments WHERE connection_id = $1 AND crm_id = $2 AND deal_id <> $3 LIMIT 1`,
    [connectionId, crmId, dealId],
  );
  if (other) throw new AttachRefused(`The record ${crmId} already belongs to the deal ${other.deal_id}.`);
}

interface MirrorRow {
  crm_id: string | null;
  state: string;
  record_gone: boolean;
  being_written: boolean;
}

async function requireUnmirrored(tx: Sql, { dealId, connectionId, crmId }: Attachment): Promise<void> {
  const [mirror] = await tx.query<MirrorRow>(
    `SELECT crm_id, state, state = 'tombstone' OR starts_with(crm_id, $3)
              OR (record_kind = 'lead' AND last_error->>'kind' = 'lead-converted') AS record_gone,
            coalesce(leased_until > clock_timestamp(), false) AS being_written
       FROM mirrors WHERE deal_id = $1 AND connection_id = $2 FOR UPDATE`,
    [dealId, connectionId, intendedPrefix],
  );
  if (!mirror) throw new AttachRefused(`The deal does not go to the connection "${connectionId}".`);
  if (mirror.being_written)
    throw new AttachRefused('The deal is being written to the CRM just now; try again in a minute.');
  if (mirror.crm_id !== null && mirror.crm_id !== crmId && !mirror.record_gone)
    throw new AttachRefused(
      `The deal is already the record ${mirror.crm_id} in ${connectionId}. Delete or merge that one in the CRM first, or detach the deal.`,
    );
}

/** An attached deal makes no account and no contact: what only it wanted, and nobody has made yet, is no longer wanted. */
async function dropUnusedReferences(tx: Sql, dealId: string, connectionId: string): Promise<void> {
  await tx.query(
    `DELETE FROM crm_references r USING mirrors own
      WHERE own.deal_id = $1 AND own.connection_id = $2 AND r.connection_id = $2 AND r.crm_id IS NULL
        AND (r.leased_until IS NULL OR r.leased_until < clock_timestamp())
        AND ((r.kind = 'account' AND r.key = own.account_key) OR (r.kind = 'contact' AND r.key = own.contact_key))
        AND NOT EXISTS (SELECT 1 FROM mirrors m WHERE m.connection_id = $2 AND m.deal_id <> $1
              AND CASE r.kind WHEN 'account' THEN m.account_key ELSE m.contact_key END = r.key)`,
    [dealId, connectionId],
  );
}

async function noteEvent(tx: Sql, attachment: Attachment, version: number, now: Date): Promise<void> {
  const { dealId, connectionId, crmId, role, by } = attachment;
  await tx.query(
    `INSERT INTO deal_events (deal_id, version, kind, actor, data, occurred_at) VALUES ($1, $2, 'attached', $3, $4, $5)`,
    [dealId, version, by, JSON.stringify({ connection: connectionId, crmId, role }), now],
  );
}
