import type { Sql } from '../platform/database/database.ts';
import { dealSelection, factColumns } from './deal.ts';
import type { Deal } from './deal.ts';

/** Column types of what an intake writes, for reading a whole batch out of one JSON parameter. */
const recordTypes = `id uuid, source text, source_ref text, source_version bigint, partner_id uuid, name text,
  company_name text, company_domain text, company_country text, company_sector text, contact_first_name text,
  contact_last_name text, contact_email text, contact_phone text, products jsonb, amount_minor bigint,
  currency text, expected_close_date date, source_stage text, version int, registered_at timestamptz`;

/** Locks the deals of these references in the order of their id, as every other batch does, so that none wait in a circle. */
export function lockDealsByRef(tx: Sql, source: string, refs: readonly string[]): Promise<Deal[]> {
  return tx.query<Deal>(
    `SELECT ${dealSelection} FROM deals d JOIN partners p ON p.id = d.partner_id
      WHERE d.source = $1 AND d.source_ref = ANY($2::text[]) ORDER BY d.id FOR NO KEY UPDATE OF d`,
    [source, refs],
  );
}

/** Locks deals by id, in the order of the id. */
export function lockDealsById(tx: Sql, ids: readonly string[]): Promise<Deal[]> {
  return tx.query<Deal>(
    `SELECT ${dealSelection} FROM deals d JOIN partners p ON p.id = d.partner_id
      WHERE d.id = ANY($1::uuid[]) ORDER BY d.id FOR NO KEY UPDATE OF d`,
    [ids],
  );
}

/** Inserts as `submitted`. Answers the references inserted: those missing were registered by another intake meanwhile. */
export async function insertDeals(tx: Sql, deals: readonly Deal[], now: Date): Promise<Set<string>> {
  if (deals.length === 0) return new Set();
  const columns = [
    'id',
    'source',
    'source_ref',
    'source_version',
    'version',
    'registered_at',
    ...factColumns,
  ];
  const rows = await tx.query<{ source_ref: string }>(
    `INSERT INTO deals (${columns.join(', ')}, status, updated_at)
     SELECT ${columns.join(', ')}, 'submitted', $2 FROM jsonb_to_recordset($1::jsonb) AS n(${recordTypes})
      ORDER BY source_ref
     ON CONFLICT (source, source_ref) DO NOTHING RETURNING source_ref`,
    [toJson(deals), now],
  );
  return new Set(rows.map((row) => row.source_ref));
}

/** Writes facts, version and source version of deals locked before. */
export async function updateDeals(tx: Sql, deals: readonly Deal[], now: Date): Promise<void> {
  if (deals.length === 0) return;
  const columns = ['source_version', 'version', ...factColumns];
  await tx.query(
    `UPDATE deals d SET ${columns.map((column) => `${column} = n.${column}`).join(', ')},
            updated_at = CASE WHEN d.version = n.version THEN d.updated_at ELSE $2 END
       FROM jsonb_to_recordset($1::jsonb) AS n(${recordTypes}) WHERE d.id = n.id`,
    [toJson(deals), now],
  );
}

/** Ids of partners by key. */
export async function partnerIds(sql: Sql, keys: readonly string[]): Promise<Map<string, string>> {
  const rows = await sql.query<{ key: string; id: string }>(
    'SELECT key, id FROM partners WHERE key = ANY($1::text[])',
    [keys],
  );
  return new Map(rows.map((row) => [row.key, row.id]));
}

function toJson(deals: readonly Deal[]): string {
  return JSON.stringify(deals, (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
