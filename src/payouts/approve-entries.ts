import type { Sql } from '../platform/database/database.ts';

/** Whether a person lets a commission through, or the programme's rule that none has to. */
export type ApprovalRule = 'automatic' | 'required';

interface Posted {
  dealId: string;
  epoch: number;
}

/**
 * Lets through what needs nobody, in the transaction that posts the entries (their deals are held by it): everything of their wins
 * where the programme asks for no approval; else what adds up to nothing or less with all of its win that nobody approved yet. It
 * takes back, and a partner must not keep money because nobody looked. Never a part of it: a correction that went through alone
 * would take back what was never paid.
 */
export async function approveWithoutPerson(
  tx: Sql,
  entries: readonly Posted[],
  rule: ApprovalRule,
  now: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO commission_approvals (entry_id, reason, approved_at)
     SELECT unnest(open.ids), CASE WHEN $3 THEN 'no-approval-needed' ELSE 'takes-back' END, $4
       FROM (SELECT array_agg(e.id) AS ids
               FROM (SELECT DISTINCT deal_id, epoch FROM unnest($1::uuid[], $2::int[]) AS w(deal_id, epoch)) win
                    JOIN commission_entries e USING (deal_id, epoch)
              WHERE NOT EXISTS (SELECT FROM commission_approvals a WHERE a.entry_id = e.id)
              GROUP BY e.deal_id, e.epoch, e.partner_id, e.currency HAVING $3 OR sum(e.amount_minor) <= 0) open`,
    [entries.map(({ dealId }) => dealId), entries.map(({ epoch }) => epoch), rule === 'automatic', now],
  );
}
