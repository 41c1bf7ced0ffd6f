import type { DealSnapshot } from '../crm/connector.ts';
import { readBack } from '../mapping/evaluate.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { postponeRecords, type RecordClaim } from './claim-records.ts';
import { followMerges } from './follow-merges.ts';
import { judgeSnapshot, type Judgement } from './judge-snapshot.ts';
import type { ApplySettings, Judged, ObservationOutputs, ObservedConnection } from './judged.ts';
import { loadStoredRecords, type LoadedRecord } from './load-records.ts';
import { writeJudgements } from './write-judgements.ts';

/**
 * T1: locks the deals, compares each snapshot with what is stored, and stores transitions, epochs and the due row for the
 * commission in one commit. Under the observer's lease: a fenced-out reader changes nothing. A snapshot older than the
 * stored one answers no hint: it is discarded and the record read again.
 * @returns deals whose commission became due
 */
export async function applySnapshots(
  db: Database,
  connection: ObservedConnection,
  claim: RecordClaim,
  snapshots: readonly DealSnapshot[],
  outputs: ObservationOutputs,
  settings: ApplySettings,
): Promise<string[]> {
  return db.transaction(async (tx) => {
    const followed = await followMerges(tx, connection.id, claim, snapshots);
    const ids = followed.snapshots.map((snapshot) => snapshot.crmId);
    const records = await loadStoredRecords(tx, connection.id, claim.token, ids);
    const judged: Judged[] = [];
    const unknown: string[] = [];
    const older: string[] = [];
    for (const snapshot of followed.snapshots) {
      const record = records.get(snapshot.crmId);
      if (!record) unknown.push(snapshot.crmId);
      else if (isPassing(record, snapshot, followed.claim)) older.push(record.crmId);
      else judged.push({ record, snapshot, judgement: judge(connection, record, snapshot) });
    }
    await readAgain(tx, connection.id, followed.claim, older, settings.now);
    return writeJudgements(tx, connection, followed.claim, judged, unknown, outputs, settings);
  });
}

/** So often, over half a minute, the CRM may answer with an older state before it is believed to have gone back to it. */
const olderAnswers = 5;

/** A replica that is behind catches up in seconds; a record that was restored, or is visible again, stays older. */
function isPassing(record: LoadedRecord, snapshot: DealSnapshot, claim: RecordClaim): boolean {
  const isOlder = record.snapshotAt !== null && snapshot.modifiedAt < record.snapshotAt;
  return isOlder && attemptsOf(claim, record.crmId) < olderAnswers;
}

function attemptsOf(claim: RecordClaim, crmId: string): number {
  return claim.records.find((record) => record.crmId === crmId)?.attempts ?? 1;
}

async function readAgain(
  tx: Sql,
  connectionId: string,
  claim: RecordClaim,
  crmIds: readonly string[],
  now: Date,
): Promise<void> {
  const plain = 'The CRM answered with an older state of the record than it did before; it is read again.';
  const postponed = crmIds.map((crmId) => ({
    crmId,
    at: new Date(now.getTime() + 1000 * 2 ** attemptsOf(claim, crmId)),
    error: { kind: 'older-than-known', plain },
  }));
  await postponeRecords(tx, connectionId, claim.token, postponed, now);
}

/** The id that was asked for; a merged record answers under another one. */
export function requestedId(snapshot: DealSnapshot): string {
  return snapshot.mergedFrom ?? snapshot.crmId;
}

function judge(connection: ObservedConnection, record: LoadedRecord, snapshot: DealSnapshot): Judgement {
  const observed = readBack(connection.mapping.deal.read, snapshot.fields);
  return judgeSnapshot(record, snapshot, observed, connection.identity.currency);
}
