import type { Sql } from '../platform/database/database.ts';

export interface KnownNote {
  object: string;
  /** Null: somebody deleted it. */
  crmId: string | null;
  hash: string;
}

/** The notes of ours that these deals have, or had. */
export async function knownNotes(
  sql: Sql,
  connectionId: string,
  dealIds: readonly string[],
): Promise<ReadonlyMap<string, KnownNote>> {
  const rows = await sql.query<{ deal_id: string; object: string; crm_id: string | null; hash: string }>(
    'SELECT deal_id, object, crm_id, hash FROM deal_notes WHERE connection_id = $1 AND deal_id = ANY($2::uuid[])',
    [connectionId, dealIds],
  );
  return new Map(
    rows.map((row) => [row.deal_id, { object: row.object, crmId: row.crm_id, hash: row.hash }] as const),
  );
}

/** What the CRM was found to hold after a call. */
export async function recordNotes(
  sql: Sql,
  connectionId: string,
  notes: readonly (KnownNote & { dealId: string })[],
  now: Date,
): Promise<void> {
  if (notes.length === 0) return;
  await sql.query(
    `INSERT INTO deal_notes AS n (connection_id, deal_id, object, crm_id, hash, written_at)
     SELECT $1, "dealId", object, "crmId", hash, $3
       FROM jsonb_to_recordset($2::jsonb) AS r("dealId" uuid, object text, "crmId" text, hash text)
     ON CONFLICT (connection_id, deal_id)
     DO UPDATE SET object = excluded.object, crm_id = excluded.crm_id, hash = excluded.hash, written_at = excluded.written_at`,
    [connectionId, JSON.stringify(notes), now],
  );
}
