import type { Sql } from '../platform/database/database.ts';
import type { DealResult } from './deal-result.ts';

/**
 * A CRM that merged two of our records answers for both with one id. The second deal is parked for a person: recording
 * the id twice would break the batch, and one opportunity must not earn for two deals.
 */
export async function refuseMerged(
  tx: Sql,
  connectionId: string,
  results: readonly DealResult[],
): Promise<readonly DealResult[]> {
  const taken = await idsTakenByOthers(tx, connectionId, results);
  const first = new Map<string, string>();
  return results.map((result) => {
    if (result.crmId === null) return result;
    const owner = taken.get(`${result.dealId} ${result.crmId}`) ?? first.get(result.crmId);
    if (owner === undefined) first.set(result.crmId, result.dealId);
    return owner === undefined ? result : merged(result, owner);
  });
}

async function idsTakenByOthers(
  tx: Sql,
  connectionId: string,
  results: readonly DealResult[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ deal_id: string; crm_id: string; owner: string }>(
    `SELECT r."dealId" AS deal_id, o.crm_id, o.deal_id AS owner
       FROM jsonb_to_recordset($2::jsonb) AS r("dealId" uuid, "crmId" text)
       JOIN mirrors o ON o.connection_id = $1 AND o.crm_id = r."crmId" AND o.deal_id <> r."dealId"`,
    [connectionId, JSON.stringify(results.map(({ dealId, crmId }) => ({ dealId, crmId })))],
  );
  return new Map(rows.map((row) => [`${row.deal_id} ${row.crm_id}`, row.owner]));
}

function merged(result: DealResult, owner: string): DealResult {
  const error = {
    kind: 'conflict',
    plain: `The CRM answered with record ${result.crmId ?? ''}, which is that of deal ${owner}: the two were merged there.`,
    nextStep: 'Decide which deal keeps the record and withdraw the other.',
  };
  return {
    ...result,
    state: 'parked',
    crmId: null,
    hash: null,
    linked: false,
    dueAt: null,
    error,
    mergedAway: true,
  };
}
