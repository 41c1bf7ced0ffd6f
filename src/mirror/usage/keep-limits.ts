import type { CrmLimits } from '../../crm/usage.ts';
import type { Sql } from '../../platform/database/database.ts';
import { reserveShare } from './forecast.ts';

export interface KeptLimits {
  figures: CrmLimits;
  readAt: Date;
}

/** A limit asked for is a call: rare, and the answers of the calls in between tell the calls of the day. */
export const limitsEveryMs = 15 * 60_000;
const dayMs = 24 * 3_600_000;

/**
 * Whether the caller is to ask the CRM for its limits now: nobody did for a while, and of the day's calls more is left than
 * the reserve, which is for hearing of won deals. Only one caller is told so.
 */
export async function claimLimitsRead(sql: Sql, connectionId: string, now: Date): Promise<boolean> {
  const rows = await sql.query(
    `INSERT INTO connection_limits AS l (connection_id, ask_again_at)
     SELECT $1, $3::timestamptz
      WHERE NOT EXISTS (SELECT 1 FROM connection_usage WHERE connection_id = $1 AND read_at > $4 AND used >= allowed * $5::float8)
     ON CONFLICT (connection_id) DO UPDATE SET ask_again_at = excluded.ask_again_at WHERE l.ask_again_at <= $2
     RETURNING connection_id`,
    [connectionId, now, later(now, limitsEveryMs), later(now, -dayMs), 1 - reserveShare()],
  );
  return rows.length > 0;
}

export async function keepLimits(
  sql: Sql,
  connectionId: string,
  figures: CrmLimits,
  now: Date,
): Promise<void> {
  await sql.query('UPDATE connection_limits SET figures = $2, read_at = $3 WHERE connection_id = $1', [
    connectionId,
    JSON.stringify(figures),
    now,
  ]);
}

/** The CRM does not tell us; it may tomorrow, once somebody has granted it. */
export async function postponeLimits(sql: Sql, connectionId: string, now: Date): Promise<void> {
  await sql.query('UPDATE connection_limits SET ask_again_at = $2 WHERE connection_id = $1', [
    connectionId,
    later(now, dayMs),
  ]);
}

/** What the CRM said last; null: it never did. */
export async function readLimits(sql: Sql, connectionId: string): Promise<KeptLimits | null> {
  const [row] = await sql.query<{ figures: CrmLimits; read_at: Date }>(
    'SELECT figures, read_at FROM connection_limits WHERE connection_id = $1 AND read_at IS NOT NULL',
    [connectionId],
  );
  return row ? { figures: row.figures, readAt: row.read_at } : null;
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
