import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  addConnection,
  addDealRows,
  addMirrorRows,
  addPartnerRow,
  addObservedRecord,
  expireLeases,
  minutesLater,
  now,
} from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { raiseHints } from './raise-hints.ts';
import { claimDueRecords, postponeRecords, type RecordClaim } from './claim-records.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

let connection: string;
beforeEach(async () => {
  connection = await addConnection(test.db);
});

function claim(limit = 10): Promise<RecordClaim> {
  return claimDueRecords(test.db, connection, limit, 60_000, now);
}

async function row(crmId: string): Promise<Record<string, unknown> | undefined> {
  return (
    await test.db.query('SELECT * FROM observed_records WHERE connection_id = $1 AND crm_id = $2', [
      connection,
      crmId,
    ])
  )[0];
}

describe('claiming due records', () => {
  it('never gives one record to two observers', async () => {
    for (let index = 0; index < 50; index++) await addObservedRecord(test.db, connection, `r${index}`);
    const claims = await Promise.all(Array.from({ length: 7 }, () => claim(8)));
    const ids = claims.flatMap(({ records }) => records.map((record) => record.crmId));
    expect([ids.length, new Set(ids).size]).toEqual([50, 50]);
  });

  it('remembers which hints the read will answer, and counts the try', async () => {
    await addObservedRecord(test.db, connection, 'r', { due_seq: 7, attempts: 2 });
    expect((await claim()).records).toEqual([{ crmId: 'r', dueSeq: 7n, attempts: 3 }]);
  });

  it('leaves alone what is not due yet or nothing is to be read of', async () => {
    await addObservedRecord(test.db, connection, 'later', { due_at: minutesLater(1) });
    await addObservedRecord(test.db, connection, 'done', { due_at: null });
    expect((await claim()).records).toEqual([]);
  });

  it('lets read-backs of our own writes fill a batch while more is written, but no longer than that or half a minute', async () => {
    const at = minutesLater(-0.25);
    await addObservedRecord(test.db, connection, 'ours', { due_at: at, resting_until: at });
    const [deal = ''] = await addDealRows(test.db, await addPartnerRow(test.db), 1);
    await addMirrorRows(test.db, connection, [deal], () => ({ due_at: now }));
    expect((await claim()).records).toEqual([]);
    expect((await claim(1)).records).toHaveLength(1);
    await expireLeases(test.db, 'observed_records', connection);
    expect((await claim()).records).toEqual([]);
    const late = minutesLater(-1);
    await addObservedRecord(test.db, connection, 'older', { due_at: late, resting_until: late });
    expect((await claim()).records).toHaveLength(2);
    await expireLeases(test.db, 'observed_records', connection);
    await test.db.query('DELETE FROM observed_records WHERE connection_id = $1 AND crm_id = $2', [
      connection,
      'older',
    ]);
    await test.db.query('UPDATE mirrors SET due_at = NULL WHERE connection_id = $1', [connection]);
    expect((await claim()).records).toHaveLength(1);
  });

  it("makes nothing wait that anybody else changed, and takes our own writes' read-backs along", async () => {
    const at = minutesLater(-0.25);
    await addObservedRecord(test.db, connection, 'ours', { due_at: at, resting_until: at });
    const [deal = ''] = await addDealRows(test.db, await addPartnerRow(test.db), 1);
    await addMirrorRows(test.db, connection, [deal], () => ({ due_at: now }));
    const hint = { crmId: 'ours', change: 'updated' as const, fields: ['StageName'], ours: false };
    await raiseHints(test.db, connection, 'stream', [hint], { ownFields: new Set() }, now);
    expect((await claim()).records).toHaveLength(1);
  });

  it('gives a record to another observer once the lease has run out', async () => {
    await addObservedRecord(test.db, connection, 'r');
    await claim();
    expect((await claim()).records).toEqual([]);
    await expireLeases(test.db, 'observed_records', connection);
    expect((await claim()).records).toMatchObject([{ crmId: 'r', attempts: 2 }]);
  });
});

describe('postponing a read', () => {
  it('keeps the record due, later, with the reason', async () => {
    await addObservedRecord(test.db, connection, 'r');
    const { token } = await claim();
    const error = { kind: 'unavailable', plain: 'no answer' };
    await postponeRecords(test.db, connection, token, [{ crmId: 'r', at: minutesLater(2), error }], now);
    expect(await row('r')).toMatchObject({
      due_at: minutesLater(2),
      last_error: error,
      lease_token: null,
      parked_at: null,
    });
  });

  it('does nothing for an observer that lost its lease', async () => {
    await addObservedRecord(test.db, connection, 'r');
    const slow = await claim();
    await expireLeases(test.db, 'observed_records', connection);
    const fast = await claim();
    await postponeRecords(
      test.db,
      connection,
      slow.token,
      [{ crmId: 'r', at: minutesLater(2), error: {} }],
      now,
    );
    expect(await row('r')).toMatchObject({ due_at: now, lease_token: fast.token });
  });
});
