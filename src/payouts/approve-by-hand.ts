import type { Clock } from '../platform/clock.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { newId } from '../platform/ids.ts';
import { formatDecimal } from '../platform/money.ts';

/** What one win earned a partner, and nobody approved yet. */
export interface WaitingCommission {
  dealId: string;
  deal: string;
  partner: string;
  /** Exact decimal text. */
  amount: string;
  currency: string;
  /** Approving means these: what is posted later is another question. */
  entries: string[];
  explanation: string;
  wonAt: Date;
  since: Date;
}

export interface WaitingFilter {
  partner?: string | undefined;
  dealId?: string | undefined;
}

/** Oldest first, at most `limit`. */
export async function listWaiting(
  sql: Sql,
  { partner, dealId }: WaitingFilter,
  limit: number,
): Promise<WaitingCommission[]> {
  const rows = await sql.query<Omit<WaitingCommission, 'amount'> & { minor: bigint }>(
    `SELECT e.deal_id AS "dealId", d.name AS deal, p.key AS partner, sum(e.amount_minor)::bigint AS minor, e.currency,
            array_agg(e.id ORDER BY e.posted_at, e.id) AS entries, min(e.won_at) AS "wonAt", min(e.posted_at) AS since,
            string_agg(e.explanation, ' | ' ORDER BY e.posted_at, e.id) AS explanation
       FROM commission_entries e JOIN deals d ON d.id = e.deal_id JOIN partners p ON p.id = e.partner_id
      WHERE NOT EXISTS (SELECT FROM commission_approvals a WHERE a.entry_id = e.id)
        AND ($1::text IS NULL OR p.key = $1) AND ($2::uuid IS NULL OR e.deal_id = $2)
      GROUP BY e.deal_id, e.epoch, d.name, p.key, e.currency ORDER BY since, e.deal_id LIMIT $3`,
    [partner ?? null, dealId ?? null, limit],
  );
  return rows.map(({ minor, ...row }) => ({
    ...row,
    amount: formatDecimal({ minor, currency: row.currency }),
  }));
}

export interface Approved {
  approved: number;
  /** Were approved before: approving again changes nothing. */
  before: string[];
  /** There is no such entry. */
  unknown: string[];
}

/**
 * Lets these entries through, with those before them that they correct: one without the other would take back what was never
 * paid. What was posted after the person looked still waits. All or none.
 */
export async function approveByHand(
  { db, clock }: { db: Database; clock: Clock },
  entryIds: readonly string[],
  by: string,
): Promise<Approved> {
  return db.transaction(async (tx) => {
    const wanted = [...new Set(entryIds)];
    // Deals first, in the order everybody takes them: what is being computed for one of them comes before or after.
    await tx.query(
      `SELECT 1 FROM deals WHERE id IN (SELECT deal_id FROM commission_entries WHERE id = ANY($1::uuid[]))
        ORDER BY id FOR NO KEY UPDATE`,
      [wanted],
    );
    const known = await loadWithEarlier(tx, wanted);
    const fresh = known.filter(({ isApproved }) => !isApproved).map(({ id }) => id);
    if (fresh.length > 0) await approve(tx, fresh, await approverId(tx, by, clock), clock.now());
    const ids = new Set(known.map(({ id }) => id));
    return {
      approved: fresh.length,
      before: known.filter(({ id, isApproved }) => isApproved && wanted.includes(id)).map(({ id }) => id),
      unknown: wanted.filter((id) => !ids.has(id)),
    };
  });
}

/** The entries, and the earlier ones of the same win, partner and currency. */
function loadWithEarlier(
  tx: Sql,
  entryIds: readonly string[],
): Promise<{ id: string; isApproved: boolean }[]> {
  return tx.query(
    `SELECT DISTINCT e.id, EXISTS (SELECT FROM commission_approvals a WHERE a.entry_id = e.id) AS "isApproved"
       FROM commission_entries w JOIN commission_entries e USING (deal_id, epoch, partner_id, currency)
      WHERE w.id = ANY($1::uuid[]) AND (e.posted_at, e.id) <= (w.posted_at, w.id)`,
    [entryIds],
  );
}

async function approverId(tx: Sql, name: string, clock: Clock): Promise<string> {
  const [row] = await tx.query<{ id: string }>(
    `INSERT INTO approvers (id, name) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id`,
    [newId(clock), name],
  );
  if (row === undefined) throw new Error('an approver was neither found nor added');
  return row.id;
}

async function approve(tx: Sql, entryIds: readonly string[], approver: string, now: Date): Promise<void> {
  await tx.query(
    `INSERT INTO commission_approvals (entry_id, reason, approved_by, approved_at)
     SELECT id, 'by-hand', $2, $3 FROM unnest($1::uuid[]) id`,
    [entryIds, approver, now],
  );
  await tx.query(
    `INSERT INTO payout_due (deal_id, epoch, due_at)
     SELECT DISTINCT deal_id, epoch, $2::timestamptz FROM commission_entries WHERE id = ANY($1::uuid[])
     ON CONFLICT (deal_id, epoch) DO UPDATE SET due_at = excluded.due_at`,
    [entryIds, now],
  );
}
