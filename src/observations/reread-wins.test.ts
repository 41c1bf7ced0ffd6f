import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  addConnection,
  addDealRows,
  addObservedRecord,
  addPartnerRow,
  minutesLater,
  now,
} from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { rereadWins } from './reread-wins.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

/** A connection with two records that were read: one with a live win, one whose win has ended. */
async function connectionWithWins(): Promise<string> {
  const connection = await addConnection(test.db);
  const deals = await addDealRows(test.db, await addPartnerRow(test.db), 2);
  for (const [index, deal] of deals.entries()) {
    await addObservedRecord(test.db, connection, `crm-${index}`, { due_at: null, seen_seq: 1 });
    await test.db.query(
      `INSERT INTO won_epochs (deal_id, epoch, connection_id, crm_id, history_id, won_at, live, settles_at, updated_at)
       VALUES ($1, 1, $2, $3, 'h', $4, $5, $4, $4)`,
      [deal, connection, `crm-${index}`, now, index === 0],
    );
  }
  return connection;
}

function dueAt(connection: string, at: Date): Promise<unknown[]> {
  return test.db.query(
    'SELECT crm_id, due_seq FROM observed_records WHERE connection_id = $1 AND due_at <= $2 ORDER BY crm_id',
    [connection, at],
  );
}

describe('reading wins again', () => {
  it('asks once a day for the records with a live win, spread over an hour', async () => {
    const connection = await connectionWithWins();
    expect(await rereadWins(test.db, connection, now)).toBe(1);
    expect(await dueAt(connection, minutesLater(60))).toEqual([{ crm_id: 'crm-0', due_seq: 2n }]);
    expect(await rereadWins(test.db, connection, minutesLater(23 * 60))).toBe(0);
    expect(await rereadWins(test.db, connection, minutesLater(24 * 60))).toBe(1);
  });

  it('takes one turn however many workers come at once', async () => {
    const connection = await connectionWithWins();
    const turns = await Promise.all([1, 2, 3, 4].map(() => rereadWins(test.db, connection, now)));
    expect(turns.sort()).toEqual([0, 0, 0, 1]);
  });

  it('never puts off a read that is due sooner', async () => {
    const connection = await connectionWithWins();
    await test.db.query('UPDATE observed_records SET due_at = $2 WHERE connection_id = $1', [
      connection,
      now,
    ]);
    await rereadWins(test.db, connection, now);
    expect(await dueAt(connection, now)).toHaveLength(2);
  });
});
