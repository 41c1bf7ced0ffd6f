import type { Sql } from '../platform/database/database.ts';
import type { ClaimSize } from './claim-size.ts';

export interface Gate {
  connectionId: string;
  vendor: string;
  mode: 'shadow' | 'live';
  hourlyWriteCap: number | null;
  /** Writes already counted against this hour's cap. */
  writesThisHour: number;
  /** Why nothing may be sent now, in plain words; null = open. */
  closedBecause: string | null;
  /** The CRM asked for a pause or cannot be reached: reading waits, too. The stop switch alone does not stop reading. */
  paused: boolean;
  /** The stop switch: nothing outgoing at all. */
  stopped: boolean;
}

/** Reads the stop switch and the connection's pause in one query, before every batch. Null: no such connection. */
export async function readGate(sql: Sql, connectionId: string, now: Date): Promise<Gate | null> {
  const rows = await sql.query<GateRow>(
    `SELECT c.vendor, c.mode, c.hourly_write_cap, c.paused_until, c.pause_reason, c.login_refused_since, s.stopped,
            s.changed_by, h.writes, u.used AS api_used, u.allowed AS api_allowed, u.free_at
       FROM connections c CROSS JOIN system_switches s
       LEFT JOIN connection_write_hours h ON h.connection_id = c.id AND h.hour = date_trunc('hour', $2::timestamptz, 'UTC')
       LEFT JOIN connection_usage u ON u.connection_id = c.id AND u.over AND u.read_at > $3
      WHERE c.id = $1`,
    [connectionId, now, new Date(now.getTime() - usageLifeMs)],
  );
  const row = rows[0];
  if (!row) return null;
  return {
    connectionId,
    vendor: row.vendor,
    mode: row.mode,
    hourlyWriteCap: row.hourly_write_cap,
    writesThisHour: row.writes ?? 0,
    closedBecause: closedBecause(row, now),
    paused: isPaused(row, now),
    stopped: row.stopped,
  };
}

/** A refused login holds until one works, however long the next look at it is off. */
function isPaused(row: GateRow, now: Date): boolean {
  return row.login_refused_since !== null || (row.paused_until !== null && row.paused_until > now);
}

interface GateRow {
  vendor: string;
  mode: 'shadow' | 'live';
  hourly_write_cap: number | null;
  paused_until: Date | null;
  pause_reason: string | null;
  login_refused_since: Date | null;
  stopped: boolean;
  changed_by: string | null;
  writes: number | null;
  /** Only while so many of the day's calls are used that nothing may be written. */
  api_used: number | null;
  api_allowed: number | null;
  free_at: Date | null;
}

/** What was said longer ago does not close the gate: the next call shows how it is. Reading, which goes on, renews it. */
const usageLifeMs = 15 * 60_000;

function closedBecause(row: GateRow, now: Date): string | null {
  if (row.stopped) return `everything outgoing was stopped by ${row.changed_by ?? 'an operator'}`;
  if (isPaused(row, now)) return row.pause_reason ?? 'the connection is paused';
  if (row.api_used !== null && row.api_allowed !== null)
    return `${row.api_used} of the ${row.api_allowed} calls the CRM allows in 24 hours are used`;
  return null;
}

/** Nothing is sent on a paused connection until the instant given; the sweeper wakes it then. A longer pause wins. */
export async function pauseConnection(
  sql: Sql,
  connectionId: string,
  until: Date,
  reason: string,
): Promise<void> {
  await sql.query(
    `UPDATE connections SET paused_until = greatest(paused_until, $2), pause_reason = $3
      WHERE id = $1 AND (paused_until IS NULL OR paused_until < $2)`,
    [connectionId, until, reason],
  );
}

/**
 * A person says that waiting is over. What still holds (a limit, the hourly cap) pauses the connection again; a refused
 * login is looked at again at once, and only a login that works ends its pause.
 */
export async function resumeConnections(sql: Sql): Promise<void> {
  await sql.query(
    `UPDATE connections SET paused_until = NULL, login_check_at = NULL,
            pause_reason = CASE WHEN login_refused_since IS NOT NULL THEN pause_reason END
      WHERE paused_until IS NOT NULL OR login_refused_since IS NOT NULL`,
  );
}

/**
 * How many records a claim may hold. More than what is left of the hour's cap could not be sent; and under a cap a claim
 * beyond one vendor batch is at most a tenth of it, so that several workers share the hour.
 */
export function claimSize(gate: Gate, most: number, batch: number): ClaimSize {
  const cap = gate.hourlyWriteCap;
  if (cap === null) return { most, batch };
  // At least one, so that a used-up cap is met by a refused write, which pauses the connection.
  const left = Math.max(1, cap - gate.writesThisHour);
  const fitting = Math.min(batch, left);
  return { most: Math.max(fitting, Math.min(most, left, Math.floor(cap / 10))), batch: fitting };
}

/**
 * Counts the writes about to be sent against the hourly cap. False: they do not fit, nothing may be sent. When the cap is
 * used up the connection is paused to the next full hour, so that a wrong mapping cannot rewrite an org overnight.
 */
export async function reserveWrites(sql: Sql, gate: Gate, count: number, now: Date): Promise<boolean> {
  if (gate.hourlyWriteCap === null || count === 0) return true;
  const rows = await sql.query(
    `INSERT INTO connection_write_hours AS h (connection_id, hour, writes)
     SELECT $1, date_trunc('hour', $2::timestamptz, 'UTC'), $3 WHERE $3 <= $4::int
     ON CONFLICT (connection_id, hour) DO UPDATE SET writes = h.writes + excluded.writes
      WHERE h.writes + excluded.writes <= $4
     RETURNING h.writes`,
    [gate.connectionId, now, count, gate.hourlyWriteCap],
  );
  if (rows.length > 0) return true;
  const current = await readGate(sql, gate.connectionId, now);
  // Another worker took a part of what was left: the next claim is cut to the rest.
  if (current && current.writesThisHour < gate.hourlyWriteCap) return false;
  const nextHour = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000 + 3_600_000);
  const reason = `the cap of ${gate.hourlyWriteCap} writes an hour is reached`;
  await pauseConnection(sql, gate.connectionId, nextHour, reason);
  return false;
}
