import type { Sql } from '../platform/database/database.ts';
import { heldKind } from './mapping-rows.ts';

/** Committed before a deal is sent without a field: a crash in between must not forget that it is owed one. */
export async function oweFields(
  sql: Sql,
  connectionId: string,
  owed: readonly { dealId: string; field: string }[],
  now: Date,
): Promise<void> {
  if (owed.length === 0) return;
  await sql.query(
    `INSERT INTO owed_fields (connection_id, deal_id, field, since)
     SELECT $1, r."dealId", r.field, $3 FROM jsonb_to_recordset($2::jsonb) AS r("dealId" uuid, field text)
     ON CONFLICT DO NOTHING`,
    [connectionId, JSON.stringify(owed), now],
  );
}

/** Deal → the fields it went without. One query; none costs as much as nothing. */
export async function owedFieldsOf(
  sql: Sql,
  connectionId: string,
  dealIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await sql.query<{ deal_id: string; fields: string[] }>(
    `SELECT deal_id, array_agg(field ORDER BY field) AS fields FROM owed_fields
      WHERE connection_id = $1 AND deal_id = ANY($2::uuid[]) GROUP BY deal_id`,
    [connectionId, dealIds],
  );
  return new Map(rows.map(({ deal_id, fields }) => [deal_id, fields]));
}

export async function settleOwed(
  sql: Sql,
  connectionId: string,
  settled: readonly { dealId: string; field: string }[],
): Promise<void> {
  if (settled.length === 0) return;
  await sql.query(
    `DELETE FROM owed_fields o USING jsonb_to_recordset($2::jsonb) AS r("dealId" uuid, field text)
      WHERE o.connection_id = $1 AND o.deal_id = r."dealId" AND o.field = r.field`,
    [connectionId, JSON.stringify(settled)],
  );
}

/**
 * A row is back: the deals that went without its field are written again, and whoever waited for any row is looked at
 * again. What still has to wait is held again, at no call.
 */
export async function resumeDeals(
  tx: Sql,
  connectionId: string,
  fields: readonly string[],
  now: Date,
): Promise<void> {
  await tx.query(
    `UPDATE mirrors m SET state = 'due', due_at = $3, mirrored_hash = NULL, updated_at = $3
       FROM owed_fields o
      WHERE o.connection_id = $1 AND o.field = ANY($2::text[]) AND m.connection_id = o.connection_id AND m.deal_id = o.deal_id
        AND m.state IN ('mirrored', 'shadowed')`,
    [connectionId, fields, now],
  );
  await releaseHeld(tx, connectionId, now);
}

async function releaseHeld(tx: Sql, connectionId: string, now: Date): Promise<void> {
  for (const table of ['mirrors', 'crm_references']) {
    await tx.query(
      `UPDATE ${table} SET due_at = $2 WHERE connection_id = $1 AND state = 'due' AND last_error->>'kind' = $3`,
      [connectionId, now, heldKind],
    );
  }
}

/** Deals refused one by one because of these fields, before it was known that it is the org and not the deal. */
export async function unparkRefused(
  tx: Sql,
  connectionId: string,
  fields: readonly string[],
  now: Date,
): Promise<void> {
  await tx.query(
    `UPDATE mirrors SET state = 'due', due_at = $3, parked_at = NULL, updated_at = $3
      WHERE connection_id = $1 AND state = 'parked' AND last_error->>'schemaSuspect' = 'true' AND last_error->'fields' ?| $2::text[]`,
    [connectionId, fields, now],
  );
}

export interface Affected {
  /** Deals that went without the field, or wait for it. */
  deals: number;
  examples: string[];
}

export async function affectedBy(sql: Sql, connectionId: string, field: string): Promise<Affected> {
  const rows = await sql.query<{ deals: number; examples: string[] | null }>(
    `WITH affected AS (
       SELECT deal_id FROM owed_fields WHERE connection_id = $1 AND field = $2
        UNION SELECT deal_id FROM mirrors WHERE connection_id = $1 AND state = 'due' AND last_error->>'kind' = $3
                 AND last_error->'fields' ? $2
     ) SELECT count(*)::int AS deals, (array_agg(deal_id::text ORDER BY deal_id))[1:5] AS examples FROM affected`,
    [connectionId, field, heldKind],
  );
  return { deals: rows[0]?.deals ?? 0, examples: rows[0]?.examples ?? [] };
}
