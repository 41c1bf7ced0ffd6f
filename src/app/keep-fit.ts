import type { FittedMapping, PausedRow } from '../mapping/fit.ts';
import { storeFit, type RowState, type StoredFit } from '../mirror/mapping-rows.ts';
import { affectedBy, resumeDeals, unparkRefused } from '../mirror/owed-fields.ts';
import { observeEverything } from '../observations/raise-hints.ts';
import { closeCards, openCard } from '../platform/cards/cards.ts';
import type { Database, Sql } from '../platform/database/database.ts';

const cardKind = 'mapping-row';

/**
 * Keeps how the mapping fits the org: a row that is paused gets a card, a row that is back closes it and has the deals
 * written and read that went without. All in one transaction, so that a crash repeats it and never skips it.
 */
export async function keepFit(
  db: Database,
  connectionId: string,
  mapping: FittedMapping,
  describedAt: Date,
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    const stored = await storeFit(tx, connectionId, mapping, describedAt);
    if (!stored) return;
    const met = stored.paused.filter(({ isNew }) => isNew).map(({ field }) => field);
    if (met.length > 0) await unparkRefused(tx, connectionId, met, now);
    for (const row of stored.paused) await sayPaused(tx, connectionId, row, now);
    if (stored.resumed.length > 0) await resume(tx, connectionId, stored.resumed, now);
  });
}

async function sayPaused(
  tx: Sql,
  connectionId: string,
  row: StoredFit['paused'][number],
  now: Date,
): Promise<void> {
  const { object, field, use, problem, essential } = row;
  const since = row.pausedSince.toISOString();
  const affected = await affectedBy(tx, connectionId, field);
  await openCard(
    tx,
    {
      connectionId,
      kind: cardKind,
      subject: subjectOf(row),
      plain: `${object}.${field} is paused since ${since}: ${problem}. ${effectOf(row, affected.deals)}`,
      nextStep:
        'Put the field, the access to it or its value back in the CRM, or change the mapping row. It goes on by itself within minutes.',
      details: { object, field, use, since: row.pausedSince, ...affected },
      alerts: essential && row.record === 'deal',
    },
    now,
  );
}

function subjectOf({ object, field, use }: Pick<RowState, 'object' | 'field' | 'use'>): string {
  return `${object}.${field} (${use})`;
}

function effectOf({ use, essential, record }: PausedRow, deals: number): string {
  if (use === 'read')
    return 'Nothing is concluded from it meanwhile: an amount that cannot be read holds the commission, and changes none.';
  const so = `${deals} ${deals === 1 ? 'deal' : 'deals'} so far`;
  if (essential && record === 'deal') return `New deals wait for it (${so}); those that are there go on.`;
  if (essential) return `New ${record}s wait for it, and their deals with them.`;
  if (record !== 'deal') return `New ${record}s are created without it meanwhile.`;
  return `Deals are mirrored without it meanwhile (${so}), and get it when it is back.`;
}

/** What was missing may have lost its values: every record is read, and what differs from our last write is put right. */
async function resume(tx: Sql, connectionId: string, rows: readonly RowState[], now: Date): Promise<void> {
  for (const row of rows)
    await closeCards(tx, { connectionId, kind: cardKind, subject: subjectOf(row) }, now);
  await resumeDeals(
    tx,
    connectionId,
    rows.map(({ field }) => field),
    now,
  );
  if (rows.some(({ missing }) => missing)) await observeEverything(tx, connectionId, now);
}
