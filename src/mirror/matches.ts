import type { Database, Sql } from '../platform/database/database.ts';
import { promoteWaiting } from './desire.ts';
import { matchProblems } from './match-problems.ts';
import type { MatchCandidate } from './score-candidates.ts';

/** An account, contact or deal of which a person has to say which record of the CRM it is. */
export interface Match {
  connection: string;
  kind: 'account' | 'contact' | 'deal';
  key: string;
  name: string;
  /** Why it waits, and what to do. */
  problem: { kind: string; plain: string; nextStep: string | null };
  candidates: readonly MatchCandidate[];
  /** How many deals wait for it. */
  deals: number;
  since: string;
  choice: MatchDecision | null;
}

/** `crmId` null: none of the candidates, a new record is made; with `allowDuplicate` though a duplicate rule objects. */
export interface MatchDecision {
  crmId: string | null;
  allowDuplicate?: true;
  by: string;
  at: string;
}

export interface MatchChosen {
  connectionId: string;
  kind: 'account' | 'contact';
  key: string;
  crmId: string | null;
  /** The new record may be made although a duplicate rule of the CRM objects. This once. */
  allowDuplicate?: boolean;
  by: string;
}

/** Of an account or contact. */
export type ReferenceMatch = Match & { kind: MatchChosen['kind'] };

/**
 * A person's word, carried out. @returns false when nothing of that name waits for it
 * @throws AttachRefused, or SyncError when the CRM cannot be asked, where a deal is to be a record that is there
 */
export type ChooseMatch = (
  chosen: Omit<MatchChosen, 'kind'> & { kind: MatchChosen['kind'] | 'deal' },
) => Promise<boolean>;

/** Who waits for a choice, the longest first. */
export async function listMatches(
  sql: Sql,
  connectionId: string | null,
  limit: number,
): Promise<ReferenceMatch[]> {
  const rows = await sql.query<Omit<ReferenceMatch, 'since'> & { since: Date }>(
    `SELECT r.connection_id AS connection, r.kind, r.key,
            coalesce(r.facts->>'name', nullif(concat_ws(' ', r.facts->>'firstName', r.facts->>'lastName'), ''), r.key) AS name,
            r.candidates, r.choice, r.updated_at AS since,
            jsonb_build_object('kind', r.last_error->>'kind', 'plain', r.last_error->>'plain', 'nextStep', r.last_error->>'nextStep') AS problem,
            (SELECT count(*)::int FROM mirrors m WHERE m.connection_id = r.connection_id AND m.state = 'waiting'
                AND CASE r.kind WHEN 'account' THEN m.account_key ELSE m.contact_key END = r.key) AS deals
       FROM crm_references r
      WHERE r.state = 'parked' AND r.last_error->>'kind' = ANY($3::text[]) AND ($1::text IS NULL OR r.connection_id = $1)
      ORDER BY r.updated_at, r.key LIMIT $2`,
    [connectionId, limit, Object.values(matchProblems)],
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
  const allowance = crmId === null && chosen.allowDuplicate ? { allowDuplicate: true } : {};
  return db.transaction(async (tx) => {
    const rows = await tx.query<{ crm_id: string | null }>(
      `UPDATE crm_references SET choice = $4, state = 'due', due_at = $5, attempts = 0, last_error = NULL,
              lease_token = NULL, leased_until = NULL, updated_at = $5
        WHERE connection_id = $1 AND kind = $2 AND key = $3 AND state <> 'waiting' RETURNING crm_id`,
      [connectionId, kind, key, JSON.stringify({ crmId, ...allowance, by, at: now.toISOString() }), now],
    );
    if (rows.length === 0) return false;
    if (rows[0]?.crm_id) await writeDealsAgain(tx, chosen, now, false);
    return true;
  });
}

/**
 * Deals of an account or contact whose record is another one now are compared with the CRM again.
 * @param onlyUnwritten those that are to be written; what is in the CRM keeps standing there
 */
export async function writeDealsAgain(
  tx: Sql,
  { connectionId, kind, key }: Pick<MatchChosen, 'connectionId' | 'kind' | 'key'>,
  now: Date,
  onlyUnwritten: boolean,
): Promise<void> {
  const column = kind === 'account' ? 'account_key' : 'contact_key';
  const states = onlyUnwritten ? ['due'] : ['mirrored', 'shadowed', 'due'];
  const deals = await tx.query<{ deal_id: string }>(
    `WITH written AS MATERIALIZED (
       SELECT deal_id FROM mirrors
        WHERE connection_id = $1 AND ${column} = $2 AND state = ANY($4::text[])
        ORDER BY deal_id FOR UPDATE
     )
     UPDATE mirrors m SET state = 'waiting', due_at = NULL, updated_at = $3 FROM written w
      WHERE m.connection_id = $1 AND m.deal_id = w.deal_id RETURNING m.deal_id`,
    [connectionId, key, now, states],
  );
  const ids = deals.map((deal) => deal.deal_id);
  await promoteWaiting(tx, 'm.connection_id = $1 AND m.deal_id = ANY($2::uuid[])', [connectionId, ids], now);
}
