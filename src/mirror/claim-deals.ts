import { randomUUID } from 'node:crypto';
import type { Sql } from '../platform/database/database.ts';
import { fairShare, type ClaimSize } from './claim-size.ts';
import { customerIsFree } from './customer-in-hand.ts';
import { leaseMs, type Lease } from './lease.ts';

export interface ClaimedMirror {
  dealId: string;
  desiredVersion: number;
  /** Changed by whoever wants the deal written again, also while it is being written. Null while a bulk job holds it. */
  dueAt: Date | null;
  mirroredVersion: number | null;
  mirroredHash: string | null;
  linkedVersion: number | null;
  /** Written already, links missing: what was written. */
  pushedHash: string | null;
  /** No link was ever sent. */
  pushedFresh: boolean;
  crmId: string | null;
  accountKey: string;
  contactKey: string | null;
  suspect: boolean;
  /** Of what the one and only send held; null after a second one: which of them the CRM took could not be told. */
  sentHash: string | null;
  attempts: number;
  /** Calls with it failed in the CRM again and again, as a whole: it may be what they fail on. */
  failsWhole: boolean;
}

export interface DealClaim {
  lease: Lease;
  mirrors: ClaimedMirror[];
}

/** Due deals wait this long for a batch to fill while accounts and contacts are still being resolved. */
const lingerMs = 1_000;

/**
 * Claims due deals, oldest due first, and commits: the lease, not a transaction, protects them from here on. Less than a
 * batch is taken only when nothing is on its way that could fill it, so that a large import is not written in crumbs.
 *
 * Deals of a customer whom another worker has in hand are left alone: see `customerIsFree`.
 */
export async function claimDueDeals(
  sql: Sql,
  connectionId: string,
  size: ClaimSize,
  now: Date,
): Promise<DealClaim> {
  const lease: Lease = { token: randomUUID(), until: Date.now() + leaseMs };
  const rows = await sql.query<ClaimedRow>(
    // MATERIALIZED: a plan that reads a plain subquery once per row claims others each time, beyond the limit.
    `WITH due AS MATERIALIZED (
       SELECT deal_id, connection_id FROM mirrors wanted
        WHERE connection_id = $1 AND due_at <= $5 AND (leased_until IS NULL OR leased_until < clock_timestamp())
          AND ${customerIsFree()}
        ORDER BY due_at, account_key
        LIMIT (SELECT CASE WHEN share < $6 AND (${mayStillFill}) THEN 0 ELSE share END
                 FROM ${fairShare(dueDeals, '$2', '$6')} AS taken(share))
          FOR UPDATE SKIP LOCKED
     )
     UPDATE mirrors m SET lease_token = $3, leased_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
       FROM due
      WHERE m.deal_id = due.deal_id AND m.connection_id = due.connection_id
     RETURNING m.deal_id, m.due_at, m.desired_version, m.mirrored_version, m.mirrored_hash, m.linked_version, m.pushed_hash,
               m.pushed_fresh, m.crm_id,
               m.account_key, m.contact_key, m.suspect, m.sent_hash, m.attempts,
               coalesce(m.attempts > 1 AND m.last_error->>'httpStatus' = '500', false) AS fails_whole`,
    [connectionId, size.most, lease.token, leaseMs, now, size.batch, new Date(now.getTime() - lingerMs)],
  );
  const contested = rows.length === 0 ? new Set() : await leaveContested(sql, connectionId, lease);
  return { lease, mirrors: rows.filter((row) => !contested.has(row.deal_id)).map(toClaimed) };
}

/**
 * Two claims made in the same moment do not see each other. Whoever looks afterwards does, and lets go: of any two claims
 * the one that looks later sees the other.
 */
async function leaveContested(sql: Sql, connectionId: string, lease: Lease): Promise<Set<string>> {
  const rows = await sql.query<{ deal_id: string }>(
    `UPDATE mirrors wanted SET lease_token = NULL, leased_until = NULL
      WHERE connection_id = $1 AND lease_token = $2 AND leased_until IS NOT NULL AND NOT (${customerIsFree('AND held.lease_token <> $2')})
      RETURNING deal_id`,
    [connectionId, lease.token],
  );
  return new Set(rows.map((row) => row.deal_id));
}

const dueDeals = `SELECT 1 FROM mirrors WHERE connection_id = $1 AND due_at <= $5
  AND (leased_until IS NULL OR leased_until < clock_timestamp())`;

/** References due or being resolved make more deals due; but no deal waits longer for them than it lingers. */
const mayStillFill = `
  EXISTS (SELECT 1 FROM crm_references WHERE connection_id = $1 AND due_at <= $5)
  AND NOT EXISTS (SELECT 1 FROM mirrors WHERE connection_id = $1 AND due_at <= $7
                     AND (leased_until IS NULL OR leased_until < clock_timestamp()))`;

interface ClaimedRow {
  deal_id: string;
  due_at: Date;
  desired_version: number;
  mirrored_version: number | null;
  mirrored_hash: string | null;
  linked_version: number | null;
  pushed_hash: string | null;
  pushed_fresh: boolean;
  crm_id: string | null;
  account_key: string;
  contact_key: string | null;
  suspect: boolean;
  sent_hash: string | null;
  attempts: number;
  fails_whole: boolean;
}

function toClaimed(row: ClaimedRow): ClaimedMirror {
  return {
    dealId: row.deal_id,
    desiredVersion: row.desired_version,
    dueAt: row.due_at,
    mirroredVersion: row.mirrored_version,
    mirroredHash: row.mirrored_hash,
    linkedVersion: row.linked_version,
    pushedHash: row.pushed_hash,
    pushedFresh: row.pushed_fresh,
    crmId: row.crm_id,
    accountKey: row.account_key,
    contactKey: row.contact_key,
    suspect: row.suspect,
    sentHash: row.sent_hash,
    attempts: row.attempts,
    failsWhole: row.fails_whole,
  };
}

/**
 * Commits, before anything is sent, that the mirrored state is unknown: an answer that gets lost from here on leaves a
 * suspect row that is looked up by our key before it is written again. Returns the deals still under this lease.
 */
export async function markSending(
  sql: Sql,
  connectionId: string,
  lease: Lease,
  sending: readonly { dealId: string; hash: string }[],
): Promise<Set<string>> {
  const rows = await sql.query<{ deal_id: string }>(
    `UPDATE mirrors m SET mirrored_hash = NULL, pushed_hash = NULL, suspect = true, attempts = m.attempts + 1,
            sent_hash = CASE WHEN m.attempts = 0 AND NOT m.suspect AND m.crm_id IS NULL THEN s.hash END
       FROM unnest($3::uuid[], $4::text[]) AS s(deal_id, hash)
      WHERE m.connection_id = $1 AND m.lease_token = $2 AND m.deal_id = s.deal_id RETURNING m.deal_id`,
    [connectionId, lease.token, sending.map(({ dealId }) => dealId), sending.map(({ hash }) => hash)],
  );
  return new Set(rows.map((row) => row.deal_id));
}

/** Gives rows back untouched (connection paused, stop switch): they stay due. All of the claim, or only those named. */
export async function releaseDeals(
  sql: Sql,
  connectionId: string,
  lease: Lease,
  dealIds?: readonly string[],
): Promise<void> {
  await sql.query(
    `UPDATE mirrors SET lease_token = NULL, leased_until = NULL
      WHERE connection_id = $1 AND lease_token = $2 AND ($3::uuid[] IS NULL OR deal_id = ANY($3))`,
    [connectionId, lease.token, dealIds ?? null],
  );
}
