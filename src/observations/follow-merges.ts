import type { DealSnapshot } from '../crm/connector.ts';
import type { Sql } from '../platform/database/database.ts';
import type { RecordClaim } from './claim-records.ts';

export interface Followed {
  claim: RecordClaim;
  snapshots: DealSnapshot[];
}

/**
 * A record merged in the CRM answers under the survivor's id, and everything heard from now on names that one. So the
 * deal moves to the survivor, with its wins. If the survivor is already another deal's, the two are one win, that deal's:
 * for the deal that was merged away the record is gone.
 * @param snapshots as read, `mergedFrom` naming the id that was asked for
 * @returns claim and snapshots under the ids that the records have from now on
 */
export async function followMerges(
  tx: Sql,
  connectionId: string,
  claim: RecordClaim,
  snapshots: readonly DealSnapshot[],
): Promise<Followed> {
  const moved = new Map<string, string>();
  const followed: DealSnapshot[] = [];
  for (const snapshot of snapshots) {
    const { mergedFrom, ...alone } = snapshot;
    if (mergedFrom === undefined) followed.push(snapshot);
    else if (await moveDeal(tx, connectionId, claim, mergedFrom, snapshot.crmId)) {
      moved.set(mergedFrom, snapshot.crmId);
      followed.push(alone);
    } else followed.push({ ...alone, crmId: mergedFrom, deleted: true, fields: {}, stageHistory: [] });
  }
  const records = claim.records.map((record) => ({
    ...record,
    crmId: moved.get(record.crmId) ?? record.crmId,
  }));
  return { claim: { ...claim, records }, snapshots: followed };
}

/** @returns false: the survivor is another deal's */
async function moveDeal(
  tx: Sql,
  connectionId: string,
  claim: RecordClaim,
  from: string,
  to: string,
): Promise<boolean> {
  const ids = [connectionId, from, to];
  // Deals are locked before their mirrors, as everywhere.
  await tx.query(
    `SELECT d.id FROM deals d JOIN mirrors m ON m.deal_id = d.id
      WHERE m.connection_id = $1 AND m.crm_id IN ($2, $3) ORDER BY d.id FOR NO KEY UPDATE OF d`,
    ids,
  );
  const owners = await tx.query('SELECT 1 FROM mirrors WHERE connection_id = $1 AND crm_id = $2', [
    connectionId,
    to,
  ]);
  if (owners.length > 0) return false;
  const held = await tx.query(
    'SELECT 1 FROM observed_records WHERE connection_id = $1 AND crm_id = $2 AND lease_token = $3 FOR UPDATE',
    [connectionId, from, claim.token],
  );
  // Fenced out: nothing moves, and nothing will be applied either.
  if (held.length === 0) return true;
  await tx.query('DELETE FROM observed_records WHERE connection_id = $1 AND crm_id = $2', [connectionId, to]);
  for (const table of ['observed_records', 'mirrors', 'won_epochs']) {
    await tx.query(`UPDATE ${table} SET crm_id = $3 WHERE connection_id = $1 AND crm_id = $2`, ids);
  }
  return true;
}
