import type { StreamGap } from '../crm/stream.ts';
import { closeCards, openCard } from '../platform/cards/cards.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { observeEverything } from './raise-hints.ts';

const cardKind = 'stream-gap';

/**
 * Stores a hole in the notifications together with the promise to look: at every mirrored record at once, or, where it is
 * known since when, at what a poll of that time finds. Committed before a position behind the gap may be stored.
 * @returns how many records became due now
 */
export async function noteGap(
  db: Database,
  connectionId: string,
  gap: StreamGap,
  now: Date,
): Promise<number> {
  return db.transaction(async (tx) => {
    if (gap.since && (await isAwaited(tx, connectionId, gap.since))) return 0;
    const [stored] = await tx.query<{ id: bigint }>(
      `INSERT INTO stream_gaps (connection_id, reason, since, noticed_at, listed_at)
       VALUES ($1, $2, $3::timestamptz, $4, CASE WHEN $3::timestamptz IS NULL THEN $4::timestamptz END) RETURNING id`,
      [connectionId, gap.reason, gap.since ?? null, now],
    );
    const id = stored?.id ?? 0n;
    const records = gap.since ? 0 : await rereadEverything(tx, connectionId, id, now);
    await sayGap(tx, connectionId, { id, ...gap, records }, now);
    return records;
  });
}

/** A poll that looks back that far is due already. */
async function isAwaited(tx: Sql, connectionId: string, since: Date): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 FROM stream_gaps WHERE connection_id = $1 AND closed_at IS NULL AND listed_at IS NULL AND since <= $2`,
    [connectionId, since],
  );
  return rows.length > 0;
}

async function rereadEverything(tx: Sql, connectionId: string, gapId: bigint, now: Date): Promise<number> {
  const count = await observeEverything(tx, connectionId, now);
  await tx.query(
    `WITH listed AS (
       INSERT INTO gap_records (gap_id, crm_id, due_seq)
       SELECT $2, o.crm_id, o.due_seq FROM mirrors m JOIN observed_records o ON o.connection_id = m.connection_id AND o.crm_id = m.crm_id
        WHERE m.connection_id = $1 RETURNING 1
     ) UPDATE stream_gaps SET records = (SELECT count(*) FROM listed) WHERE id = $2`,
    [connectionId, gapId],
  );
  return count;
}

interface SaidGap extends StreamGap {
  id: bigint;
  records: number;
}

async function sayGap(tx: Sql, connectionId: string, gap: SaidGap, now: Date): Promise<void> {
  const from = gap.since ? gap.since.toISOString() : 'the beginning';
  await openCard(
    tx,
    {
      connectionId,
      kind: cardKind,
      subject: `gap ${gap.id}`,
      plain: `Change events were missed (${gap.reason}). ${
        gap.since
          ? `Everything changed since ${from} is asked for and read again.`
          : `All ${gap.records} mirrored records are read again.`
      }`,
      nextStep: 'Nothing has to be done: the card closes when the last of these records was read.',
      details: { reason: gap.reason, from: gap.since ?? null, to: now, records: gap.records },
    },
    now,
  );
}

/** The gaps whose time a poll still has to cover, and how far it has to look back for them. */
export interface WindowGaps {
  ids: readonly bigint[];
  since: Date | null;
  /** The newest of them. */
  noticedAt: Date | null;
}

export async function gapsToPoll(sql: Sql, connectionId: string): Promise<WindowGaps> {
  const rows = await sql.query<{ id: bigint; since: Date; noticed_at: Date }>(
    `SELECT id, since, noticed_at FROM stream_gaps
      WHERE connection_id = $1 AND closed_at IS NULL AND listed_at IS NULL ORDER BY id`,
    [connectionId],
  );
  const earliest = rows.reduce<Date | null>(
    (least, { since }) => (least === null || since < least ? since : least),
    null,
  );
  return { ids: rows.map(({ id }) => id), since: earliest, noticedAt: rows.at(-1)?.noticed_at ?? null };
}

/** Called with each page of the poll that covers the gaps, in the transaction that stores the page's hints. */
export async function listGapRecords(
  tx: Sql,
  connectionId: string,
  gaps: WindowGaps,
  crmIds: readonly string[],
): Promise<void> {
  if (gaps.ids.length === 0 || crmIds.length === 0) return;
  await tx.query(
    `INSERT INTO gap_records (gap_id, crm_id, due_seq)
     SELECT g.id, o.crm_id, o.due_seq FROM unnest($2::bigint[]) g(id)
       JOIN observed_records o ON o.connection_id = $1 AND o.crm_id = ANY($3::text[])
     ON CONFLICT DO NOTHING`,
    [connectionId, gaps.ids, crmIds],
  );
}

/** The poll that covers the gaps is complete: from here on only the reads are outstanding. */
export async function finishListing(tx: Sql, gaps: WindowGaps, now: Date): Promise<void> {
  if (gaps.ids.length === 0) return;
  await tx.query(
    `UPDATE stream_gaps g SET listed_at = $2, records = (SELECT count(*) FROM gap_records r WHERE r.gap_id = g.id)
      WHERE id = ANY($1::bigint[])`,
    [gaps.ids, now],
  );
}

/** Closes every gap whose records were all read, and its card. Cheap while there is none. @returns how many were closed */
export async function closeReadGaps(db: Database, now: Date): Promise<number> {
  const open = await db.query(
    'SELECT 1 FROM stream_gaps WHERE closed_at IS NULL AND listed_at IS NOT NULL LIMIT 1',
  );
  if (open.length === 0) return 0;
  return db.transaction(async (tx) => {
    const closed = await tx.query<{
      id: bigint;
      connection_id: string;
      records: number;
      since: Date | null;
      to: Date;
    }>(
      `UPDATE stream_gaps g SET closed_at = $1
        WHERE closed_at IS NULL AND listed_at IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM gap_records r JOIN observed_records o ON o.connection_id = g.connection_id AND o.crm_id = r.crm_id
           WHERE r.gap_id = g.id AND o.seen_seq < r.due_seq)
       RETURNING id, connection_id, records, since, noticed_at AS to`,
      [now],
    );
    for (const gap of closed) await sayClosed(tx, gap, now);
    await tx.query('DELETE FROM gap_records WHERE gap_id = ANY($1::bigint[])', [closed.map(({ id }) => id)]);
    return closed.length;
  });
}

/** How many records it were is known only now; the closed card keeps it. */
async function sayClosed(
  tx: Sql,
  gap: { id: bigint; connection_id: string; records: number; since: Date | null; to: Date },
  now: Date,
): Promise<void> {
  const subject = `gap ${gap.id}`;
  await tx.query(
    `UPDATE cards SET plain = plain || $4, details = details || $5::jsonb
      WHERE connection_id = $1 AND kind = $2 AND subject = $3 AND closed_at IS NULL`,
    [
      gap.connection_id,
      cardKind,
      subject,
      ` Done: ${gap.records} records were read again.`,
      JSON.stringify({ records: gap.records }),
    ],
  );
  await closeCards(tx, { connectionId: gap.connection_id, kind: cardKind, subject }, now);
}
