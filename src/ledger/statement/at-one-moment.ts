import type { Database, Sql } from '../../platform/database/database.ts';

/** Everything `work` reads is of one moment, however long it takes: sums and lines agree though somebody posts meanwhile. */
export function atOneMoment<T>(db: Database, work: (tx: Sql) => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    return work(tx);
  });
}
