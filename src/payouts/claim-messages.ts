import { randomUUID } from 'node:crypto';
import type { Sql } from '../platform/database/database.ts';
import { leaseMs } from './lease.ts';

export interface ClaimedMessage {
  id: string;
  type: string;
  payload: string;
  /** Tries made before this one. */
  attempts: number;
}

export interface MessageClaim {
  token: string;
  messages: readonly ClaimedMessage[];
}

/** Most messages of one endpoint that may be in flight in all processes, so that a slow one leaves workers free. */
const MOST_IN_FLIGHT = 128;

/** Claims due messages of one endpoint, oldest first, unless everything outgoing is stopped. */
export async function claimMessages(
  sql: Sql,
  endpointId: string,
  limit: number,
  now: Date,
): Promise<MessageClaim> {
  const token = randomUUID();
  const messages = await sql.query<ClaimedMessage>(
    // MATERIALIZED: a plan that reads a plain subquery once per row claims others each time, beyond the limit.
    `WITH due AS MATERIALIZED (
       SELECT m.id FROM messages m JOIN endpoints e ON e.id = m.endpoint_id
       WHERE m.endpoint_id = $2 AND m.state = 'due' AND m.due_at <= $3
         AND (m.leased_until IS NULL OR m.leased_until < clock_timestamp()) AND e.disabled_at IS NULL
         AND NOT (SELECT stopped FROM system_switches)
       ORDER BY m.due_at
       LIMIT greatest(0, least($4, $5 - (
         SELECT count(*) FROM messages f WHERE f.endpoint_id = $2 AND f.leased_until >= clock_timestamp())))
       FOR UPDATE OF m SKIP LOCKED)
     UPDATE messages SET lease_token = $1, leased_until = clock_timestamp() + $6 * interval '1 millisecond'
     WHERE id IN (SELECT id FROM due)
     RETURNING id, type, payload, attempts`,
    [token, endpointId, now, limit, MOST_IN_FLIGHT, leaseMs],
  );
  return { token, messages };
}

/** Endpoints with messages that can be sent now. For the sweeper and for a wake that names none. */
export async function endpointsWithDueMessages(sql: Sql, now: Date): Promise<string[]> {
  const rows = await sql.query<{ id: string }>(
    `SELECT e.id FROM endpoints e
     WHERE e.disabled_at IS NULL AND NOT (SELECT stopped FROM system_switches)
       AND EXISTS (SELECT FROM messages m WHERE m.endpoint_id = e.id AND m.state = 'due' AND m.due_at <= $1
                   AND (m.leased_until IS NULL OR m.leased_until < clock_timestamp()))
     ORDER BY e.id`,
    [now],
  );
  return rows.map((row) => row.id);
}

/**
 * Whether this claim may still send the message: its lease outlives a call of `deadlineMs`, and nobody stopped
 * everything outgoing since. A worker that slept through its lease finds out here.
 */
export async function mayStillSend(
  sql: Sql,
  token: string,
  messageId: string,
  deadlineMs: number,
): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM messages m JOIN endpoints e ON e.id = m.endpoint_id, system_switches s
     WHERE m.id = $1 AND m.lease_token = $2 AND m.state = 'due' AND e.disabled_at IS NULL AND NOT s.stopped
       AND m.leased_until > clock_timestamp() + $3 * interval '1 millisecond'`,
    [messageId, token, deadlineMs],
  );
  return rows.length > 0;
}

/** Gives back what was claimed and not sent. */
export async function releaseMessage(sql: Sql, token: string, messageId: string): Promise<void> {
  await sql.query(
    'UPDATE messages SET lease_token = NULL, leased_until = NULL WHERE id = $1 AND lease_token = $2',
    [messageId, token],
  );
}
