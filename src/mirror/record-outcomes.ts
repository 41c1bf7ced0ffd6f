import type { Database, Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';
import { hasLanded, type DealResult } from './deal-result.ts';
import { spendAllowances } from './duplicates/deal-questions.ts';
import { hasGoneLive } from './go-live.ts';
import type { Lease } from './lease.ts';
import { refuseMerged } from './refuse-merged.ts';

export interface MirrorOutputs {
  /** Called in the recording transaction for every record that was learned, merged into another or gone: it must be read. */
  recordsLearned(
    tx: Sql,
    connectionId: string,
    records: readonly { crmId: string; dealId: string }[],
  ): Promise<void>;
  /** Called after it, with the deals whose fields are in the CRM now, to be compared with what is read back. */
  fieldsWritten?(
    tx: Sql,
    connectionId: string,
    runId: string,
    results: readonly DealResult[],
    now: Date,
  ): Promise<void>;
}

/**
 * Records one batch's outcomes under its lease. Rows whose lease was lost meanwhile are marked suspect instead: another
 * worker may have written them, so the next claim looks before it writes.
 * @returns how many rows were recorded under the lease
 */
export async function recordDealResults(
  db: Database,
  connectionId: string,
  runId: string,
  lease: Lease,
  results: readonly DealResult[],
  outputs: MirrorOutputs,
  now: Date,
): Promise<number> {
  if (results.length === 0) return 0;
  return db.transaction(async (tx) => {
    await lockDeals(tx, results);
    const current = await leaveShadow(tx, connectionId, await refuseMerged(tx, connectionId, results), now);
    const recorded = await updateMirrors(tx, connectionId, lease, current, now);
    await insertWrites(tx, connectionId, runId, results, now);
    await spendAllowances(
      tx,
      connectionId,
      results.filter(hasSpent).map(({ dealId }) => dealId),
    );
    const learned = [...recorded].flatMap(([dealId, crmId]) => (crmId === null ? [] : [{ crmId, dealId }]));
    await outputs.recordsLearned(tx, connectionId, learned);
    // After it: records are locked before their fields, as the observer locks them.
    const landed = current.filter((result) => recorded.has(result.dealId) && hasLanded(result));
    await outputs.fieldsWritten?.(tx, connectionId, runId, landed, now);
    await markLostSuspect(tx, connectionId, results, recorded, now);
    return recorded.size;
  });
}

/** A word that let the deal pass a duplicate rule was used, unless it is not known whether. */
function hasSpent({ allowed, state, pushedHash }: DealResult): boolean {
  return allowed === true && (state !== 'due' || (pushedHash ?? null) !== null);
}

/**
 * Deals before their mirrors and records, as the observer locks them: it goes from a record to its mirror, this one from a
 * mirror to its record, and without the lock they share the two would wait for each other.
 */
async function lockDeals(tx: Sql, results: readonly DealResult[]): Promise<void> {
  await tx.query('SELECT 1 FROM deals WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [
    results.map(({ dealId }) => dealId),
  ]);
}

/** What was computed in shadow is not done when the connection went live meanwhile: it is due for real. */
async function leaveShadow(
  tx: Sql,
  connectionId: string,
  results: readonly DealResult[],
  now: Date,
): Promise<readonly DealResult[]> {
  if (!results.some((result) => result.state === 'shadowed') || !(await hasGoneLive(tx, connectionId)))
    return results;
  return results.map((result) =>
    result.state === 'shadowed' ? { ...result, state: 'due', dueAt: now } : result,
  );
}

/**
 * A row that is no longer 'due' was moved while its call was in flight: it waits for another account, was deleted in the
 * CRM, or lost its partner link. That stays as it is; only what the call taught us is added.
 * A known CRM id is never replaced by the one the CRM answered under: the two differ after a merge, and only the observer
 * moves a deal to the survivor, together with its wins. Moved here, they would stay behind and the deal be read no more.
 * @returns deal id → the record to read now, because it was written, its id is new to us, it answers under another one, or
 * is gone, which may end a win; null = none
 */
async function updateMirrors(
  tx: Sql,
  connectionId: string,
  lease: Lease,
  results: readonly DealResult[],
  now: Date,
): Promise<Map<string, string | null>> {
  const rows = await tx.query<{ deal_id: string; observe: string | null }>(
    `WITH r AS MATERIALIZED (
       SELECT * FROM jsonb_to_recordset($3::jsonb)
         AS r("dealId" uuid, state text, version int, "claimedDueAt" timestamptz, hash text, "crmId" text, linked boolean, "pushedHash" text,
              "pushedFresh" boolean, suspect boolean,
              "dueAt" timestamptz, error jsonb, "mergedAway" boolean, landed boolean)
        ORDER BY "dealId"
     ), before AS MATERIALIZED (
       -- Locked in the order of their keys, each found by its key: a lease token alone would make the planner read the
       -- whole table.
       SELECT m.deal_id, m.crm_id, m.state <> 'due' AND r.state <> 'tombstone' AS moved,
              m.due_at IS DISTINCT FROM r."claimedDueAt" OR m.desired_version > r.version AS outdated
         FROM r CROSS JOIN LATERAL (SELECT deal_id, crm_id, state, due_at, desired_version FROM mirrors
                                     WHERE deal_id = r."dealId" AND connection_id = $1 AND lease_token = $2 FOR UPDATE) m
     )
     UPDATE mirrors m
        SET state = CASE WHEN moved THEN m.state
                         WHEN r.state IN ('mirrored', 'shadowed', 'parked') AND outdated THEN 'due' ELSE r.state END,
            due_at = CASE WHEN moved THEN m.due_at
                          WHEN r.state = 'due' THEN r."dueAt"
                          WHEN r.state IN ('mirrored', 'shadowed', 'parked') AND outdated THEN $4 END,
            mirrored_version = CASE WHEN r.state IN ('mirrored', 'shadowed') THEN r.version ELSE m.mirrored_version END,
            mirrored_hash = CASE WHEN r.state = 'mirrored' THEN r.hash END,
            pushed_hash = CASE WHEN r.state IN ('due', 'parked') THEN r."pushedHash" END,
            pushed_fresh = r.state = 'due' AND coalesce(r."pushedFresh", false),
            linked_version = CASE WHEN r.linked THEN r.version ELSE m.linked_version END,
            crm_id = coalesce(m.crm_id, r."crmId"),
            suspect = r.suspect,
            attempts = CASE WHEN r.state = 'due' THEN m.attempts ELSE 0 END,
            last_error = CASE WHEN moved THEN m.last_error ELSE r.error END,
            parked_at = CASE WHEN moved THEN m.parked_at WHEN r.state = 'parked' THEN $4::timestamptz END,
            mirrored_at = CASE WHEN r.state = 'mirrored' THEN $4 ELSE m.mirrored_at END,
            lease_token = NULL, leased_until = NULL, updated_at = $4
       FROM r JOIN before ON before.deal_id = r."dealId"
      WHERE m.deal_id = before.deal_id AND m.connection_id = $1
      RETURNING m.deal_id,
        -- A lead is never read as if it were a deal.
        CASE WHEN m.record_kind = 'deal' AND (r.state = 'tombstone' OR r."mergedAway" OR (r."crmId" IS NOT NULL AND r."crmId" IS DISTINCT FROM before.crm_id)
               OR r.landed)
             THEN m.crm_id END AS observe`,
    [connectionId, lease.token, jsonText(results.map(toRow)), now],
  );
  return new Map(rows.map((row) => [row.deal_id, row.observe]));
}

function toRow(result: DealResult): object {
  return { ...result, write: undefined, offers: undefined, withheld: undefined, landed: hasLanded(result) };
}

async function insertWrites(
  tx: Sql,
  connectionId: string,
  runId: string,
  results: readonly DealResult[],
  now: Date,
): Promise<void> {
  const writes = results.flatMap((result) =>
    result.write === null
      ? []
      : [
          {
            ...result.write,
            dealId: result.dealId,
            version: result.version,
            crmId: result.crmId,
            error: result.error,
          },
        ],
  );
  if (writes.length === 0) return;
  await tx.query(
    `INSERT INTO crm_writes (run_id, connection_id, kind, key, deal_id, version, crm_id, outcome, operation, fields, error, occurred_at)
     SELECT $1, $2, 'deal', w."dealId"::text, w."dealId", w.version, w."crmId", w.outcome, w.operation, w.fields, w.error, $4
       FROM jsonb_to_recordset($3::jsonb)
         AS w("dealId" uuid, version int, "crmId" text, outcome text, operation text, fields jsonb, error jsonb)`,
    [runId, connectionId, jsonText(writes), now],
  );
}

async function markLostSuspect(
  tx: Sql,
  connectionId: string,
  results: readonly DealResult[],
  recorded: ReadonlyMap<string, string | null>,
  now: Date,
): Promise<void> {
  const lost = results
    .filter((result) => !recorded.has(result.dealId) && result.write !== null)
    .map((result) => result.dealId);
  if (lost.length === 0) return;
  await tx.query(
    `UPDATE mirrors SET suspect = true, mirrored_hash = NULL,
            state = CASE WHEN state = 'mirrored' THEN 'due' ELSE state END,
            due_at = CASE WHEN state = 'mirrored' THEN $3 ELSE due_at END
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) AND state <> 'tombstone'`,
    [connectionId, lost, now],
  );
}
