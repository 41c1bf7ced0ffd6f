import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';
import type { RecordClaim } from './claim-records.ts';
import type { ApplySettings, Judged, ObservationOutputs, ObservedConnection } from './judged.ts';

/** Stores a batch of judgements; the same few statements whatever the batch's size. @returns deals whose commission became due */
export async function writeJudgements(
  tx: Sql,
  connection: ObservedConnection,
  claim: RecordClaim,
  judged: readonly Judged[],
  stale: readonly string[],
  outputs: ObservationOutputs,
  settings: ApplySettings,
): Promise<string[]> {
  const { now } = settings;
  await insertTransitions(tx, connection.id, judged, now);
  // Ended epochs before new ones: at most one epoch of a deal is live at any statement's end.
  await upsertEpochs(tx, connection.id, judged, false, settings);
  await upsertEpochs(tx, connection.id, judged, true, settings);
  const due = judged
    .filter(({ judgement }) => judgement.epochs.length > 0)
    .map(({ record }) => record.dealId);
  await raiseCommissionDue(tx, due, now);
  await setDealStatus(tx, connection.id, judged, now);
  const changedFields = await compareFields(tx, connection, judged, outputs, settings);
  await tellMirror(tx, connection.id, judged, changedFields, outputs, now);
  await storeSnapshots(tx, connection.id, claim, judged, stale, now);
  return due;
}

async function insertTransitions(
  tx: Sql,
  connectionId: string,
  judged: readonly Judged[],
  now: Date,
): Promise<void> {
  const rows = judged.flatMap(({ record, judgement }) =>
    judgement.transitions.map((transition) => ({
      ...transition,
      dealId: record.dealId,
      crmId: record.crmId,
      amountMinor: transition.amountMinor?.toString() ?? null,
    })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO deal_transitions
       (deal_id, connection_id, crm_id, kind, history_id, epoch, stage, amount_minor, currency, occurred_at, recorded_at)
     SELECT "dealId", $1, "crmId", kind, "historyId", epoch, stage, "amountMinor", currency, "occurredAt", $3
       FROM jsonb_to_recordset($2::jsonb)
         AS t("dealId" uuid, "crmId" text, kind text, "historyId" text, epoch int, stage text, "amountMinor" bigint,
              currency text, "occurredAt" timestamptz)
     ON CONFLICT DO NOTHING`,
    [connectionId, JSON.stringify(rows), now],
  );
}

async function upsertEpochs(
  tx: Sql,
  connectionId: string,
  judged: readonly Judged[],
  live: boolean,
  { now, settleMs }: { now: Date; settleMs: number },
): Promise<void> {
  const rows = judged.flatMap(({ record, judgement }) =>
    judgement.epochs
      .filter((epoch) => epoch.live === live)
      .map((epoch) => ({
        ...epoch,
        dealId: record.dealId,
        crmId: record.crmId,
        amountMinor: epoch.amountMinor?.toString() ?? null,
      })),
  );
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO won_epochs AS e (deal_id, epoch, connection_id, crm_id, history_id, won_at, amount_minor, currency, live,
            ended_at, ended_by, settles_at, earns_nothing_because, lines, updated_at)
     SELECT "dealId", epoch, $1, "crmId", "historyId", "wonAt", "amountMinor", currency, live, "endedAt", "endedBy", $4,
            "earnsNothingBecause", lines, $3
       FROM jsonb_to_recordset($2::jsonb)
         AS w("dealId" uuid, epoch int, "crmId" text, "historyId" text, "wonAt" timestamptz, "amountMinor" bigint,
              currency text, live boolean, "endedAt" timestamptz, "endedBy" text, "earnsNothingBecause" text, lines jsonb)
      ORDER BY "dealId", epoch
     ON CONFLICT (deal_id, epoch) DO UPDATE
        SET amount_minor = excluded.amount_minor, currency = excluded.currency, live = excluded.live,
            ended_at = excluded.ended_at, ended_by = excluded.ended_by, lines = excluded.lines, revision = e.revision + 1, updated_at = excluded.updated_at,
            settles_at = CASE WHEN excluded.live AND NOT e.live THEN excluded.settles_at ELSE e.settles_at END`,
    [connectionId, JSON.stringify(rows), now, new Date(now.getTime() + settleMs)],
  );
}

async function raiseCommissionDue(tx: Sql, dealIds: readonly string[], now: Date): Promise<void> {
  if (dealIds.length === 0) return;
  await tx.query(
    `INSERT INTO commission_due AS c (deal_id, due_seq, due_at, updated_at)
     SELECT id, 1, $2, $2 FROM unnest($1::uuid[]) id ORDER BY id
     ON CONFLICT (deal_id) DO UPDATE SET due_seq = c.due_seq + 1, due_at = $2, attempts = 0, updated_at = $2`,
    [dealIds, now],
  );
}

/** The deal's own status follows its CRM of record; each change is an event in its history. */
async function setDealStatus(
  tx: Sql,
  connectionId: string,
  judged: readonly Judged[],
  now: Date,
): Promise<void> {
  const rows = judged.flatMap(({ record, judgement }) =>
    judgement.status === null
      ? []
      : [{ dealId: record.dealId, status: judgement.status, crmId: record.crmId }],
  );
  if (rows.length === 0) return;
  await tx.query(
    `WITH changed AS (
       UPDATE deals d SET status = w.status, updated_at = $2
         FROM jsonb_to_recordset($1::jsonb) AS w("dealId" uuid, status text, "crmId" text)
        WHERE d.id = w."dealId" AND d.status IN ('approved', 'won', 'lost') AND d.status <> w.status
        RETURNING d.id, d.version, w.status, w."crmId"
     )
     INSERT INTO deal_events (deal_id, version, kind, actor, data, occurred_at)
     SELECT id, version, CASE WHEN status = 'approved' THEN 'reopened' ELSE status END, $3,
            jsonb_build_object('connection', $3::text, 'crmId', "crmId"), $2 FROM changed`,
    [JSON.stringify(rows), now, connectionId],
  );
}

/** @returns deals of which a field of ours was changed in the CRM and is to be put right */
async function compareFields(
  tx: Sql,
  connection: ObservedConnection,
  judged: readonly Judged[],
  outputs: ObservationOutputs,
  { revisions, now }: ApplySettings,
): Promise<string[]> {
  const live = judged.filter(({ snapshot }) => !snapshot.deleted);
  if (!outputs.fieldsSeen || !revisions || live.length === 0) return [];
  const seen = live.map(({ record, snapshot, judgement }) => ({
    dealId: record.dealId,
    crmId: record.crmId,
    fields: snapshot.fields,
    stageHistory: snapshot.stageHistory,
    outdated: judgement.drifted,
  }));
  return outputs.fieldsSeen(tx, connection, seen, revisions, now);
}

/** Also where only a write had met it deleted: it may be restored before anybody read that it was gone. */
function isThereAgain({ record, snapshot, judgement }: Judged): boolean {
  return judgement.deletion === 'undeleted' || (record.isBuried && !snapshot.deleted);
}

async function tellMirror(
  tx: Sql,
  connectionId: string,
  judged: readonly Judged[],
  changedFields: readonly string[],
  outputs: ObservationOutputs,
  now: Date,
): Promise<void> {
  const deals = (keep: (item: Judged) => boolean): string[] =>
    judged.filter(keep).map(({ record }) => record.dealId);
  await outputs.recordsDeleted(
    tx,
    connectionId,
    deals(({ judgement }) => judgement.deletion === 'deleted'),
    now,
  );
  await outputs.recordsRestored(tx, connectionId, deals(isThereAgain), now);
  await outputs.recordsDrifted(
    tx,
    connectionId,
    [...new Set([...deals(({ judgement }) => judgement.drifted), ...changedFields])],
    now,
  );
}

/** A hint that arrived while we read leaves the row due: only the hints counted at the claim are answered. */
async function storeSnapshots(
  tx: Sql,
  connectionId: string,
  claim: RecordClaim,
  judged: readonly Judged[],
  stale: readonly string[],
  now: Date,
): Promise<void> {
  const claimed = new Map(claim.records.map((record) => [record.crmId, record.dueSeq.toString()]));
  const kept = judged.map(({ record, snapshot }) => ({
    crmId: record.crmId,
    seq: claimed.get(record.crmId) ?? '0',
    dealId: record.dealId,
    at: snapshot.modifiedAt,
    fields: snapshot.fields,
    deleted: snapshot.deleted,
    asOf: snapshot.asOf ?? null,
  }));
  const discarded = stale.map((crmId) => ({ crmId, seq: claimed.get(crmId) ?? '0' }));
  await tx.query(
    // Each row is found by its key first: a lease token alone would make the planner read the whole table.
    `WITH w AS MATERIALIZED (
       SELECT w.*, held.crm_id AS held FROM jsonb_to_recordset($3::jsonb)
           AS w("crmId" text, seq bigint, "dealId" uuid, at timestamptz, fields jsonb, deleted boolean, "asOf" timestamptz)
        CROSS JOIN LATERAL (SELECT crm_id FROM observed_records
                             WHERE connection_id = $1 AND crm_id = w."crmId" AND lease_token = $2 FOR UPDATE) held
     )
     UPDATE observed_records o
        SET seen_seq = w.seq, due_at = CASE WHEN o.due_seq > w.seq THEN $4::timestamptz END, attempts = 0, last_error = NULL,
            deal_id = coalesce(w."dealId", o.deal_id), snapshot_at = coalesce(w.at, o.snapshot_at),
            snapshot = coalesce(w.fields, o.snapshot), deleted = coalesce(w.deleted, o.deleted), parked_at = NULL,
            read_at = CASE WHEN w.fields IS NULL THEN o.read_at ELSE $4 END, as_of = coalesce(w."asOf", o.as_of),
            lease_token = NULL, leased_until = NULL, updated_at = $4
       FROM w WHERE o.connection_id = $1 AND o.crm_id = w.held`,
    [connectionId, claim.token, jsonText([...kept, ...discarded]), now],
  );
}
