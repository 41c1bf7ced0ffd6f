import type { Fields, StageEntry } from '../crm/connector.ts';
import { fieldsHandedOver } from '../mapping/field-owners.ts';
import type { WiredConnection } from '../mapping/wired-connection.ts';
import type { Sql } from '../platform/database/database.ts';
import { jsonText } from '../platform/database/json-text.ts';
import { loadMemories, type FieldMemory } from './field-memory.ts';
import { judgeFields, type Difference, type FieldJudgement } from './judge-fields.ts';

/** What one record was seen to hold. */
export interface SeenRecord {
  dealId: string;
  crmId: string;
  fields: Fields;
  stageHistory: readonly StageEntry[];
  /** The record shows an older version than we mirrored: another writer came late, and all of it is written again. */
  outdated: boolean;
}

/** What of a connection the comparison needs: nothing that could call the CRM. */
export type ComparedConnection = Pick<WiredConnection, 'id' | 'mapping' | 'stages'>;

interface Judged {
  record: SeenRecord;
  memory: FieldMemory;
  judgement: FieldJudgement;
  handedOver: string[];
}

/**
 * Reads our writes back: compares a batch of records with what was sent, in the transaction that stores them.
 * @param revisions by CRM id, taken before the records were read; a record written meanwhile is not compared, its own
 *   read-back follows
 * @returns deals of which a field has to be put right
 */
export async function seeFields(
  tx: Sql,
  connection: ComparedConnection,
  seen: readonly SeenRecord[],
  revisions: ReadonlyMap<string, number>,
  now: Date,
): Promise<string[]> {
  const comparable = seen.filter((record) => revisions.has(record.crmId));
  const memories = await lockMemories(tx, connection.id, comparable);
  const judged = comparable.flatMap((record) => {
    const memory = memories.get(record.dealId);
    return memory && memory.revision === revisions.get(record.crmId)
      ? [judgeRecord(connection, record, memory)]
      : [];
  });
  await storeMemories(tx, connection.id, judged, now);
  await storeDifferences(tx, connection.id, judged, now);
  return judged
    .filter(({ judgement }) => judgement.differences.some(({ action }) => action === 'restored'))
    .map(({ record }) => record.dealId);
}

/** Locked in the order of the deals, as the recording of writes locks them. */
async function lockMemories(
  tx: Sql,
  connectionId: string,
  seen: readonly SeenRecord[],
): Promise<Map<string, FieldMemory>> {
  const dealIds = seen.map(({ dealId }) => dealId);
  if (dealIds.length === 0) return new Map();
  await tx.query(
    `SELECT 1 FROM field_memory WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) ORDER BY deal_id FOR UPDATE`,
    [connectionId, dealIds],
  );
  return loadMemories(tx, connectionId, dealIds);
}

function judgeRecord(connection: ComparedConnection, record: SeenRecord, memory: FieldMemory): Judged {
  const rows = connection.mapping.deal.write;
  const reached = fieldsHandedOver(rows, record.stageHistory, connection.stages ?? []);
  const handedOver = [...new Set([...memory.handedOver, ...reached])];
  const { differing, restored, summed } = memory;
  const nothing = { differences: [], settled: [], differing, restored, summed };
  const judgement = record.outdated
    ? nothing
    : judgeFields({ ...memory, handedOver }, record.fields, rows, connection.mapping.summed);
  return { record, memory, judgement, handedOver };
}

/** Only rows that change: a record read for the tenth time costs no write. */
async function storeMemories(
  tx: Sql,
  connectionId: string,
  judged: readonly Judged[],
  now: Date,
): Promise<void> {
  const rows = judged.filter(isChanged).map(({ record, judgement, handedOver, memory }) => ({
    dealId: record.dealId,
    differing: judgement.differing,
    restored: judgement.restored,
    summed: judgement.summed,
    handedOver,
    unread: record.outdated ? memory.unread : [],
  }));
  if (rows.length === 0) return;
  await tx.query(
    `UPDATE field_memory f
        SET unread = ARRAY(SELECT jsonb_array_elements_text(w.unread)), differing = w.differing, restored = w.restored,
            summed = w.summed, handed_over = ARRAY(SELECT jsonb_array_elements_text(w."handedOver")), updated_at = $3
       FROM jsonb_to_recordset($2::jsonb)
         AS w("dealId" uuid, differing jsonb, restored jsonb, summed boolean, "handedOver" jsonb, unread jsonb)
      WHERE f.deal_id = w."dealId" AND f.connection_id = $1`,
    [connectionId, jsonText(rows), now],
  );
}

function isChanged({ record, memory, judgement, handedOver }: Judged): boolean {
  const wasRead = !record.outdated && memory.unread.length > 0;
  const differs = judgement.differences.length > 0 || judgement.settled.length > 0;
  return (
    wasRead || differs || judgement.summed !== memory.summed || handedOver.length > memory.handedOver.length
  );
}

async function storeDifferences(
  tx: Sql,
  connectionId: string,
  judged: readonly Judged[],
  now: Date,
): Promise<void> {
  const settled = judged.flatMap(({ record, judgement }) =>
    judgement.settled.map((field) => ({ dealId: record.dealId, field })),
  );
  if (settled.length > 0) await settleDifferences(tx, connectionId, settled, now);
  const found = judged.flatMap(({ record, judgement }) =>
    judgement.differences.map((difference) => toRow(record, difference)),
  );
  if (found.length > 0) await insertDifferences(tx, connectionId, found, now);
}

function toRow(
  { dealId, crmId }: SeenRecord,
  { field, kind, sent, found, action, state }: Difference,
): object {
  return { dealId, crmId, field, kind, sent: [sent], found: [found], action, state };
}

async function settleDifferences(
  tx: Sql,
  connectionId: string,
  settled: readonly { dealId: string; field: string }[],
  now: Date,
): Promise<void> {
  await tx.query(
    `UPDATE field_differences d SET state = 'settled', settled_at = $3, last_seen_at = $3
       FROM jsonb_to_recordset($2::jsonb) AS w("dealId" uuid, field text)
      WHERE d.deal_id = w."dealId" AND d.connection_id = $1 AND d.field = w.field AND d.state = 'open'`,
    [connectionId, jsonText(settled), now],
  );
}

/** Values travel in an array of one: a bare JSON null of a record set would become an SQL null. */
async function insertDifferences(
  tx: Sql,
  connectionId: string,
  rows: readonly object[],
  now: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO field_differences AS d
       (deal_id, connection_id, crm_id, field, kind, sent, found, action, state, first_seen_at, last_seen_at)
     SELECT "dealId", $1, "crmId", field, kind, sent->0, found->0, action, state, $3, $3
       FROM jsonb_to_recordset($2::jsonb)
         AS w("dealId" uuid, "crmId" text, field text, kind text, sent jsonb, found jsonb, action text, state text)
      ORDER BY "dealId", field
     ON CONFLICT (deal_id, connection_id, field) WHERE state = 'open' DO UPDATE
        SET kind = excluded.kind, sent = excluded.sent, found = excluded.found, action = excluded.action,
            crm_id = excluded.crm_id, last_seen_at = excluded.last_seen_at`,
    [connectionId, jsonText(rows), now],
  );
}
