import type { Database, Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';
import { partnerUnlinked, promoteWaiting } from './desire.ts';
import type { MatchCandidate } from './score-candidates.ts';

export interface UnlinkedPartner {
  partnerId: string;
  name: string;
  email: string | null;
}

/** Where nothing was found, somebody may have made the account since; where the search failed, it may work by now. */
export const askAgainAfterMs = 15 * 60_000;

/** SQL: whether the candidates of the unlinked `l` (partner_links) are to be looked for at `now`, a parameter's place. */
export function candidatesDue(now: string): string {
  return `l.crm_id IS NULL AND (l.candidates_at IS NULL
          OR (l.candidates = '[]' AND l.candidates_at < ${now}::timestamptz - interval '${askAgainAfterMs} milliseconds'))`;
}

/** Partners that deals wait for and whose candidates are to be looked for. */
export async function unlinkedPartners(
  sql: Sql,
  connectionId: string,
  limit: number,
  now: Date,
): Promise<UnlinkedPartner[]> {
  return sql.query<UnlinkedPartner>(
    `SELECT p.id AS "partnerId", p.name, p.email FROM partner_links l JOIN partners p ON p.id = l.partner_id
      WHERE l.connection_id = $1 AND ${candidatesDue('$3')} ORDER BY l.candidates_at NULLS FIRST, p.id LIMIT $2`,
    [connectionId, limit, now],
  );
}

export async function storeCandidates(
  sql: Sql,
  connectionId: string,
  found: ReadonlyMap<string, readonly MatchCandidate[]>,
  now: Date,
): Promise<void> {
  const rows = [...found].map(([partnerId, candidates]) => ({ partnerId, candidates }));
  await sql.query(
    `UPDATE partner_links l SET candidates = w.candidates, candidates_at = $3
       FROM jsonb_to_recordset($2::jsonb) AS w("partnerId" uuid, candidates jsonb)
      WHERE l.connection_id = $1 AND l.partner_id = w."partnerId" AND l.crm_id IS NULL`,
    [connectionId, jsonText(rows), now],
  );
}

export interface PartnerLinkView {
  connectionId: string;
  crmId: string | null;
  candidates: readonly MatchCandidate[];
  confirmedBy: string | null;
}

export async function listPartnerLinks(sql: Sql, partnerId: string): Promise<PartnerLinkView[]> {
  return sql.query<PartnerLinkView>(
    `SELECT connection_id AS "connectionId", crm_id AS "crmId", candidates, confirmed_by AS "confirmedBy"
       FROM partner_links WHERE partner_id = $1 ORDER BY connection_id`,
    [partnerId],
  );
}

/**
 * A named person says which account this partner is. Deals parked for want of it, and deals mirrored under another one
 * or just being so, become due in the same transaction.
 */
export async function confirmPartnerLink(
  db: Database,
  link: { partnerId: string; connectionId: string; crmId: string; by: string },
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(
      // Looked at soon: a mistyped id, or an account that was merged since, is noticed before deals are refused.
      `INSERT INTO partner_links (partner_id, connection_id, crm_id, confirmed_by, confirmed_at, check_at)
       VALUES ($1, $2, $3, $4, $5, $5)
       ON CONFLICT (partner_id, connection_id)
       DO UPDATE SET crm_id = excluded.crm_id, confirmed_by = excluded.confirmed_by, confirmed_at = excluded.confirmed_at,
                     check_at = excluded.check_at`,
      [link.partnerId, link.connectionId, link.crmId, link.by, now],
    );
    const waiting = await tx.query<{ deal_id: string }>(
      `UPDATE mirrors m SET state = 'waiting', due_at = NULL, parked_at = NULL, last_error = NULL, updated_at = $3
         FROM deals d
        WHERE d.id = m.deal_id AND d.partner_id = $1 AND m.connection_id = $2
          AND (m.state IN ('mirrored', 'shadowed', 'due') OR (m.state = 'parked' AND m.last_error->>'kind' = $4))
        RETURNING m.deal_id`,
      [link.partnerId, link.connectionId, now, partnerUnlinked.kind],
    );
    const dealIds = waiting.map((row) => row.deal_id);
    await promoteWaiting(
      tx,
      'm.connection_id = $1 AND m.deal_id = ANY($2::uuid[])',
      [link.connectionId, dealIds],
      now,
    );
  });
}
