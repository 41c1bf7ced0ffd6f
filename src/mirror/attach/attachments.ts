import type { Sql } from '../../platform/database/database.ts';

/** influenced: a rep's own record. renewal: found by the renewal rule. converted: made from our own lead. */
export type AttachRole = 'influenced' | 'renewal' | 'converted';

/** How the partner came into the deal, as mapping rows and plans read it. */
export type Influence = 'sourced' | 'influenced' | 'renewal';

export function influenceOf(role: AttachRole | null): Influence {
  return role === null || role === 'converted' ? 'sourced' : role;
}

/** SQL over `m` (mirrors): the deal belongs to a record that was there already, so it waits for no account or contact. */
export const isAttached = `EXISTS (SELECT 1 FROM attachments a WHERE a.deal_id = m.deal_id AND a.connection_id = m.connection_id)`;

/** SQL over `m` (mirrors): it needs no account and no contact of its own. */
export const standsAlone = `(m.record_kind = 'lead' OR ${isAttached})`;

/** Why a registration cannot be attached or taken off, for the person who asked. */
export class AttachRefused extends Error {
  readonly isMissing: boolean;

  /** @param isMissing the deal, connection or record does not exist (HTTP 404 instead of 409) */
  constructor(reason: string, isMissing = false) {
    super(reason);
    this.name = 'AttachRefused';
    this.isMissing = isMissing;
  }
}

/** Attaching and taking off, for the API and the command line. Implemented by the application, which knows the connections. */
export interface Attachments {
  /** @throws AttachRefused, or SyncError when the CRM cannot be asked. @returns the record's id */
  attach(request: {
    dealId: string;
    connectionId: string;
    crmId: string;
    by: string;
    /** Approve the submitted deal in the same step. */
    approve: boolean;
  }): Promise<{ crmId: string }>;
  /** @throws AttachRefused, or SyncError when the CRM does not take it. @returns the record it was taken off */
  detach(request: { dealId: string; connectionId: string; by: string }): Promise<{ crmId: string }>;
}

/** `deal connection` of those mirrors that need no account and no contact: attached deals, and leads. */
export async function standingAlone(
  tx: Sql,
  mirrors: readonly { deal_id: string; connection_id: string }[],
): Promise<Set<string>> {
  const rows = await tx.query<{ pair: string }>(
    `SELECT m.deal_id || ' ' || m.connection_id AS pair
       FROM jsonb_to_recordset($1::jsonb) AS m(deal_id uuid, connection_id text)
       JOIN connections c ON c.id = m.connection_id
       LEFT JOIN attachments a ON a.deal_id = m.deal_id AND a.connection_id = m.connection_id
       LEFT JOIN mirrors k ON k.deal_id = m.deal_id AND k.connection_id = m.connection_id
      WHERE a.deal_id IS NOT NULL OR coalesce(k.record_kind, c.deal_target) = 'lead'`,
    [JSON.stringify(mirrors)],
  );
  return new Set(rows.map((row) => row.pair));
}

/** A deal that was attached before it was approved: its new mirror is that record. */
export async function pointToAttached(tx: Sql, dealIds: readonly string[]): Promise<void> {
  await tx.query(
    `UPDATE mirrors m SET crm_id = a.crm_id, record_kind = 'deal' FROM attachments a
      WHERE a.deal_id = ANY($1::uuid[]) AND m.deal_id = a.deal_id AND m.connection_id = a.connection_id AND m.crm_id IS NULL`,
    [dealIds],
  );
}
