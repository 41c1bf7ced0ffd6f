import type { Clock } from '../platform/clock.ts';
import type { Database, Sql } from '../platform/database/database.ts';

/**
 * Seals at most `limit` posted transactions into the chain. Runs behind the posting: nobody waits for it, and two at once is
 * one (the second seals nothing).
 * @returns how many were sealed; a full batch means more may wait
 */
export async function sealLedger(
  { db, clock }: { db: Database; clock: Clock },
  limit: number,
): Promise<number> {
  const [row] = await db.query<{ sealed: number }>('SELECT seal_ledger($1, $2) AS sealed', [
    limit,
    clock.now(),
  ]);
  return row?.sealed ?? 0;
}

/** Whether anything waits to be sealed. For the sweeper. */
export async function isSealingDue(sql: Sql): Promise<boolean> {
  return (await sql.query('SELECT 1 FROM ledger_unsealed LIMIT 1')).length > 0;
}
