import type { Sql } from '../platform/database/database.ts';
import { dealSelection } from './deal.ts';
import type { Deal, DealStatus } from './deal.ts';

export interface DealFilter {
  status?: DealStatus;
  /** Partner key. */
  partner?: string;
  source?: string;
}

/** The last deal of a page: the next page starts after it. */
export interface DealPosition {
  registeredAt: Date;
  id: string;
}

export interface DealHistoryEntry {
  version: number;
  kind: string;
  actor: string;
  data: unknown;
  occurred_at: Date;
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export function isDealId(text: string): boolean {
  return UUID.test(text);
}

/** Null when there is no such deal, also when the text cannot be an id. */
export async function findDeal(sql: Sql, id: string): Promise<Deal | null> {
  if (!isDealId(id)) return null;
  const rows = await sql.query<Deal>(
    `SELECT ${dealSelection} FROM deals d JOIN partners p ON p.id = d.partner_id WHERE d.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** Newest registration first. Pages by position, so that deals registered meanwhile shift nothing. */
export function listDeals(
  sql: Sql,
  filter: DealFilter,
  page: { after: DealPosition | null; limit: number },
): Promise<Deal[]> {
  return sql.query<Deal>(
    `SELECT ${dealSelection} FROM deals d JOIN partners p ON p.id = d.partner_id
      WHERE ($1::text IS NULL OR d.status = $1) AND ($2::text IS NULL OR p.key = $2)
        AND ($3::text IS NULL OR d.source = $3)
        AND ($4::timestamptz IS NULL OR (d.registered_at, d.id) < ($4, $5::uuid))
      ORDER BY d.registered_at DESC, d.id DESC LIMIT $6`,
    [
      filter.status ?? null,
      filter.partner ?? null,
      filter.source ?? null,
      page.after?.registeredAt ?? null,
      page.after?.id ?? null,
      page.limit,
    ],
  );
}

/** Ids of all deals the filter finds, oldest registration first. For bulk decisions. */
export async function dealIds(sql: Sql, filter: DealFilter): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `SELECT d.id FROM deals d JOIN partners p ON p.id = d.partner_id
      WHERE ($1::text IS NULL OR d.status = $1) AND ($2::text IS NULL OR p.key = $2)
        AND ($3::text IS NULL OR d.source = $3)
      ORDER BY d.registered_at, d.id`,
    [filter.status ?? null, filter.partner ?? null, filter.source ?? null],
  );
  return rows.map((row) => row.id);
}

/** Everything that happened to a deal, oldest first. */
export function dealHistory(sql: Sql, dealId: string): Promise<DealHistoryEntry[]> {
  return sql.query<DealHistoryEntry>(
    'SELECT version, kind, actor, data, occurred_at FROM deal_events WHERE deal_id = $1 ORDER BY id',
    [dealId],
  );
}
