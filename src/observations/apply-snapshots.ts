import type { DealSnapshot } from '../crm/connector.ts';
import { readBack } from '../mapping/evaluate.ts';
import type { Database } from '../platform/database/database.ts';
import type { RecordClaim } from './claim-records.ts';
import { followMerges } from './follow-merges.ts';
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
    const followed = await followMerges(tx, connection.id, claim, snapshots);
    const ids = followed.snapshots.map((snapshot) => snapshot.crmId);
    const records = await loadStoredRecords(tx, connection.id, claim.token, ids);
    const judged: Judged[] = [];
    const stale: string[] = [];
    for (const snapshot of followed.snapshots) {
      const record = records.get(snapshot.crmId);
      if (!record) stale.push(snapshot.crmId);
      else if (record.snapshotAt && snapshot.modifiedAt < record.snapshotAt) stale.push(record.crmId);
      else judged.push({ record, snapshot, judgement: judge(connection, record, snapshot) });
    }
    return writeJudgements(tx, connection, followed.claim, judged, stale, outputs, settings);
  });
}

/** The id that was asked for; a merged record answers under another one. */
export function requestedId(snapshot: DealSnapshot): string {
  return snapshot.mergedFrom ?? snapshot.crmId;
}

function judge(connection: ObservedConnection, record: LoadedRecord, snapshot: DealSnapshot): Judgement {
  const observed = readBack(connection.mapping.deal.read, snapshot.fields);
  return judgeSnapshot(record, snapshot, observed, connection.identity.currency);
}
