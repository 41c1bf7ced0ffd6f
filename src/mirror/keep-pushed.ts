import type { Database } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';
import type { Lease } from './lease.ts';
import type { MirrorOutputs } from './record-outcomes.ts';

export interface Pushed {
  dealId: string;
  crmId: string;
  hash: string;
}

/**
 * Commits, between writing deals and linking them, which record each one is and what was written: a worker that is killed
 * from here on leaves only links to be made. Ids that are another deal's already (a merge) are left to the recording.
 */
export async function keepPushed(
  db: Database,
  connectionId: string,
  lease: Lease,
  pushed: readonly Pushed[],
  outputs: MirrorOutputs,
): Promise<void> {
  if (pushed.length === 0) return;
  await db.transaction(async (tx) => {
    const learned = await tx.query<{ deal_id: string; crm_id: string }>(
      `WITH w AS MATERIALIZED (
         SELECT DISTINCT ON (w."crmId") w.*, m.crm_id AS known
           FROM jsonb_to_recordset($3::jsonb) AS w("dealId" uuid, "crmId" text, hash text)
          CROSS JOIN LATERAL (SELECT crm_id FROM mirrors
                               WHERE deal_id = w."dealId" AND connection_id = $1 AND lease_token = $2 FOR UPDATE) m
          WHERE coalesce(m.crm_id, w."crmId") = w."crmId"
            AND NOT EXISTS (SELECT 1 FROM mirrors o WHERE o.connection_id = $1 AND o.crm_id = w."crmId" AND o.deal_id <> w."dealId")
       )
       UPDATE mirrors m SET crm_id = w."crmId", pushed_hash = w.hash, suspect = false
         FROM w WHERE m.deal_id = w."dealId" AND m.connection_id = $1
       RETURNING m.deal_id, CASE WHEN w.known IS NULL THEN m.crm_id END AS crm_id`,
      [connectionId, lease.token, jsonText(pushed)],
    );
    const records = learned
      .filter((row) => row.crm_id !== null)
      .map(({ deal_id, crm_id }) => ({ dealId: deal_id, crmId: crm_id }));
    await outputs.recordsLearned(tx, connectionId, records);
  });
}
