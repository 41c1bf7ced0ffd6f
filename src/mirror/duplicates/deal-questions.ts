import { jsonText } from '../../platform/database/json-text.ts';
import type { Database, Sql } from '../../platform/database/database.ts';
import { promoteWaiting } from '../desire.ts';
import { matchProblems } from '../match-problems.ts';
import type { Match } from '../matches.ts';
import type { MatchCandidate } from '../score-candidates.ts';

export interface DealQuestion {
  dealId: string;
  /** What the CRM's duplicate rule found. */
  candidates: readonly MatchCandidate[];
}

/** What a duplicate rule found of deals that it stopped; asked again, the earlier finding is replaced. */
export async function keepQuestions(
  sql: Sql,
  connectionId: string,
  questions: readonly DealQuestion[],
  now: Date,
): Promise<void> {
  if (questions.length === 0) return;
  await sql.query(
    `INSERT INTO deal_duplicates (connection_id, deal_id, candidates, found_at)
     SELECT $1, q."dealId", q.candidates, $3 FROM jsonb_to_recordset($2::jsonb) AS q("dealId" uuid, candidates jsonb)
     ON CONFLICT (connection_id, deal_id) DO UPDATE SET candidates = excluded.candidates, found_at = excluded.found_at`,
    [connectionId, jsonText(questions), now],
  );
}

/** Deals that wait for a person's word on what a duplicate rule found, the longest first. */
export async function listDealQuestions(
  sql: Sql,
  connectionId: string | null,
  limit: number,
): Promise<Match[]> {
  const rows = await sql.query<Omit<Match, 'since'> & { since: Date }>(
    `SELECT m.connection_id AS connection, 'deal' AS kind, m.deal_id::text AS key, d.name, coalesce(q.candidates, '[]') AS candidates,
            q.choice, m.parked_at AS since, 1 AS deals,
            jsonb_build_object('kind', m.last_error->>'kind', 'plain', m.last_error->>'plain', 'nextStep', m.last_error->>'nextStep') AS problem
       FROM mirrors m JOIN deals d ON d.id = m.deal_id
       LEFT JOIN deal_duplicates q ON q.connection_id = m.connection_id AND q.deal_id = m.deal_id
      WHERE ${waitsForWord} AND ($1::text IS NULL OR m.connection_id = $1)
      ORDER BY m.parked_at, m.deal_id LIMIT $2`,
    [connectionId, limit],
  );
  return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
}

/** Of a mirror `m`. */
const waitsForWord = `m.state = 'parked' AND m.last_error->>'kind' = '${matchProblems.duplicateRule}'`;

/**
 * A named person says that the deal is to be made all the same; with `allowDuplicate` though the rule objects, once. The
 * next worker takes it up.
 * @returns false when the deal does not wait for it
 */
export async function createAllTheSame(
  db: Database,
  chosen: { connectionId: string; dealId: string; allowDuplicate: boolean; by: string },
  now: Date,
): Promise<boolean> {
  const { connectionId, dealId, allowDuplicate, by } = chosen;
  const choice = { crmId: null, ...(allowDuplicate ? { allowDuplicate } : {}), by, at: now.toISOString() };
  return db.transaction(async (tx) => {
    await tx.query('SELECT 1 FROM deals WHERE id = $1 FOR NO KEY UPDATE', [dealId]);
    const rows = await tx.query(
      `UPDATE mirrors m SET state = 'waiting', due_at = NULL, attempts = 0, parked_at = NULL, last_error = NULL, updated_at = $3
        WHERE m.connection_id = $1 AND m.deal_id = $2 AND ${waitsForWord} RETURNING m.deal_id`,
      [connectionId, dealId, now],
    );
    if (rows.length === 0) return false;
    await tx.query(
      `INSERT INTO deal_duplicates (connection_id, deal_id, candidates, found_at, choice) VALUES ($1, $2, '[]', $3, $4)
       ON CONFLICT (connection_id, deal_id) DO UPDATE SET choice = excluded.choice`,
      [connectionId, dealId, now, JSON.stringify(choice)],
    );
    await promoteWaiting(tx, 'm.connection_id = $1 AND m.deal_id = $2', [connectionId, dealId], now);
    return true;
  });
}

/** Those of the deals that a person's stored word lets pass a duplicate rule. */
export async function allowedDeals(
  sql: Sql,
  connectionId: string,
  dealIds: readonly string[],
): Promise<Set<string>> {
  const rows = await sql.query<{ deal_id: string }>(
    `SELECT deal_id FROM deal_duplicates
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) AND choice->'allowDuplicate' = 'true'`,
    [connectionId, dealIds],
  );
  return new Set(rows.map((row) => row.deal_id));
}

/** The word held for one write. */
export async function spendAllowances(
  tx: Sql,
  connectionId: string,
  dealIds: readonly string[],
): Promise<void> {
  if (dealIds.length === 0) return;
  await tx.query(
    `UPDATE deal_duplicates SET choice = choice - 'allowDuplicate' WHERE connection_id = $1 AND deal_id = ANY($2::uuid[])`,
    [connectionId, dealIds],
  );
}
