import { mostRepushes } from '../mapping/field-owners.ts';
import type { Sql } from '../platform/database/database.ts';
import type { StoredEpoch, StoredRecord } from './judge-snapshot.ts';

export interface LoadedRecord extends StoredRecord {
  snapshotAt: Date | null;
  /** The mirror is a tombstone: a write met the record deleted, or a read saw it so. */
  isBuried: boolean;
}

interface RecordRow {
  crm_id: string;
  deleted: boolean;
  snapshot_at: Date | null;
}

interface DealRow {
  crm_id: string;
  deal_id: string;
  crm_of_record: string | null;
  cutoff_at: Date | null;
  mirrored_version: number | null;
  is_final: boolean;
  is_buried: boolean;
}

/**
 * Loads, and locks in a fixed order, the records still under this lease with everything a judgement needs. Five queries.
 * Deals are locked by their ids, then the records by theirs, as those who record writes and hints lock them.
 */
export async function loadStoredRecords(
  tx: Sql,
  connectionId: string,
  token: string,
  crmIds: readonly string[],
): Promise<Map<string, LoadedRecord>> {
  const deals = await lockDeals(tx, connectionId, token, crmIds);
  const records = await lockRecords(tx, connectionId, token, crmIds);
  const held = deals.filter((deal) => records.has(deal.crm_id));
  const dealIds = held.map((row) => row.deal_id);
  const transitions = await loadTransitions(tx, connectionId, dealIds);
  const epochs = await loadEpochs(tx, dealIds);
  return new Map(
    held.map((row) => {
      const ofDeal = epochs.get(row.deal_id) ?? [];
      const record: LoadedRecord = {
        dealId: row.deal_id,
        connectionId,
        crmId: row.crm_id,
        crmOfRecord: row.crm_of_record,
        cutoff: row.cutoff_at,
        deleted: records.get(row.crm_id)?.deleted ?? false,
        snapshotAt: records.get(row.crm_id)?.snapshot_at ?? null,
        mirroredVersion: row.mirrored_version,
        isFinal: row.is_final,
        isBuried: row.is_buried,
        transitions: transitions.get(row.deal_id) ?? new Set(),
        epochs: ofDeal.filter((epoch) => epoch.connectionId === connectionId && epoch.crmId === row.crm_id),
        lastEpoch: Math.max(0, ...ofDeal.map((epoch) => epoch.epoch)),
      };
      return [row.crm_id, record];
    }),
  );
}

function lockDeals(
  tx: Sql,
  connectionId: string,
  token: string,
  crmIds: readonly string[],
): Promise<DealRow[]> {
  return tx.query<DealRow>(
    `SELECT o.crm_id, d.id AS deal_id, d.crm_of_record, c.cutoff_at, m.mirrored_version,
            coalesce(m.repushed_version = m.mirrored_version AND m.repushes >= $4, false) AS is_final,
            m.state = 'tombstone' AS is_buried
       FROM observed_records o
       JOIN mirrors m ON m.connection_id = o.connection_id AND m.crm_id = o.crm_id
       JOIN deals d ON d.id = m.deal_id
       JOIN connections c ON c.id = o.connection_id
      WHERE o.connection_id = $1 AND o.lease_token = $2 AND o.crm_id = ANY($3::text[])
      ORDER BY d.id FOR NO KEY UPDATE OF d`,
    [connectionId, token, crmIds, mostRepushes],
  );
}

async function lockRecords(
  tx: Sql,
  connectionId: string,
  token: string,
  crmIds: readonly string[],
): Promise<Map<string, RecordRow>> {
  const rows = await tx.query<RecordRow>(
    `SELECT crm_id, deleted, snapshot_at FROM observed_records
      WHERE connection_id = $1 AND lease_token = $2 AND crm_id = ANY($3::text[]) ORDER BY crm_id FOR UPDATE`,
    [connectionId, token, crmIds],
  );
  return new Map(rows.map((row) => [row.crm_id, row]));
}

/** By deal, not by record: what happened before a merge in the CRM is stored under the old record's id. */
async function loadTransitions(
  tx: Sql,
  connectionId: string,
  dealIds: readonly string[],
): Promise<Map<string, Set<string>>> {
  const rows = await tx.query<{ deal_id: string; keys: string[] }>(
    `SELECT deal_id, array_agg(kind || ':' || history_id) AS keys FROM deal_transitions
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) GROUP BY deal_id`,
    [connectionId, dealIds],
  );
  return new Map(rows.map((row) => [row.deal_id, new Set(row.keys)]));
}

type EpochRow = StoredEpoch & { dealId: string; connectionId: string; crmId: string };

async function loadEpochs(tx: Sql, dealIds: readonly string[]): Promise<Map<string, EpochRow[]>> {
  const rows = await tx.query<EpochRow>(
    `SELECT deal_id AS "dealId", connection_id AS "connectionId", crm_id AS "crmId", epoch, history_id AS "historyId",
            won_at AS "wonAt", amount_minor AS "amountMinor", currency, live, ended_by AS "endedBy", lines
       FROM won_epochs WHERE deal_id = ANY($1::uuid[]) ORDER BY deal_id, epoch FOR UPDATE`,
    [dealIds],
  );
  const byDeal = new Map<string, EpochRow[]>();
  for (const row of rows) {
    const known = byDeal.get(row.dealId);
    if (known) known.push(row);
    else byDeal.set(row.dealId, [row]);
  }
  return byDeal;
}
