import { setTimeout as sleep } from 'node:timers/promises';
import { readListening } from '../../src/observations/listening.ts';
import { listCards } from '../../src/platform/cards/cards.ts';
import { listenToChanges } from '../../workers/listen-changes.ts';
import { pollChanges } from '../../workers/poll-changes.ts';
import type { Rehearsal } from '../rehearsal/open-rehearsal.ts';

export interface StreamRow {
  code: string;
  did: string;
  operatorSaw: string;
  nextStep: string;
  /** How a change was heard that a rep made right afterwards. */
  heardBy: string;
}

/** Ends an open event stream with one code, and tells what became of it and of the next change a rep makes. */
export async function tellStream(rehearsal: Rehearsal, code: string): Promise<StreamRow> {
  const { app, admin, connectionId } = rehearsal;
  await forgetListening(rehearsal);
  const stop = new AbortController();
  const listening = listenToChanges(rehearsal.context, connectionId, stop.signal);
  try {
    await until(async () => (await openStreams(rehearsal)) > 0 && (await hasPosition(rehearsal)));
    await closeCards(rehearsal);
    const before = await lastHint(rehearsal);
    await admin.post('/streams', { code });
    const refused = await untilAnswered(rehearsal);
    const cards = (await listCards(app.db, { connectionId })).filter(
      ({ kind }) => kind === 'listening' || kind === 'stream-gap',
    );
    await touch(rehearsal);
    return {
      code,
      did: refused
        ? 'polled instead, more often than usual; asks for the stream again after minutes'
        : cards.length > 0
          ? 'opened the stream again at the oldest event still kept, and asks for all that changed meanwhile'
          : 'opened the stream again where it was',
      operatorSaw:
        cards.map(({ kind, plain }) => `card *${kind}*: ${withoutTimes(plain)}`).join('<br>') ||
        'nothing: it was over in seconds',
      nextStep: cards.map(({ nextStep }) => nextStep).join(' ') || 'none',
      heardBy: await heardBy(rehearsal, before, refused),
    };
  } finally {
    stop.abort();
    await listening;
  }
}

async function forgetListening({ app }: Rehearsal): Promise<void> {
  await app.db.query('DELETE FROM listening');
}

/** That the very first subscription knows no position is not what this is about. */
async function closeCards({ app }: Rehearsal): Promise<void> {
  await app.db.query('UPDATE cards SET closed_at = now() WHERE closed_at IS NULL');
}

/** @returns whether the stream is refused for now; false: it is open again */
async function untilAnswered(rehearsal: Rehearsal): Promise<boolean> {
  let refused = false;
  await until(async () => {
    refused = (await readListening(rehearsal.app.db, rehearsal.connectionId))?.mode === 'poll';
    return refused || (await openStreams(rehearsal)) > 0;
  });
  return refused;
}

async function openStreams({ adminUrl }: Rehearsal): Promise<number> {
  const answer = await fetch(`${adminUrl}/streams`);
  return ((await answer.json()) as unknown[]).length;
}

async function hasPosition({ app }: Rehearsal): Promise<boolean> {
  const rows = await app.db.query("SELECT 1 FROM cursors WHERE name = 'stream' AND value <> ''");
  return rows.length > 0;
}

async function touch({ app, admin }: Rehearsal): Promise<void> {
  const [row] = await app.db.query<{ crm_id: string }>(
    'SELECT crm_id FROM mirrors WHERE crm_id IS NOT NULL LIMIT 1',
  );
  await admin.play([{ action: 'update', id: row?.crm_id ?? '', fields: { NextStep: String(Date.now()) } }]);
}

async function lastHint({ app }: Rehearsal): Promise<string> {
  const rows = await app.db.query<{ id: string }>(
    'SELECT coalesce(max(id), 0)::text AS id FROM change_hints',
  );
  return rows[0]?.id ?? '0';
}

async function heardBy(rehearsal: Rehearsal, since: string, refused: boolean): Promise<string> {
  await until(async () => {
    if (refused) {
      await rehearsal.admin.post('/clock', { advanceMs: 5_000 });
      await pollChanges(
        { ...rehearsal.context, pollFallbackMs: 0, pollLagMs: 0 },
        { connectionId: rehearsal.connectionId },
      );
    }
    const rows = await rehearsal.app.db.query('SELECT 1 FROM change_hints WHERE id > $1 LIMIT 1', [since]);
    return rows.length > 0;
  });
  return refused ? 'a poll, or the stream once it was there again' : 'the stream';
}

function withoutTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const giveUpAt = Date.now() + 60_000; !(await holds()); await sleep(50)) {
    if (Date.now() > giveUpAt) throw new Error('waited in vain');
  }
}
