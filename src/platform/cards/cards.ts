import type { Sql } from '../database/database.ts';

/** What needs a person. `subject` is what it is about, unique among the open cards of its kind and connection. */
export interface Card {
  connectionId: string;
  kind: string;
  subject: string;
  /** What is the matter, in plain words, naming the record or field. */
  plain: string;
  /** What to do about it, one sentence. */
  nextStep: string;
  details?: Record<string, unknown>;
  /** It stops a connection: somebody is told at once, and once. */
  alerts?: boolean;
}

export interface StoredCard extends Required<Card> {
  id: string;
  openedAt: Date;
  lastMetAt: Date;
  closedAt: Date | null;
}

/** Opens the card, or notes that its cause was met again. @returns whether it is new */
export async function openCard(sql: Sql, card: Card, now: Date): Promise<boolean> {
  const rows = await sql.query<{ is_new: boolean }>(
    `INSERT INTO cards AS c (connection_id, kind, subject, plain, next_step, details, alerts, opened_at, last_met_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
     ON CONFLICT (connection_id, kind, subject) WHERE closed_at IS NULL
     DO UPDATE SET plain = excluded.plain, next_step = excluded.next_step, details = excluded.details,
                   last_met_at = excluded.last_met_at
     RETURNING (xmax = 0) AS is_new`,
    [
      card.connectionId,
      card.kind,
      card.subject,
      card.plain,
      card.nextStep,
      JSON.stringify(card.details ?? {}),
      card.alerts ?? false,
      now,
    ],
  );
  return rows[0]?.is_new ?? false;
}

/** The cause is gone: all open cards of the kind, or the one about `subject`. @returns how many were closed */
export async function closeCards(
  sql: Sql,
  which: { connectionId: string; kind: string; subject?: string },
  now: Date,
): Promise<number> {
  const rows = await sql.query(
    `UPDATE cards SET closed_at = $4
      WHERE connection_id = $1 AND kind = $2 AND ($3::text IS NULL OR subject = $3) AND closed_at IS NULL RETURNING id`,
    [which.connectionId, which.kind, which.subject ?? null, now],
  );
  return rows.length;
}

/** The oldest first. */
export async function listCards(
  sql: Sql,
  filter: { connectionId?: string; kind?: string; withClosed?: boolean; limit?: number } = {},
): Promise<StoredCard[]> {
  const rows = await sql.query<CardRow>(
    `SELECT id, connection_id, kind, subject, plain, next_step, details, alerts, opened_at, last_met_at, closed_at
       FROM cards
      WHERE ($1::text IS NULL OR connection_id = $1) AND ($2::text IS NULL OR kind = $2) AND (closed_at IS NULL OR $3)
      ORDER BY id LIMIT $4`,
    [filter.connectionId ?? null, filter.kind ?? null, filter.withClosed ?? false, filter.limit ?? 500],
  );
  return rows.map((row) => ({
    id: String(row.id),
    connectionId: row.connection_id,
    kind: row.kind,
    subject: row.subject,
    plain: row.plain,
    nextStep: row.next_step,
    details: row.details,
    alerts: row.alerts,
    openedAt: row.opened_at,
    lastMetAt: row.last_met_at,
    closedAt: row.closed_at,
  }));
}

interface CardRow {
  id: bigint;
  connection_id: string;
  kind: string;
  subject: string;
  plain: string;
  next_step: string;
  details: Record<string, unknown>;
  alerts: boolean;
  opened_at: Date;
  last_met_at: Date;
  closed_at: Date | null;
}
