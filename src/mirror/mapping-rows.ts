import type { FittedMapping, PausedRow } from '../mapping/fit.ts';
import type { Sql } from '../platform/database/database.ts';

/** The kind of the error that a held deal or reference bears: nobody has to do anything about the record itself. */
export const heldKind = 'mapping-paused';

export interface RowState {
  object: string;
  field: string;
  use: PausedRow['use'];
  pausedSince: Date;
  missing: boolean;
}

/** `Object.Field` of every row that fitted at some time. */
export async function fieldsThatWorked(sql: Sql, connectionId: string): Promise<Set<string>> {
  const rows = await sql.query<{ name: string }>(
    `SELECT object || '.' || field AS name FROM mapping_rows WHERE connection_id = $1 AND worked_at IS NOT NULL`,
    [connectionId],
  );
  return new Set(rows.map(({ name }) => name));
}

export interface StoredFit {
  paused: readonly (PausedRow & { pausedSince: Date; isNew: boolean })[];
  /** Paused before, and not any more. */
  resumed: readonly RowState[];
}

/**
 * Stores how the mapping fits the org as described at `describedAt`. Null: another process described it later, so that what
 * this one saw says nothing any more.
 */
export async function storeFit(
  tx: Sql,
  connectionId: string,
  fitted: FittedMapping,
  describedAt: Date,
): Promise<StoredFit | null> {
  const turn = await tx.query(
    `INSERT INTO schema_watch AS w (connection_id, described_at) VALUES ($1, $2)
     ON CONFLICT (connection_id) DO UPDATE SET described_at = excluded.described_at
      WHERE w.described_at <= excluded.described_at RETURNING 1`,
    [connectionId, describedAt],
  );
  if (turn.length === 0) return null;
  const before = await readPaused(tx, connectionId);
  const sinceOf = new Map(before.map((row) => [nameOf(row), row.pausedSince]));
  const paused = fitted.paused.map((row) => ({
    ...row,
    pausedSince: sinceOf.get(nameOf(row)) ?? describedAt,
    isNew: !sinceOf.has(nameOf(row)),
  }));
  const stillPaused = new Set(paused.map(nameOf));
  const resumed = before.filter((row) => !stillPaused.has(nameOf(row)));
  await forgetPauses(tx, connectionId, resumed);
  await storeWorking(tx, connectionId, fitted, describedAt);
  await storePaused(tx, connectionId, paused);
  return { paused, resumed };
}

function nameOf({ object, field, use }: Pick<RowState, 'object' | 'field' | 'use'>): string {
  return `${object}.${field} ${use}`;
}

async function readPaused(sql: Sql, connectionId: string): Promise<RowState[]> {
  return sql.query<RowState>(
    `SELECT object, field, use, paused_since AS "pausedSince", missing FROM mapping_rows
      WHERE connection_id = $1 AND paused_since IS NOT NULL`,
    [connectionId],
  );
}

async function forgetPauses(tx: Sql, connectionId: string, rows: readonly RowState[]): Promise<void> {
  await tx.query(
    `UPDATE mapping_rows m SET paused_since = NULL, problem = NULL, missing = false
       FROM jsonb_to_recordset($2::jsonb) AS r(object text, field text, use text)
      WHERE m.connection_id = $1 AND m.object = r.object AND m.field = r.field AND m.use = r.use`,
    [connectionId, JSON.stringify(rows)],
  );
}

async function storeWorking(tx: Sql, connectionId: string, fitted: FittedMapping, at: Date): Promise<void> {
  const rows = (['deal', 'account', 'contact'] as const).flatMap((record) => {
    const { object, write } = fitted[record];
    return write.map((row) => ({ object, field: row.to, use: 'write' }));
  });
  rows.push(...fitted.deal.read.map((row) => ({ object: fitted.deal.object, field: row.from, use: 'read' })));
  await tx.query(
    `INSERT INTO mapping_rows AS m (connection_id, object, field, use, worked_at)
     SELECT DISTINCT $1, r.object, r.field, r.use, $3::timestamptz FROM jsonb_to_recordset($2::jsonb) AS r(object text, field text, use text)
     ON CONFLICT (connection_id, object, field, use) DO UPDATE SET worked_at = excluded.worked_at`,
    [connectionId, JSON.stringify(rows), at],
  );
}

async function storePaused(tx: Sql, connectionId: string, rows: StoredFit['paused']): Promise<void> {
  await tx.query(
    `INSERT INTO mapping_rows AS m (connection_id, object, field, use, paused_since, problem, missing)
     SELECT DISTINCT ON (r.object, r.field, r.use) $1, r.object, r.field, r.use, r."pausedSince", r.problem, r.missing
       FROM jsonb_to_recordset($2::jsonb)
         AS r(object text, field text, use text, "pausedSince" timestamptz, problem text, missing boolean)
     ON CONFLICT (connection_id, object, field, use) DO UPDATE
        SET paused_since = excluded.paused_since, problem = excluded.problem, missing = excluded.missing`,
    [connectionId, JSON.stringify(rows)],
  );
}
