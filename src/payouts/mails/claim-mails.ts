import { randomUUID } from 'node:crypto';
import type { Sql } from '../../platform/database/database.ts';
import { jsonText } from '../../platform/database/json-text.ts';
import { leaseMs } from '../lease.ts';

export interface ClaimedMail {
  id: string;
  recipient: string;
  subject: string;
  body: string;
  /** Tries made before this one. */
  attempts: number;
}

export async function claimMails(
  sql: Sql,
  limit: number,
  now: Date,
): Promise<{ token: string; mails: readonly ClaimedMail[] }> {
  const token = randomUUID();
  const mails = await sql.query<ClaimedMail>(
    // MATERIALIZED: a plan that reads a plain subquery once per row claims others each time, beyond the limit.
    `WITH due AS MATERIALIZED (
       SELECT id FROM mails
       WHERE state = 'due' AND due_at <= $2 AND (leased_until IS NULL OR leased_until < clock_timestamp())
         AND NOT (SELECT stopped FROM system_switches)
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE mails SET lease_token = $1, leased_until = clock_timestamp() + $4 * interval '1 millisecond'
     WHERE id IN (SELECT id FROM due)
     RETURNING id, recipient, subject, body, attempts`,
    [token, now, limit, leaseMs],
  );
  return { token, mails };
}

/** Whether any mail can be sent now. For the sweeper. */
export async function areMailsDue(sql: Sql, now: Date): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM mails WHERE state = 'due' AND due_at <= $1
       AND (leased_until IS NULL OR leased_until < clock_timestamp()) AND NOT (SELECT stopped FROM system_switches)
     LIMIT 1`,
    [now],
  );
  return rows.length > 0;
}

/** Whether this claim may still send the mail, as for messages. */
export async function mayStillSendMail(
  sql: Sql,
  token: string,
  mailId: string,
  deadlineMs: number,
): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM mails m, system_switches s WHERE m.id = $1 AND m.lease_token = $2 AND NOT s.stopped
       AND m.leased_until > clock_timestamp() + $3 * interval '1 millisecond'`,
    [mailId, token, deadlineMs],
  );
  return rows.length > 0;
}

export async function releaseMail(sql: Sql, token: string, mailId: string): Promise<void> {
  await sql.query(
    'UPDATE mails SET lease_token = NULL, leased_until = NULL WHERE id = $1 AND lease_token = $2',
    [mailId, token],
  );
}

export async function recordMailSent(sql: Sql, token: string, mailId: string, now: Date): Promise<void> {
  await sql.query(
    `UPDATE mails SET state = 'sent', sent_at = $3, due_at = NULL, attempts = attempts + 1, lease_token = NULL,
       leased_until = NULL, last_error = NULL WHERE id = $1 AND lease_token = $2`,
    [mailId, token, now],
  );
}

/** Again at `retryAt`, or parked for a person when that is null. */
export async function recordMailFailed(
  sql: Sql,
  token: string,
  mailId: string,
  plain: string,
  retryAt: Date | null,
  now: Date,
): Promise<void> {
  await sql.query(
    `UPDATE mails SET attempts = attempts + 1, lease_token = NULL, leased_until = NULL, last_error = $3,
       state = CASE WHEN $4::timestamptz IS NULL THEN 'parked' ELSE 'due' END, due_at = $4,
       parked_at = CASE WHEN $4::timestamptz IS NULL THEN $5::timestamptz END
     WHERE id = $1 AND lease_token = $2`,
    [mailId, token, jsonText({ plain, at: now }), retryAt, now],
  );
}
