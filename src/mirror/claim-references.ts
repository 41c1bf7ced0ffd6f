import { randomUUID } from 'node:crypto';
import type { Database, Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';
import { fairShare, type ClaimSize } from './claim-size.ts';
import { customerIsFree } from './customer-in-hand.ts';
import { promoteWaiting, promoteWaitingFor } from './desire.ts';
import { hasGoneLive, intendedPrefix } from './go-live.ts';
import { leaseMs, type Lease } from './lease.ts';
import type { StoredError } from './deal-result.ts';
import { ownOf, partnersOfAccount, type PartnerFacts } from './own-of-partners.ts';
import type { MatchCandidate, OwnOfPartners } from './score-candidates.ts';

export interface ReferenceFacts {
  name?: string | null;
  domain?: string | null;
  country?: string | null;
  firstName?: string | null;
  lastName?: string | null;
  email?: string | null;
  phone?: string | null;
  /** Of an account: the customer is a person, with name and address of their own. */
  person?: true | null;
  /** Of an account: the domain its contact writes from. */
  mailDomain?: string | null;
  /** Of an account: other identifiers (a D-U-N-S number), by the name registrations give them. */
  ids?: Readonly<Record<string, string>>;
}

/** What a person said it is. `crmId` null: a new record, even though a duplicate rule objects where `allowDuplicate`. */
export interface StoredChoice {
  crmId: string | null;
  allowDuplicate?: true;
}

export interface ClaimedReference {
  kind: 'account' | 'contact';
  key: string;
  facts: ReferenceFacts;
  /** For a contact: the CRM id of its account. */
  accountId: string | null;
  attempts: number;
  /** Minutes ago an interrupted claim looked for it in the CRM, and it was not there. */
  lookedFor?: boolean;
  /** null: nobody was asked. */
  choice: StoredChoice | null;
  /** The record it was, deleted in the CRM since. */
  goneCrmId: string | null;
  /** Of an account: what is the partners' own, who registered its deals. */
  own: OwnOfPartners;
}

export interface ReferenceClaim {
  kind: 'account' | 'contact';
  lease: Lease;
  references: ClaimedReference[];
}

/** Not longer: somebody may have made the record since. Creating by our unique key is safe to repeat. */
const lookedForMs = 5 * 60_000;

/** Commits that these were looked for and are not there, before they are created: a claim that is cut off repeats less. */
export async function noteLookedFor(
  sql: Sql,
  connectionId: string,
  { kind, lease }: ReferenceClaim,
  keys: readonly string[],
  now: Date,
): Promise<void> {
  if (keys.length === 0) return;
  await sql.query(
    `UPDATE crm_references SET looked_at = $5
      WHERE connection_id = $1 AND kind = $2 AND key = ANY($4::text[]) AND lease_token = $3`,
    [connectionId, kind, lease.token, keys, now],
  );
}

/**
 * Claims due references of one kind: accounts before the contacts that hang on them. Contacts of a customer whom another
 * worker has in hand are left alone: see `customerIsFree`.
 */
export async function claimDueReferences(
  sql: Sql,
  connectionId: string,
  kind: 'account' | 'contact',
  size: ClaimSize,
  now: Date,
): Promise<ReferenceClaim> {
  const lease: Lease = { token: randomUUID(), until: Date.now() + leaseMs };
  const rows = await sql.query<{
    key: string;
    facts: ReferenceFacts;
    attempts: number;
    looked: boolean;
    choice: StoredChoice | null;
    gone_crm_id: string | null;
    account_id: string | null;
    partners: PartnerFacts[] | null;
  }>(
    // MATERIALIZED: a plan that reads a plain subquery once per row claims others each time, beyond the limit.
    `WITH due AS MATERIALIZED (
       SELECT kind, key FROM crm_references wanted
        WHERE connection_id = $1 AND kind = $2 AND due_at <= $6
          AND (leased_until IS NULL OR leased_until < clock_timestamp())
          ${kind === 'contact' ? `AND ${customerIsFree()}` : ''}
        ORDER BY due_at, account_key LIMIT ${fairShare(dueReferences, '$3', '$7')} FOR UPDATE SKIP LOCKED
     )
     UPDATE crm_references r
        SET lease_token = $4, leased_until = clock_timestamp() + make_interval(secs => $5::float8 / 1000), attempts = r.attempts + 1
       FROM due
      WHERE r.connection_id = $1 AND r.kind = due.kind AND r.key = due.key
     RETURNING r.key, r.facts, r.attempts, coalesce(r.attempts > 1 AND r.looked_at > $8, false) AS looked, r.choice, r.gone_crm_id,
       CASE WHEN r.kind = 'account' THEN (${partnersOfAccount}) END AS partners,
       (SELECT a.crm_id FROM crm_references a
         WHERE a.connection_id = $1 AND a.kind = 'account' AND a.key = r.account_key) AS account_id`,
    [
      connectionId,
      kind,
      size.most,
      lease.token,
      leaseMs,
      now,
      size.batch,
      new Date(now.getTime() - lookedForMs),
    ],
  );
  const contested = kind === 'contact' ? await leaveContested(sql, connectionId, lease) : new Set();
  const own = rows.filter(({ key }) => !contested.has(key));
  const references = own.map((row) => ({
    kind,
    key: row.key,
    facts: row.facts,
    accountId: row.account_id,
    attempts: row.attempts,
    lookedFor: row.looked,
    choice: row.choice,
    goneCrmId: row.gone_crm_id,
    own: ownOf(row.partners ?? []),
  }));
  return { kind, lease, references };
}

/** As for deals: of two claims made in the same moment the one that looks later lets go of a customer they share. */
async function leaveContested(sql: Sql, connectionId: string, lease: Lease): Promise<Set<string>> {
  const rows = await sql.query<{ key: string }>(
    `UPDATE crm_references wanted SET lease_token = NULL, leased_until = NULL, attempts = greatest(attempts - 1, 0)
      WHERE connection_id = $1 AND kind = 'contact' AND lease_token = $2 AND account_key IS NOT NULL
        AND leased_until IS NOT NULL AND NOT (${customerIsFree('AND held.lease_token <> $2')}) RETURNING key`,
    [connectionId, lease.token],
  );
  return new Set(rows.map((row) => row.key));
}

const dueReferences = `SELECT 1 FROM crm_references WHERE connection_id = $1 AND kind = $2 AND due_at <= $6
  AND (leased_until IS NULL OR leased_until < clock_timestamp())`;

export interface ReferenceResult {
  key: string;
  state: 'resolved' | 'due' | 'parked' | 'waiting';
  crmId: string | null;
  dueAt: Date | null;
  error: StoredError | null;
  candidates: readonly MatchCandidate[];
  /** When to look whether the record is still there; null: never. */
  checkAt: Date | null;
}

/** Records outcomes under the lease and, in the same transaction, makes due what was waiting for them. */
export async function recordReferenceResults(
  db: Database,
  connectionId: string,
  claim: ReferenceClaim,
  results: readonly ReferenceResult[],
  now: Date,
): Promise<void> {
  if (results.length === 0) return;
  await db.transaction(async (tx) => {
    const current = await leaveShadow(tx, connectionId, claim.kind, results, now);
    const resolved = await updateReferences(tx, connectionId, claim, current, now);
    if (claim.kind === 'contact') await lookAtAccountsOf(tx, connectionId, current, now);
    if (resolved.length === 0) return;
    if (claim.kind === 'account') await releaseContacts(tx, connectionId, resolved, now);
    await promoteWaitingFor(tx, connectionId, claim.kind, resolved, now);
  });
}

/** A record only intended in shadow is none once the connection is live: it is looked for anew. */
async function leaveShadow(
  tx: Sql,
  connectionId: string,
  kind: ReferenceClaim['kind'],
  results: readonly ReferenceResult[],
  now: Date,
): Promise<readonly ReferenceResult[]> {
  const intended = (result: ReferenceResult): boolean => result.crmId?.startsWith(intendedPrefix) === true;
  if (!results.some(intended) || !(await hasGoneLive(tx, connectionId))) return results;
  // A contact hangs on an account that may have been an intention, too.
  const anew =
    kind === 'account' ? { state: 'due' as const, dueAt: now } : { state: 'waiting' as const, dueAt: null };
  return results.map((result) => (intended(result) ? { ...result, ...anew, crmId: null } : result));
}

/** A contact refused because its account is gone or merged: the account is looked at, which gives the contact another try. */
async function lookAtAccountsOf(
  tx: Sql,
  connectionId: string,
  results: readonly ReferenceResult[],
  now: Date,
): Promise<void> {
  const refused = results.filter(({ state, error }) => state === 'parked' && error?.referenceGone === true);
  if (refused.length === 0) return;
  await tx.query(
    `UPDATE crm_references a SET check_at = $3 FROM crm_references c
      WHERE c.connection_id = $1 AND c.kind = 'contact' AND c.key = ANY($2::text[])
        AND a.connection_id = $1 AND a.kind = 'account' AND a.key = c.account_key AND a.crm_id IS NOT NULL`,
    [connectionId, refused.map(({ key }) => key), now],
  );
}

/** @returns the keys that are resolved now, under this lease */
async function updateReferences(
  tx: Sql,
  connectionId: string,
  claim: ReferenceClaim,
  results: readonly ReferenceResult[],
  now: Date,
): Promise<string[]> {
  const rows = await tx.query<{ key: string; state: string }>(
    // Each row is found by its key first: a lease token alone would make the planner read the whole table.
    `WITH w AS MATERIALIZED (
       SELECT w.*, held.key AS held FROM jsonb_to_recordset($4::jsonb)
           AS w(key text, state text, "crmId" text, "dueAt" timestamptz, error jsonb, candidates jsonb, "checkAt" timestamptz)
        CROSS JOIN LATERAL (SELECT key FROM crm_references
                             WHERE connection_id = $1 AND kind = $2 AND key = w.key AND lease_token = $3 FOR UPDATE) held
     )
     UPDATE crm_references r
        SET state = w.state, crm_id = coalesce(w."crmId", r.crm_id), due_at = w."dueAt", last_error = w.error,
            candidates = w.candidates, check_at = coalesce(w."checkAt", r.check_at),
            gone_crm_id = CASE WHEN w.state <> 'resolved' THEN r.gone_crm_id END,
            -- A person's word for a possible duplicate holds for one record, once.
            choice = CASE WHEN w.state IN ('resolved', 'parked') THEN r.choice - 'allowDuplicate' ELSE r.choice END,
            attempts = CASE WHEN w.state = 'due' THEN r.attempts ELSE 0 END,
            lease_token = NULL, leased_until = NULL, updated_at = $5
       FROM w
      WHERE r.connection_id = $1 AND r.kind = $2 AND r.key = w.held
      RETURNING r.key, r.state`,
    [connectionId, claim.kind, claim.lease.token, jsonText(results), now],
  );
  return rows.filter((row) => row.state === 'resolved').map((row) => row.key);
}

export async function releaseContacts(
  tx: Sql,
  connectionId: string,
  accountKeys: readonly string[],
  now: Date,
): Promise<void> {
  await tx.query(
    `UPDATE crm_references SET state = 'due', due_at = $3, updated_at = $3
      WHERE connection_id = $1 AND account_key = ANY($2::text[]) AND state = 'waiting'`,
    [connectionId, accountKeys, now],
  );
}

/**
 * Heals what two crossing transactions can leave behind: a row that began to wait while the thing it waits for was
 * being resolved. Run by the sweeper; finds nothing when all is well.
 */
export async function promoteForgotten(db: Database, connectionId: string, now: Date): Promise<void> {
  await db.transaction(async (tx) => {
    // A scalar look-up per waiting row, not a join: on a table that has grown since it was last analysed the planner
    // takes both sides for one row and compares every pair, which takes minutes where this takes milliseconds.
    await tx.query(
      `UPDATE crm_references c SET state = 'due', due_at = $2, updated_at = $2
        WHERE c.connection_id = $1 AND c.state = 'waiting'
          AND (SELECT a.state FROM crm_references a
                WHERE a.connection_id = $1 AND a.kind = 'account' AND a.key = c.account_key) = 'resolved'`,
      [connectionId, now],
    );
    await promoteWaiting(tx, 'm.connection_id = $1', [connectionId], now);
  });
}

export async function releaseReferences(
  sql: Sql,
  connectionId: string,
  claim: ReferenceClaim,
): Promise<void> {
  await sql.query(
    `UPDATE crm_references SET lease_token = NULL, leased_until = NULL, attempts = greatest(attempts - 1, 0)
      WHERE connection_id = $1 AND kind = $2 AND lease_token = $3`,
    [connectionId, claim.kind, claim.lease.token],
  );
}
