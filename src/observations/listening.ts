import type { NotificationChoice, StreamRefusal } from '../crm/stream.ts';
import { closeCards, openCard } from '../platform/cards/cards.ts';
import type { Database, Sql } from '../platform/database/database.ts';

const cardKind = 'listening';

export interface Listening {
  mode: 'stream' | 'poll';
  /** Before then the stream is not asked for again. */
  retryAt: Date | null;
}

/** Null: never tried. */
export async function readListening(sql: Sql, connectionId: string): Promise<Listening | null> {
  const rows = await sql.query<{ mode: Listening['mode']; retry_at: Date | null }>(
    'SELECT mode, retry_at FROM listening WHERE connection_id = $1',
    [connectionId],
  );
  const row = rows[0];
  return row ? { mode: row.mode, retryAt: row.retry_at } : null;
}

/** The stream is there: polls are the net under it again. */
export async function noteStreaming(db: Database, connectionId: string, now: Date): Promise<void> {
  await db.transaction(async (tx) => {
    await store(tx, connectionId, 'stream', null, now);
    await closeCards(tx, { connectionId, kind: cardKind }, now);
  });
}

/** Somebody chose polls: nothing is the matter. */
export async function notePolling(
  db: Database,
  connectionId: string,
  retryAt: Date,
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    await store(tx, connectionId, 'poll', retryAt, now);
    await closeCards(tx, { connectionId, kind: cardKind }, now);
  });
}

/** They are notified and listen to nothing: what stands of earlier settings must not have them polled more often. */
export async function forgetListening(
  db: Database,
  connectionIds: readonly string[],
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query('DELETE FROM listening WHERE connection_id = ANY($1::text[])', [connectionIds]);
    for (const connectionId of connectionIds) await closeCards(tx, { connectionId, kind: cardKind }, now);
  });
}

export interface RefusedStream {
  refusal: StreamRefusal;
  choice: NotificationChoice;
  retryAt: Date;
  /** Of the polls that stand in for the stream. */
  pollSeconds: number;
}

/** The CRM serves no stream: polls stand in for it, and that is said. Demanded and not there, it stops the connection's ear. */
export async function noteRefused(
  db: Database,
  connectionId: string,
  { refusal, choice, retryAt, pollSeconds }: RefusedStream,
  now: Date,
): Promise<void> {
  const isDemanded = choice === 'stream';
  const instead = isDemanded
    ? 'The setting notifications: stream forbids to poll more often instead.'
    : `Changes are polled every ${pollSeconds} s instead.`;
  await db.transaction(async (tx) => {
    await store(tx, connectionId, isDemanded ? 'stream' : 'poll', retryAt, now);
    await openCard(
      tx,
      {
        connectionId,
        kind: cardKind,
        subject: 'stream',
        plain: `Change events are not available: ${refusal.plain}. ${instead}`,
        nextStep: refusal.nextStep ?? 'Nothing has to be done: the stream is asked for again by itself.',
        details: { retryAt, pollSeconds: isDemanded ? null : pollSeconds },
        alerts: isDemanded,
      },
      now,
    );
  });
}

async function store(
  tx: Sql,
  connectionId: string,
  mode: Listening['mode'],
  retryAt: Date | null,
  now: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO listening AS l (connection_id, mode, since, retry_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (connection_id) DO UPDATE
        SET mode = excluded.mode, retry_at = excluded.retry_at,
            since = CASE WHEN l.mode = excluded.mode THEN l.since ELSE excluded.since END`,
    [connectionId, mode, now, retryAt],
  );
}
