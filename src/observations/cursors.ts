import { randomUUID } from 'node:crypto';
import type { Sql } from '../platform/database/database.ts';

export interface CursorLease {
  connectionId: string;
  name: string;
  token: string;
  /** '' when the cursor was never moved. */
  value: string;
  /** When it was last moved or touched. */
  updatedAt: Date;
}

/** Takes a cursor for this process alone; null when another holds it. Two readers of one stream would each miss half. */
export async function leaseCursor(
  sql: Sql,
  connectionId: string,
  name: string,
  leaseMs: number,
): Promise<CursorLease | null> {
  const token = randomUUID();
  const rows = await sql.query<{ value: string; updated_at: Date }>(
    `INSERT INTO cursors AS c (connection_id, name, value, lease_token, leased_until, updated_at)
     VALUES ($1, $2, '', $3, clock_timestamp() + make_interval(secs => $4::float8 / 1000), 'epoch')
     ON CONFLICT (connection_id, name) DO UPDATE
        SET lease_token = excluded.lease_token, leased_until = excluded.leased_until
      WHERE c.leased_until IS NULL OR c.leased_until < clock_timestamp()
     RETURNING value, updated_at`,
    [connectionId, name, token, leaseMs],
  );
  const row = rows[0];
  return row ? { connectionId, name, token, value: row.value, updatedAt: row.updated_at } : null;
}

/** False: the lease was lost; stop reading. */
export async function renewCursor(sql: Sql, lease: CursorLease, leaseMs: number): Promise<boolean> {
  const rows = await sql.query(
    `UPDATE cursors SET leased_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
      WHERE connection_id = $1 AND name = $2 AND lease_token = $3 RETURNING name`,
    [lease.connectionId, lease.name, lease.token, leaseMs],
  );
  return rows.length > 0;
}

/** Moves the cursor in the caller's transaction, with the hints it stands for. @throws Error when the lease was lost */
export async function moveCursor(tx: Sql, lease: CursorLease, value: string, now: Date): Promise<void> {
  const rows = await tx.query(
    'UPDATE cursors SET value = $4, updated_at = $5 WHERE connection_id = $1 AND name = $2 AND lease_token = $3 RETURNING name',
    [lease.connectionId, lease.name, lease.token, value, now],
  );
  if (rows.length === 0)
    throw new Error(`another process took over the ${lease.name} cursor of ${lease.connectionId}`);
  lease.value = value;
}

/** Notes that it was tried, so that a failing poll is tried again at its interval and not at once. */
export async function touchCursor(sql: Sql, lease: CursorLease, now: Date): Promise<void> {
  await sql.query(
    'UPDATE cursors SET updated_at = $4 WHERE connection_id = $1 AND name = $2 AND lease_token = $3',
    [lease.connectionId, lease.name, lease.token, now],
  );
}

export async function releaseCursor(sql: Sql, lease: CursorLease): Promise<void> {
  await sql.query(
    'UPDATE cursors SET lease_token = NULL, leased_until = NULL WHERE connection_id = $1 AND name = $2 AND lease_token = $3',
    [lease.connectionId, lease.name, lease.token],
  );
}
