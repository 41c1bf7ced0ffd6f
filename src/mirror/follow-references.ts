import type { ReferenceState } from '../crm/matching.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';
import { releaseContacts } from './claim-references.ts';
import { promoteWaiting, promoteWaitingFor } from './desire.ts';
import { matchProblems } from './match-problems.ts';
import { writeDealsAgain } from './matches.ts';

/** A record we refer to whose turn it is to be looked at. */
export interface ReferenceToCheck {
  key: string;
  crmId: string;
}

/** While it is being looked at nobody else does; after that long the look counts as lost. */
const checkLeaseMs = 5 * 60_000;

/** SQL: whether anything of connection `c` is to be looked at or healed; `now` is a parameter's place. */
export function followingDue(now: string): string {
  return `EXISTS (SELECT 1 FROM crm_references r WHERE r.connection_id = c.id AND r.check_at <= ${now})
       OR EXISTS (SELECT 1 FROM partner_links l WHERE l.connection_id = c.id AND l.check_at <= ${now})
       OR EXISTS (SELECT 1 FROM mirrors m WHERE m.connection_id = c.id AND ${toHeal})`;
}

const toHeal = `m.state = 'parked' AND m.last_error->>'referenceGone' = 'true'
  AND m.healed_version IS DISTINCT FROM m.desired_version`;

export async function claimReferencesToCheck(
  sql: Sql,
  connectionId: string,
  kind: 'account' | 'contact',
  limit: number,
  now: Date,
): Promise<ReferenceToCheck[]> {
  const rows = await sql.query<{ key: string; crm_id: string | null }>(
    `WITH due AS MATERIALIZED (
       SELECT key FROM crm_references WHERE connection_id = $1 AND kind = $2 AND check_at <= $3
        ORDER BY check_at LIMIT $4 FOR UPDATE SKIP LOCKED
     )
     UPDATE crm_references r
        SET check_at = CASE WHEN coalesce(r.crm_id, r.gone_crm_id) IS NOT NULL THEN $5::timestamptz END
       FROM due WHERE r.connection_id = $1 AND r.kind = $2 AND r.key = due.key
     RETURNING r.key, coalesce(r.crm_id, r.gone_crm_id) AS crm_id`,
    [connectionId, kind, now, limit, new Date(now.getTime() + checkLeaseMs)],
  );
  return rows.flatMap(({ key, crm_id: crmId }) => (crmId === null ? [] : [{ key, crmId }]));
}

/** What became of a reference, by its key. */
export interface CheckedReference {
  key: string;
  state: ReferenceState;
}

export interface Followed {
  moved: number;
  gone: number;
  restored: number;
}

/**
 * Follows what became of accounts or contacts: a merged one is the master from now on, its deals are written again; a
 * deleted one is looked for anew, and never made anew without a person; a restored one is taken up again.
 */
export async function recordChecked(
  db: Database,
  connectionId: string,
  kind: 'account' | 'contact',
  checked: readonly CheckedReference[],
  nextCheckAt: Date,
  now: Date,
): Promise<Followed> {
  return db.transaction(async (tx) => {
    const rows = checked.map(({ key, state }) => ({
      key,
      was: state.crmId,
      is: state.is === 'gone' ? null : state.record.crmId,
    }));
    const about = [connectionId, kind, jsonText(rows)];
    await tx.query(
      `UPDATE crm_references r SET check_at = $4 FROM (${checkedRows}) w WHERE ${sameReference}`,
      [...about, nextCheckAt],
    );
    const restored = await restore(tx, [...about, now]);
    const moved = await move(tx, [...about, now]);
    const gone = await lose(tx, [...about, now]);
    for (const key of [...moved, ...gone])
      await writeDealsAgain(tx, { connectionId, kind, key }, now, gone.includes(key));
    if (kind === 'account') await lookAtContacts(tx, connectionId, [...moved, ...gone], now);
    if (kind === 'account') await releaseContacts(tx, connectionId, restored, now);
    await promoteWaitingFor(tx, connectionId, kind, restored, now);
    return { moved: moved.length, gone: gone.length, restored: restored.length };
  });
}

/** Each is found by its key, in the order of keys, as everywhere. */
const checkedRows = `SELECT w.* FROM jsonb_to_recordset($3::jsonb) AS w(key text, was text, "is" text) ORDER BY w.key`;
const sameReference = 'r.connection_id = $1 AND r.kind = $2 AND r.key = w.key';

async function restore(tx: Sql, params: readonly unknown[]): Promise<string[]> {
  const rows = await tx.query<{ key: string; state: string }>(
    `UPDATE crm_references r
        SET gone_crm_id = NULL,
            crm_id = CASE WHEN ${waitsForRestoring} THEN w."is" ELSE r.crm_id END,
            state = CASE WHEN ${waitsForRestoring} THEN 'resolved' ELSE r.state END,
            last_error = CASE WHEN ${waitsForRestoring} THEN NULL ELSE r.last_error END, updated_at = $4
       FROM (${checkedRows}) w
      WHERE ${sameReference} AND r.gone_crm_id = w.was AND w."is" IS NOT NULL
      RETURNING r.key, r.state`,
    params,
  );
  return rows.filter(({ state }) => state === 'resolved').map(({ key }) => key);
}

const waitsForRestoring = `(r.state = 'parked' AND r.last_error->>'kind' = '${matchProblems.deleted}')`;

async function move(tx: Sql, params: readonly unknown[]): Promise<string[]> {
  const rows = await tx.query<{ key: string }>(
    `UPDATE crm_references r
        SET crm_id = w."is", updated_at = $4,
            choice = CASE WHEN r.choice->>'crmId' = w.was THEN jsonb_set(r.choice, '{crmId}', to_jsonb(w."is")) ELSE r.choice END
       FROM (${checkedRows}) w
      WHERE ${sameReference} AND r.crm_id = w.was AND w."is" <> w.was RETURNING r.key`,
    params,
  );
  return rows.map(({ key }) => key);
}

async function lose(tx: Sql, params: readonly unknown[]): Promise<string[]> {
  const rows = await tx.query<{ key: string }>(
    `UPDATE crm_references r
        SET gone_crm_id = r.crm_id, crm_id = NULL, attempts = 0, updated_at = $4,
            choice = CASE WHEN r.choice->>'crmId' = w.was THEN NULL ELSE r.choice - 'allowDuplicate' END,
            state = CASE WHEN ${accountIsKnown} THEN 'due' ELSE 'waiting' END,
            due_at = CASE WHEN ${accountIsKnown} THEN $4::timestamptz END
       FROM (${checkedRows}) w
      WHERE ${sameReference} AND r.crm_id = w.was AND w."is" IS NULL RETURNING r.key`,
    params,
  );
  return rows.map(({ key }) => key);
}

const accountIsKnown = `(r.kind = 'account' OR (SELECT a.state FROM crm_references a
   WHERE a.connection_id = r.connection_id AND a.kind = 'account' AND a.key = r.account_key) = 'resolved')`;

/** Contacts go with their account; one that was refused because of it gets another try. */
async function lookAtContacts(
  tx: Sql,
  connectionId: string,
  keys: readonly string[],
  now: Date,
): Promise<void> {
  if (keys.length === 0) return;
  await tx.query(
    `UPDATE crm_references r
        SET check_at = CASE WHEN r.check_at IS NOT NULL THEN $3::timestamptz END,
            state = CASE WHEN ${wasRefused} THEN 'waiting' ELSE r.state END
      WHERE r.connection_id = $1 AND r.kind = 'contact' AND r.account_key = ANY($2::text[])`,
    [connectionId, keys, now],
  );
  const resolved = await tx.query<{ key: string }>(
    `SELECT key FROM crm_references WHERE connection_id = $1 AND kind = 'account' AND key = ANY($2::text[]) AND state = 'resolved'`,
    [connectionId, keys],
  );
  await releaseContacts(
    tx,
    connectionId,
    resolved.map(({ key }) => key),
    now,
  );
}

const wasRefused = `(r.state = 'parked' AND r.last_error->>'referenceGone' = 'true')`;

/** Deals that were refused because of a record they refer to, and were not healed in this version yet. */
export async function dealsToHeal(
  sql: Sql,
  connectionId: string,
  limit: number,
  now: Date,
): Promise<string[]> {
  const rows = await sql.query<{ deal_id: string }>(
    `WITH deal AS MATERIALIZED (
       SELECT m.deal_id, m.account_key, m.contact_key, (SELECT d.partner_id FROM deals d WHERE d.id = m.deal_id) AS partner_id
         FROM mirrors m WHERE m.connection_id = $1 AND ${toHeal} LIMIT $2
     ), referred AS (
       UPDATE crm_references r SET check_at = $3
         FROM (SELECT 'account' AS kind, account_key AS key FROM deal
               UNION SELECT 'contact', contact_key FROM deal) w
        WHERE r.connection_id = $1 AND r.kind = w.kind AND r.key = w.key AND r.crm_id IS NOT NULL
     ), partner AS (
       UPDATE partner_links l SET check_at = $3 FROM (SELECT DISTINCT partner_id FROM deal) w
        WHERE l.connection_id = $1 AND l.partner_id = w.partner_id AND l.crm_id IS NOT NULL
     ) SELECT deal_id FROM deal`,
    [connectionId, limit, now],
  );
  return rows.map((row) => row.deal_id);
}

/** Tries them again, now that what they refer to was looked at: once per version, so that no deal goes round in circles. */
export async function healDeals(
  db: Database,
  connectionId: string,
  dealIds: readonly string[],
  now: Date,
): Promise<void> {
  if (dealIds.length === 0) return;
  await db.transaction(async (tx) => {
    await tx.query(
      `UPDATE mirrors m SET healed_version = m.desired_version, state = 'waiting', due_at = NULL, parked_at = NULL,
              attempts = 0, updated_at = $3
        WHERE m.connection_id = $1 AND m.deal_id = ANY($2::uuid[]) AND ${toHeal}`,
      [connectionId, dealIds, now],
    );
    await promoteWaiting(
      tx,
      'm.connection_id = $1 AND m.deal_id = ANY($2::uuid[])',
      [connectionId, dealIds],
      now,
    );
  });
}

/** Nothing tells what becomes of records there: nobody has to look. */
export async function stopChecking(sql: Sql, connectionId: string): Promise<void> {
  await sql.query(
    'UPDATE crm_references SET check_at = NULL WHERE connection_id = $1 AND check_at IS NOT NULL',
    [connectionId],
  );
  await sql.query(
    'UPDATE partner_links SET check_at = NULL WHERE connection_id = $1 AND check_at IS NOT NULL',
    [connectionId],
  );
}
