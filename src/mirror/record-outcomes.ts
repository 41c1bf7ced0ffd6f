import type { Database, Sql } from '../platform/database/database.ts';
import type { Fields } from '../crm/connector.ts';
import type { Lease } from './lease.ts';

/** What a person sees of a failure; stored with the row. */
export interface StoredError {
  kind: string;
  stage?: string;
  plain: string;
  nextStep?: string;
  vendorCode?: string;
  vendorMessage?: string;
  fields?: readonly string[];
}

export interface DealResult {
  dealId: string;
  state: 'mirrored' | 'shadowed' | 'due' | 'parked' | 'tombstone';
  /** The version that was claimed and sent; a newer desired version leaves the row due. */
  version: number;
  hash: string | null;
  crmId: string | null;
  linked: boolean;
  /** The CRM's state is unknown: look up by key before the next write. */
  suspect: boolean;
  dueAt: Date | null;
  error: StoredError | null;
  /** What was sent or would have been; null when nothing was. */
  write: { operation: 'upsert' | 'update' | 'link'; outcome: 'written' | 'refused' | 'ambiguous' | 'shadow'; fields: Fields } | null;
}

export interface MirrorOutputs {
  /** Called in the recording transaction for every record whose CRM id was learned: it must be observed from now on. */
  recordsLearned(tx: Sql, connectionId: string, records: readonly { crmId: string; dealId: string }[]): Promise<void>;
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
    const recorded = await updateMirrors(tx, connectionId, lease, results, now);
    await insertWrites(tx, connectionId, runId, results, now);
    const learned = results.filter((result) => recorded.get(result.dealId) === true && result.crmId !== null);
    await outputs.recordsLearned(
      tx,
      connectionId,
      learned.map((result) => ({ crmId: result.crmId ?? '', dealId: result.dealId })),
    );
    await markLostSuspect(tx, connectionId, results, recorded, now);
    return recorded.size;
  });
}

/** @returns deal id → whether its CRM id is new to us */
async function updateMirrors(
  tx: Sql,
  connectionId: string,
  lease: Lease,
  results: readonly DealResult[],
  now: Date,
): Promise<Map<string, boolean>> {
  const rows = await tx.query<{ deal_id: string; learned: boolean }>(
    `WITH r AS (
       SELECT * FROM jsonb_to_recordset($3::jsonb)
         AS r("dealId" uuid, state text, version int, hash text, "crmId" text, linked boolean, suspect boolean,
              "dueAt" timestamptz, error jsonb)
     ), before AS (
       SELECT m.deal_id, m.crm_id FROM mirrors m JOIN r ON r."dealId" = m.deal_id
        WHERE m.connection_id = $1 AND m.lease_token = $2 ORDER BY m.deal_id FOR UPDATE OF m
     )
     UPDATE mirrors m
        SET state = CASE WHEN r.state IN ('mirrored', 'shadowed', 'parked') AND m.desired_version > r.version THEN 'due' ELSE r.state END,
            due_at = CASE WHEN r.state = 'due' THEN r."dueAt"
                          WHEN r.state IN ('mirrored', 'shadowed', 'parked') AND m.desired_version > r.version THEN $4 END,
            mirrored_version = CASE WHEN r.state IN ('mirrored', 'shadowed') THEN r.version ELSE m.mirrored_version END,
            mirrored_hash = CASE WHEN r.state = 'mirrored' THEN r.hash END,
            linked_version = CASE WHEN r.linked THEN r.version ELSE m.linked_version END,
            crm_id = coalesce(r."crmId", m.crm_id),
            suspect = r.suspect,
            attempts = CASE WHEN r.state = 'due' THEN m.attempts ELSE 0 END,
            last_error = r.error,
            parked_at = CASE WHEN r.state = 'parked' THEN $4::timestamptz END,
            mirrored_at = CASE WHEN r.state = 'mirrored' THEN $4 ELSE m.mirrored_at END,
            lease_token = NULL, leased_until = NULL, updated_at = $4
       FROM r JOIN before ON before.deal_id = r."dealId"
      WHERE m.deal_id = r."dealId" AND m.connection_id = $1 AND m.lease_token = $2
      RETURNING m.deal_id, (before.crm_id IS NULL AND m.crm_id IS NOT NULL) AS learned`,
    [connectionId, lease.token, JSON.stringify(results.map(({ write: _write, ...kept }) => kept)), now],
  );
  return new Map(rows.map((row) => [row.deal_id, row.learned]));
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
      : [{ ...result.write, dealId: result.dealId, version: result.version, crmId: result.crmId, error: result.error }],
  );
  if (writes.length === 0) return;
  await tx.query(
    `INSERT INTO crm_writes (run_id, connection_id, kind, key, deal_id, version, crm_id, outcome, operation, fields, error, occurred_at)
     SELECT $1, $2, 'deal', w."dealId"::text, w."dealId", w.version, w."crmId", w.outcome, w.operation, w.fields, w.error, $4
       FROM jsonb_to_recordset($3::jsonb)
         AS w("dealId" uuid, version int, "crmId" text, outcome text, operation text, fields jsonb, error jsonb)`,
    [runId, connectionId, JSON.stringify(writes), now],
  );
}

async function markLostSuspect(
  tx: Sql,
  connectionId: string,
  results: readonly DealResult[],
  recorded: ReadonlyMap<string, boolean>,
  now: Date,
): Promise<void> {
  const lost = results.filter((result) => !recorded.has(result.dealId) && result.write !== null).map((result) => result.dealId);
  if (lost.length === 0) return;
  await tx.query(
    `UPDATE mirrors SET suspect = true, mirrored_hash = NULL,
            state = CASE WHEN state = 'mirrored' THEN 'due' ELSE state END,
            due_at = CASE WHEN state = 'mirrored' THEN $3 ELSE due_at END
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) AND state <> 'tombstone'`,
    [connectionId, lost, now],
  );
}
