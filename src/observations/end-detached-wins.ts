import type { Sql } from '../platform/database/database.ts';

/** The deal no longer belongs to the record: its wins there end, and what they earned is taken back. */
export async function endDetachedWins(
  tx: Sql,
  connectionId: string,
  dealId: string,
  crmId: string,
  now: Date,
): Promise<void> {
  const ended = await tx.query(
    `UPDATE won_epochs SET live = false, ended_at = coalesce(ended_at, $4), ended_by = 'detached', revision = revision + 1,
            updated_at = $4
      WHERE connection_id = $1 AND deal_id = $2 AND crm_id = $3 AND ended_by IS DISTINCT FROM 'detached' RETURNING epoch`,
    [connectionId, dealId, crmId, now],
  );
  if (ended.length === 0) return;
  await tx.query(
    `INSERT INTO commission_due AS c (deal_id, due_seq, due_at, updated_at) VALUES ($1, 1, $2, $2)
     ON CONFLICT (deal_id) DO UPDATE SET due_seq = c.due_seq + 1, due_at = $2, attempts = 0, updated_at = $2`,
    [dealId, now],
  );
  await tx.query(
    `WITH changed AS (
       UPDATE deals SET status = 'approved', updated_at = $2 WHERE id = $1 AND status = 'won' AND crm_of_record = $3
       RETURNING id, version
     )
     INSERT INTO deal_events (deal_id, version, kind, actor, data, occurred_at)
     SELECT id, version, 'reopened', $3, jsonb_build_object('connection', $3::text, 'crmId', $4::text), $2 FROM changed`,
    [dealId, now, connectionId, crmId],
  );
}
