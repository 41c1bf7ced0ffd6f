import type { DealSnapshot } from '../crm/connector.ts';
import { readBack } from '../mapping/evaluate.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import type { RecordClaim } from './claim-records.ts';
import { judgeSnapshot, type Judgement } from './judge-snapshot.ts';
import type { Judged, ObservationOutputs, ObservedConnection } from './judged.ts';
import { loadStoredRecords, type LoadedRecord } from './load-records.ts';
import { writeJudgements } from './write-judgements.ts';

/**
 * T1: locks the deals, compares each snapshot with what is stored, and stores transitions, epochs and the due row for the
 * commission in one commit. Under the observer's lease: a fenced-out reader changes nothing. Snapshots older than the
 * stored one are discarded.
 * @returns deals whose commission became due
 */
export async function applySnapshots(
  db: Database,
  connection: ObservedConnection,
  claim: RecordClaim,
  snapshots: readonly DealSnapshot[],
  outputs: ObservationOutputs,
  settings: { now: Date; settleMs: number },
): Promise<string[]> {
  return db.transaction(async (tx) => {
    const records = await loadStoredRecords(tx, connection.id, claim.token, snapshots.map(requestedId));
    const taken = await mergedIntoAnothersRecord(tx, connection.id, snapshots);
    const judged: Judged[] = [];
    const stale: string[] = [];
    for (const seen of snapshots) {
      const snapshot = taken.has(requestedId(seen)) ? withoutRecord(seen) : seen;
      const record = records.get(requestedId(snapshot));
      if (!record) stale.push(requestedId(snapshot));
      else if (record.snapshotAt && snapshot.modifiedAt < record.snapshotAt) stale.push(record.crmId);
      else judged.push({ record, snapshot, judgement: judge(connection, record, snapshot) });
    }
    return writeJudgements(tx, connection, claim, judged, stale, outputs, settings);
  });
}

/** A merged record answers under another id; our row is still the one we asked for. */
export function requestedId(snapshot: DealSnapshot): string {
  return snapshot.mergedFrom ?? snapshot.crmId;
}

/** Records merged in the CRM into one that is another deal's. */
async function mergedIntoAnothersRecord(
  tx: Sql,
  connectionId: string,
  snapshots: readonly DealSnapshot[],
): Promise<Set<string>> {
  const merged = snapshots.filter((snapshot) => snapshot.mergedFrom !== undefined);
  if (merged.length === 0) return new Set();
  const rows = await tx.query<{ crm_id: string }>(
    'SELECT crm_id FROM mirrors WHERE connection_id = $1 AND crm_id = ANY($2::text[])',
    [connectionId, merged.map((snapshot) => snapshot.crmId)],
  );
  const owned = new Set(rows.map((row) => row.crm_id));
  return new Set(merged.filter((snapshot) => owned.has(snapshot.crmId)).map(requestedId));
}

/** Two deals that became one record are one win: it is the survivor's, and the other deal's record is gone. */
function withoutRecord(snapshot: DealSnapshot): DealSnapshot {
  return { ...snapshot, deleted: true, fields: {}, stageHistory: [] };
}

function judge(connection: ObservedConnection, record: LoadedRecord, snapshot: DealSnapshot): Judgement {
  const observed = readBack(connection.mapping.deal.read, snapshot.fields);
  return judgeSnapshot(record, snapshot, observed, connection.identity.currency);
}
