import type { Database, Sql } from '../platform/database/database.ts';
import { isAttached } from './attach/attachments.ts';
import { isHeld } from './hold-deals.ts';
import { nativeSyncKind } from './native-sync.ts';
import { promoteWaiting } from './desire.ts';

export interface RedriveFilter {
  connectionId?: string;
  dealIds?: readonly string[];
  /** Only problems of this error kind. */
  kind?: string;
}

export interface Redriven {
  deals: number;
  references: number;
}

/**
 * Gives parked deals and references another try, with their attempts forgotten. Where the CRM refused the deal itself, its
 * account and contact are looked for anew first: one that was deleted or merged there would be refused for ever.
 * What a native sync stopped goes on when that is allowed, and not by itself.
 * Tombstones are never redriven by a filter, and what was taken back only where it is meant: by its kind, or by name.
 */
export async function redrive(db: Database, filter: RedriveFilter, now: Date): Promise<Redriven> {
  return db.transaction(async (tx) => {
    const deals = await tx.query<RedrivenDeal>(
      `UPDATE mirrors m SET state = 'waiting', due_at = NULL, attempts = 0, parked_at = NULL, updated_at = $4
        WHERE state = 'parked' AND last_error->>'kind' IS DISTINCT FROM '${nativeSyncKind}' AND NOT (${isHeld} AND $2::uuid[] IS NULL AND $3::text IS NULL) AND ($1::text IS NULL OR connection_id = $1)
          AND ($2::uuid[] IS NULL OR deal_id = ANY($2)) AND ($3::text IS NULL OR last_error->>'kind' = $3)
        RETURNING deal_id, connection_id, account_key, contact_key,
                  coalesce(last_error->>'stage' IN ('push', 'link'), false) AS refused,
                  coalesce(last_error->>'kind' IN ('not-found', 'conflict'), false) AS gone`,
      [filter.connectionId ?? null, filter.dealIds ?? null, filter.kind ?? null, now],
    );
    await lookForAnew(tx, deals, now);
    const references = await tx.query(
      `UPDATE crm_references r SET state = 'due', due_at = $4, attempts = 0, updated_at = $4
        WHERE r.state = 'parked' AND ($1::text IS NULL OR r.connection_id = $1) AND ($3::text IS NULL OR r.last_error->>'kind' = $3)
          AND ($2::uuid[] IS NULL OR EXISTS (
                SELECT 1 FROM mirrors m WHERE m.connection_id = r.connection_id AND m.deal_id = ANY($2)
                   AND ((r.kind = 'account' AND m.account_key = r.key) OR (r.kind = 'contact' AND m.contact_key = r.key))))
        RETURNING r.key`,
      [filter.connectionId ?? null, filter.dealIds ?? null, filter.kind ?? null, now],
    );
    await promoteWaiting(tx, 'm.deal_id = ANY($1::uuid[])', [deals.map((deal) => deal.deal_id)], now);
    return { deals: deals.length, references: references.length };
  });
}

interface RedrivenDeal {
  deal_id: string;
  connection_id: string;
  account_key: string;
  contact_key: string | null;
  /** By the CRM, when it was written or linked. */
  refused: boolean;
  /** Because of a record that is not there, or not what it was: what a person once chose may be that record. */
  gone: boolean;
}

/** Contacts wait for their account. Both keep their ids meanwhile, so that other deals of theirs go on. */
async function lookForAnew(tx: Sql, deals: readonly RedrivenDeal[], now: Date): Promise<void> {
  const wanted = deals
    .filter((deal) => deal.refused)
    .flatMap(({ connection_id, account_key, contact_key, gone }) => [
      { connection_id, kind: 'account', key: account_key, gone },
      { connection_id, kind: 'contact', key: contact_key, gone },
    ]);
  if (wanted.length === 0) return;
  await tx.query(
    `UPDATE crm_references r
        SET state = CASE r.kind WHEN 'account' THEN 'due' ELSE 'waiting' END,
            due_at = CASE r.kind WHEN 'account' THEN $2::timestamptz END, attempts = 0, updated_at = $2,
            choice = CASE WHEN w.gone THEN NULL ELSE r.choice END
       FROM jsonb_to_recordset($1::jsonb) AS w(connection_id text, kind text, key text, gone boolean)
      WHERE r.connection_id = w.connection_id AND r.kind = w.kind AND r.key = w.key AND r.state = 'resolved'`,
    [JSON.stringify(wanted), now],
  );
}

/** A person decides that a deal deleted in the CRM shall be created there again. An attached one has nothing of its own to create: detach it. */
export async function recreateTombstone(
  db: Database,
  connectionId: string,
  dealId: string,
  now: Date,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx.query(
      `UPDATE mirrors m SET state = 'waiting', crm_id = NULL, mirrored_hash = NULL, pushed_hash = NULL, mirrored_version = NULL, linked_version = NULL,
              suspect = false, attempts = 0, last_error = NULL, updated_at = $3
        WHERE connection_id = $1 AND deal_id = $2 AND state = 'tombstone' AND NOT ${isAttached}
        RETURNING deal_id`,
      [connectionId, dealId, now],
    );
    await promoteWaiting(tx, 'm.connection_id = $1 AND m.deal_id = $2', [connectionId, dealId], now);
    return rows.length > 0;
  });
}
