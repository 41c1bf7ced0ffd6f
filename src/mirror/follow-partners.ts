import type { ReferenceState } from '../crm/matching.ts';
import { closeCards, openCard } from '../platform/cards/cards.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { promoteWaiting } from './desire.ts';

export const partnerAccountGone = 'partner-account-gone';

export interface PartnerToCheck {
  partnerId: string;
  crmId: string;
}

const checkLeaseMs = 5 * 60_000;

export async function claimPartnersToCheck(
  sql: Sql,
  connectionId: string,
  limit: number,
  now: Date,
): Promise<PartnerToCheck[]> {
  const rows = await sql.query<{ partnerId: string; crmId: string | null }>(
    `WITH due AS MATERIALIZED (
       SELECT partner_id FROM partner_links WHERE connection_id = $1 AND check_at <= $2
        ORDER BY check_at LIMIT $3 FOR UPDATE SKIP LOCKED
     )
     UPDATE partner_links l SET check_at = CASE WHEN l.crm_id IS NOT NULL THEN $4::timestamptz END
       FROM due WHERE l.connection_id = $1 AND l.partner_id = due.partner_id
     RETURNING l.partner_id AS "partnerId", l.crm_id AS "crmId"`,
    [connectionId, now, limit, new Date(now.getTime() + checkLeaseMs)],
  );
  return rows.flatMap(({ partnerId, crmId }) => (crmId === null ? [] : [{ partnerId, crmId }]));
}

/**
 * A partner's account that was merged is the master from now on: a person confirmed the company, not the record. One that
 * was deleted needs a person.
 */
export async function recordCheckedPartner(
  db: Database,
  connectionId: string,
  partnerId: string,
  state: ReferenceState,
  nextCheckAt: Date,
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    const crmId = state.is === 'gone' ? state.crmId : state.record.crmId;
    const [link] = await tx.query<{ name: string; partner: string }>(
      `UPDATE partner_links l SET crm_id = $4, check_at = $5 FROM partners p
        WHERE l.connection_id = $1 AND l.partner_id = $2 AND l.crm_id = $3 AND p.id = l.partner_id
        RETURNING p.name, p.key AS partner`,
      [connectionId, partnerId, state.crmId, crmId, nextCheckAt],
    );
    if (link === undefined) return;
    if (state.is === 'merged') await writeDealsOf(tx, connectionId, partnerId, now);
    const card = { connectionId, kind: partnerAccountGone, subject: link.partner };
    if (state.is !== 'gone') return closeCards(tx, card, now);
    await openCard(
      tx,
      {
        ...card,
        plain: `The account ${state.crmId} of the partner ${link.name} is not in the CRM any more: it was deleted there, or the id is wrong.`,
        nextStep: `Restore it in the CRM, or link the partner again: tributary partners link ${link.partner} --connection ${connectionId} --crm-id ID.`,
        details: { crmId: state.crmId },
      },
      now,
    );
  });
}

async function writeDealsOf(tx: Sql, connectionId: string, partnerId: string, now: Date): Promise<void> {
  const deals = await tx.query<{ deal_id: string }>(
    `WITH written AS MATERIALIZED (
       SELECT m.deal_id FROM mirrors m JOIN deals d ON d.id = m.deal_id
        WHERE m.connection_id = $1 AND d.partner_id = $2 AND m.state IN ('mirrored', 'shadowed', 'due')
        ORDER BY m.deal_id FOR UPDATE OF m
     )
     UPDATE mirrors m SET state = 'waiting', due_at = NULL, updated_at = $3 FROM written w
      WHERE m.connection_id = $1 AND m.deal_id = w.deal_id RETURNING m.deal_id`,
    [connectionId, partnerId, now],
  );
  const ids = deals.map(({ deal_id: id }) => id);
  await promoteWaiting(tx, 'm.connection_id = $1 AND m.deal_id = ANY($2::uuid[])', [connectionId, ids], now);
}
