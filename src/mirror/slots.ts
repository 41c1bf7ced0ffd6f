import { randomUUID } from 'node:crypto';
import type { Sql } from '../platform/database/database.ts';
import { leaseMs } from './lease.ts';

/** Pushing and observing have slots of their own, so that reading never waits on a backlog of writes. */
export type Lane = 'push' | 'observe';

export interface Slot {
  connectionId: string;
  lane: Lane;
  slot: number;
  token: string;
}

/**
 * Longer than the lease on a batch, so a slot is not reused under a running drain; not much longer, because the slots of
 * a worker that was killed are lost until then, and with them the connection.
 */
const slotLeaseMs = leaseMs * 1.5;

/** Takes a free slot, or null when the connection already has as many calls in flight as it may. Database clock. */
export async function leaseSlot(sql: Sql, connectionId: string, lane: Lane): Promise<Slot | null> {
  const token = randomUUID();
  const rows = await sql.query<{ slot: number }>(
    `UPDATE connection_slots s SET lease_token = $3, leased_until = clock_timestamp() + make_interval(secs => $4::float8 / 1000)
      WHERE (s.connection_id, s.lane, s.slot) = (
        SELECT connection_id, lane, slot FROM connection_slots
         WHERE connection_id = $1 AND lane = $2 AND (leased_until IS NULL OR leased_until < clock_timestamp())
         ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING s.slot`,
    [connectionId, lane, token, slotLeaseMs],
  );
  const slot = rows[0]?.slot;
  return slot === undefined ? null : { connectionId, lane, slot, token };
}

export async function releaseSlot(sql: Sql, slot: Slot): Promise<void> {
  await sql.query(
    `UPDATE connection_slots SET lease_token = NULL, leased_until = NULL
      WHERE connection_id = $1 AND lane = $2 AND slot = $3 AND lease_token = $4`,
    [slot.connectionId, slot.lane, slot.slot, slot.token],
  );
}

/** Sets how many calls may be in flight on a lane; shrinking removes the highest slots. */
export async function setSlots(sql: Sql, connectionId: string, lane: Lane, count: number): Promise<void> {
  await sql.query(
    `INSERT INTO connection_slots (connection_id, lane, slot)
     SELECT $1, $2, n FROM generate_series(1, $3::int) n ON CONFLICT DO NOTHING`,
    [connectionId, lane, count],
  );
  await sql.query('DELETE FROM connection_slots WHERE connection_id = $1 AND lane = $2 AND slot > $3', [
    connectionId,
    lane,
    count,
  ]);
}
