import type { Sql } from '../../platform/database/database.ts';

export interface ParkedMail {
  id: string;
  partnerKey: string;
  subject: string;
  attempts: number;
  parkedAt: Date;
  reason: string;
}

/** Mails that wait for a person, oldest first: no address, refused for good, or all tries used up. */
export async function listParkedMails(sql: Sql, limit: number): Promise<ParkedMail[]> {
  return sql.query<ParkedMail>(
    `SELECT m.id, coalesce(p.key, '(alert)') AS "partnerKey", m.subject, m.attempts, m.parked_at AS "parkedAt",
       m.last_error ->> 'plain' AS reason
     FROM mails m LEFT JOIN partners p ON p.id = m.partner_id WHERE m.state = 'parked' ORDER BY m.parked_at, m.id LIMIT $1`,
    [limit],
  );
}

/**
 * Makes parked mails due again, to the address the partner has now. Those of partners without one stay parked.
 * @returns how many are due
 */
export async function redriveMails(sql: Sql, now: Date, ids?: readonly string[]): Promise<number> {
  const rows = await sql.query(
    `UPDATE mails m SET state = 'due', recipient = coalesce(p.email, m.recipient), due_at = $1, attempts = 0,
       parked_at = NULL
     FROM mails own LEFT JOIN partners p ON p.id = own.partner_id
     WHERE own.id = m.id AND m.state = 'parked' AND (m.partner_id IS NULL OR p.email <> '')
       AND ($2::text[] IS NULL OR m.id::text = ANY($2)) RETURNING m.id`,
    [now, ids ?? null],
  );
  return rows.length;
}
