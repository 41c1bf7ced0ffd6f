/**
 * Tells somebody of every card that stops a connection: once when it opens, by mail and by message, and once by message
 * when it is solved. A card is marked and its mail and messages are written in one transaction, so that however many
 * processes look, one of them tells.
 */
import type { Clock } from '../../platform/clock.ts';
import type { Database, Sql } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { insertMessages } from '../insert-messages.ts';
import type { AlertData } from '../message-types.ts';
import { composeAlert } from './compose-alert.ts';

export interface AlertSettings {
  /** Nobody is mailed without one. */
  email?: string | undefined;
  /** Where the page is, for the mail. */
  publicUrl: string;
}

const BATCH = 50;

/** @returns how many cards somebody was told of */
export async function raiseAlerts(db: Database, clock: Clock, settings: AlertSettings): Promise<number> {
  return db.transaction(async (tx) => {
    const opened = await takeOpened(tx, clock.now());
    const solved = await takeSolved(tx, clock.now());
    await insertMessages(tx, clock, [
      ...opened.map((data) => ({ type: 'connection.needs-attention' as const, cardId: data.cardId, data })),
      ...solved.map((data) => ({ type: 'connection.recovered' as const, cardId: data.cardId, data })),
    ]);
    if (settings.email !== undefined)
      await insertAlertMails(tx, clock, opened, settings.email, settings.publicUrl);
    return opened.length + solved.length;
  });
}

/** Whether anybody is to be told of something. For the sweeper. */
export async function areAlertsDue(sql: Sql): Promise<boolean> {
  const rows = await sql.query(
    `SELECT 1 FROM cards WHERE ${untold} UNION ALL SELECT 1 FROM cards WHERE ${untoldSolved} LIMIT 1`,
  );
  return rows.length > 0;
}

/** Solved before anybody was told: nobody is told. */
const untold = 'alerts AND alerted_at IS NULL AND closed_at IS NULL';
const untoldSolved = 'alerts AND alerted_at IS NOT NULL AND closed_at IS NOT NULL AND solved_told_at IS NULL';

function takeOpened(tx: Sql, now: Date): Promise<AlertData[]> {
  return take(tx, untold, 'alerted_at', now);
}

function takeSolved(tx: Sql, now: Date): Promise<AlertData[]> {
  return take(tx, untoldSolved, 'solved_told_at', now);
}

async function take(
  tx: Sql,
  which: string,
  mark: 'alerted_at' | 'solved_told_at',
  now: Date,
): Promise<AlertData[]> {
  const rows = await tx.query<CardRow>(
    // MATERIALIZED: a plan that reads a plain subquery once per row takes others each time, beyond the limit.
    `WITH due AS MATERIALIZED (
       SELECT id FROM cards WHERE ${which} ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
     UPDATE cards SET ${mark} = $1 WHERE id IN (SELECT id FROM due)
     RETURNING id::text AS id, connection_id AS connection, kind, subject, plain, next_step AS "nextStep",
       opened_at AS opened, closed_at AS closed`,
    [now, BATCH],
  );
  return rows.map(({ id, opened, closed, ...card }) => ({
    cardId: id,
    ...card,
    since: opened.toISOString(),
    solvedAt: closed?.toISOString() ?? null,
  }));
}

interface CardRow {
  id: string;
  connection: string;
  kind: string;
  subject: string;
  plain: string;
  nextStep: string;
  opened: Date;
  closed: Date | null;
}

async function insertAlertMails(
  tx: Sql,
  clock: Clock,
  alerts: readonly AlertData[],
  recipient: string,
  publicUrl: string,
): Promise<void> {
  const now = clock.now();
  for (const alert of alerts) {
    const { subject, body } = composeAlert(alert, publicUrl);
    await tx.query(
      `INSERT INTO mails (id, card_id, recipient, subject, body, state, created_at, due_at)
       VALUES ($1, $2, $3, $4, $5, 'due', $6, $6)`,
      [newId(clock), alert.cardId, recipient, subject, body, now],
    );
  }
}
