import type { MatchCandidate } from '../crm/connector.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { promoteWaiting } from './desire.ts';

/** Kind of the error of an account or contact that waits for a person's choice. */
export const severalMatches = 'several-matches';

/** An account or contact that several records of the CRM match equally well, or that a person has chosen for. */
export interface Match {
  connection: string;
  kind: 'account' | 'contact';
  key: string;
  name: string;
  candidates: readonly MatchCandidate[];
  /** How many deals wait for it. */
  deals: number;
  since: string;
  choice: MatchDecision | null;
}

/** `crmId` null: none of the candidates, a new record is made. */
export interface MatchDecision {
  crmId: string | null;
  by: string;
  at: string;
}

export interface MatchChosen {
  connectionId: string;
  kind: 'account' | 'contact';
  key: string;
  crmId: string | null;
  by: string;
}

/** Who waits for a choice, the longest first. */
export async function listMatches(sql: Sql, connectionId: string | null, limit: number): Promise<Match[]> {
  const rows = await sql.query<Omit<Match, 'since'> & { since: Date }>(
    `SELECT r.connection_id AS connection, r.kind, r.key,
            coalesce(r.facts->>'name', nullif(concat_ws(' ', r.facts->>'firstName', r.facts->>'lastName'), ''), r.key) AS name,
            r.candidates, r.choice, r.updated_at AS since,
            (SELECT count(*)::int FROM mirrors m WHERE m.connection_id = r.connection_id AND m.state = 'waiting'
                AND CASE r.kind WHEN 'account' THEN m.account_key ELSE m.contact_key END = r.key) AS deals
       FROM crm_references r
      WHERE r.state = 'parked' AND r.last_error->>'kind' = '${severalMatches}' AND ($1::text IS NULL OR r.connection_id = $1)
      ORDER BY r.updated_at, r.key LIMIT $2`,
    [connectionId, limit],
  );
  return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
}

/**
 * A named person says which record this account or contact is, or that it is none of them. It is taken up by the next
 * worker. Choosing again replaces the choice; of deals in the CRM only what the mapping writes always changes then.
 * @returns false when there is no such account or contact
 */
export async function chooseMatchFor(db: Database, chosen: MatchChosen, now: Date): Promise<boolean> {
  const { connectionId, kind, key, crmId, by } = chosen;
  return db.transaction(async (tx) => {
    const rows = await tx.query<{ crm_id: string | null }>(
      `UPDATE crm_references SET choice = $4, state = 'due', due_at = $5, attempts = 0, last_error = NULL,
              lease_token = NULL, leased_until = NULL, updated_at = $5
        WHERE connection_id = $1 AND kind = $2 AND key = $3 AND state <> 'waiting' RETURNING crm_id`,
      [connectionId, kind, key, JSON.stringify({ crmId, by, at: now.toISOString() }), now],
    );
    if (rows.length === 0) return false;
    if (rows[0]?.crm_id) await writeDealsAgain(tx, chosen, now);
    return true;
  });
}

async function writeDealsAgain(tx: Sql, { connectionId, kind, key }: MatchChosen, now: Date): Promise<void> {
  const column = kind === 'account' ? 'account_key' : 'contact_key';
  const deals = await tx.query<{ deal_id: string }>(
    `WITH written AS MATERIALIZED (
       SELECT deal_id FROM mirrors
        WHERE connection_id = $1 AND ${column} = $2 AND state IN ('mirrored', 'shadowed', 'due')
        ORDER BY deal_id FOR UPDATE
     )
     UPDATE mirrors m SET state = 'waiting', due_at = NULL, updated_at = $3 FROM written w
      WHERE m.connection_id = $1 AND m.deal_id = w.deal_id RETURNING m.deal_id`,
    [connectionId, key, now],
  );
  const ids = deals.map((deal) => deal.deal_id);
  await promoteWaiting(tx, 'm.connection_id = $1 AND m.deal_id = ANY($2::uuid[])', [connectionId, ids], now);
}
