import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChangeHint } from '../crm/connector.ts';
import {
  addConnection,
  addDealRows,
  addMirrorRows,
  addObservedRecord,
  addPartnerRow,
  minutesLater,
  now,
} from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { isEcho, observeEverything, observeLearned, raiseHints } from './raise-hints.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

const echo = { ownFields: new Set(['Partner', 'Version']) };
let connection: string;
let deals: string[];
beforeEach(async () => {
  connection = await addConnection(test.db);
  deals = await addDealRows(test.db, await addPartnerRow(test.db), 3);
  await addMirrorRows(test.db, connection, deals, (index) => ({
    crm_id: `r${index}`,
    state: 'mirrored',
    due_at: null,
  }));
});

function hint(crmId: string, change: Partial<ChangeHint> = {}): ChangeHint {
  return { crmId, change: 'updated', fields: ['StageName'], ours: false, ...change };
}

function ownEcho(change: Partial<ChangeHint>): ChangeHint {
  return hint('r0', { ours: true, fields: ['Version'], ...change });
}

function raise(hints: ChangeHint[], at: Date = now): Promise<number> {
  return raiseHints(test.db, connection, 'webhook', hints, echo, at);
}

async function due(): Promise<Record<string, unknown>[]> {
  return test.db.query(
    'SELECT crm_id, due_seq, due_at FROM observed_records WHERE connection_id = $1 ORDER BY crm_id',
    [connection],
  );
}

describe('an echo', () => {
  it('is a change of ours in nothing but fields that only we write', () => {
    expect(isEcho(hint('r', { ours: true, fields: ['Version', 'Partner'] }), echo)).toBe(true);
  });

  it('is nothing else: a flow fired by our write travels under our name', () => {
    const others: Partial<ChangeHint>[] = [
      { ours: false, fields: ['Version'] },
      { ours: true, fields: ['Version', 'StageName'] },
      { ours: true, fields: ['Amount'] },
      { ours: true, fields: [] },
      { ours: true, fields: ['Version'], change: 'deleted' },
      { ours: true, fields: ['Version'], change: 'created' },
      { ours: true, fields: ['Version'], change: 'unknown' },
    ];
    for (const change of others) expect(isEcho(hint('r', change), echo)).toBe(false);
  });
});

describe('raising hints', () => {
  it('makes one row due per record, however many hints, and counts them', async () => {
    expect(await raise([hint('r0'), hint('r1'), hint('r0')])).toBe(2);
    await raise([hint('r0')], minutesLater(1));
    expect(await due()).toEqual([
      { crm_id: 'r0', due_seq: 3n, due_at: now },
      { crm_id: 'r1', due_seq: 1n, due_at: now },
    ]);
  });

  it('skips an echo once the record was read after it, and keeps that it did', async () => {
    await addObservedRecord(test.db, connection, 'r0', { due_at: null, as_of: minutesLater(1) });
    expect(await raise([ownEcho({ committedAt: now })])).toBe(0);
    expect((await due()).map((row) => row['due_at'])).toEqual([null]);
    const kept = await test.db.query(
      'SELECT crm_id, via, fields, skipped_as_echo FROM change_hints WHERE connection_id = $1',
      [connection],
    );
    expect(kept).toEqual([{ crm_id: 'r0', via: 'webhook', fields: ['Version'], skipped_as_echo: true }]);
  });

  it('never skips what nobody has looked at since: a flow may have edited our own fields under our name', async () => {
    await addObservedRecord(test.db, connection, 'r0', { due_at: null, as_of: now });
    await addObservedRecord(test.db, connection, 'r1', { due_at: null });
    const unseen = [
      ownEcho({ committedAt: now }),
      ownEcho({ committedAt: minutesLater(1) }),
      ownEcho({}),
      { ...ownEcho({ committedAt: now }), crmId: 'r1' },
      { ...ownEcho({ committedAt: now }), crmId: 'r2' },
    ];
    for (const each of unseen) expect(await raise([each])).toBe(1);
    // Our own writes are read back a little later, in full batches.
    const rested = new Date(now.getTime() + 3_000);
    expect((await due()).map((row) => row['due_at'])).toEqual([rested, rested, rested]);
  });

  it('reads what others changed, whatever was read since', async () => {
    await addObservedRecord(test.db, connection, 'r0', { due_at: null, as_of: minutesLater(1) });
    expect(await raise([hint('r0', { committedAt: now })])).toBe(1);
  });

  it('leaves records alone that we do not mirror, and those of other connections', async () => {
    expect(await raise([hint('stranger')])).toBe(0);
    expect(await raiseHints(test.db, await addConnection(test.db), 'poll', [hint('r0')], echo, now)).toBe(0);
    expect(await due()).toEqual([]);
  });

  it('asks again for a record that was given up, at once', async () => {
    await addObservedRecord(test.db, connection, 'r0', { due_at: null, parked_at: now, attempts: 9 });
    await raise([hint('r0')]);
    const rows = await test.db.query(
      'SELECT due_at, parked_at, attempts FROM observed_records WHERE connection_id = $1',
      [connection],
    );
    expect(rows).toEqual([{ due_at: now, parked_at: null, attempts: 0 }]);
  });

  it('brings a read forward that was put off, and never puts one off', async () => {
    await addObservedRecord(test.db, connection, 'r0', { due_at: minutesLater(60) });
    await addObservedRecord(test.db, connection, 'r1', { due_at: minutesLater(-60) });
    await raise([hint('r0'), hint('r1')]);
    expect((await due()).map((row) => row['due_at'])).toEqual([now, minutesLater(-60)]);
  });

  it('of a poll does not read a record again that was read as of that change, or later', async () => {
    const read = { due_at: null, snapshot_at: now, updated_at: minutesLater(1) };
    await addObservedRecord(test.db, connection, 'r0', read);
    expect(await raise([hint('r0', { modifiedAt: minutesLater(-1) }), hint('r0', { modifiedAt: now })])).toBe(
      0,
    );
    expect(await raise([hint('r0', { modifiedAt: minutesLater(1) })])).toBe(1);
    expect(await raise([hint('r0')])).toBe(1);
  });

  it('of a poll reads again what was read in the very second of the change: a second change may hide in it', async () => {
    await addObservedRecord(test.db, connection, 'r0', { due_at: null, snapshot_at: now, updated_at: now });
    expect(await raise([hint('r0', { modifiedAt: now })])).toBe(1);
  });

  it('of many workers at once, in any order, loses none', async () => {
    const batches = Array.from({ length: 12 }, (_none, index) =>
      (index % 2 ? ['r0', 'r1', 'r2'] : ['r2', 'r1', 'r0']).map((id) => hint(id)),
    );
    await Promise.all(batches.map((batch) => raise(batch)));
    expect((await due()).map((row) => row['due_seq'])).toEqual([12n, 12n, 12n]);
  });
});

describe('records whose id was just learned', () => {
  it('are read once, whatever was heard of them before', async () => {
    await observeLearned(test.db, connection, [{ crmId: 'new', dealId: deals[0] ?? '' }], now);
    await addObservedRecord(test.db, connection, 'known', { due_at: null });
    await observeLearned(test.db, connection, [{ crmId: 'known', dealId: deals[1] ?? '' }], now);
    const rested = new Date(now.getTime() + 3_000);
    expect(await due()).toEqual([
      { crm_id: 'known', due_seq: 2n, due_at: rested },
      { crm_id: 'new', due_seq: 1n, due_at: rested },
    ]);
  });

  it('are read at once when somebody else changes them, and not put off by our own changes', async () => {
    await observeLearned(test.db, connection, [{ crmId: 'r0', dealId: deals[0] ?? '' }], now);
    await raise([hint('r0', { ours: true })], minutesLater(1));
    expect((await due()).map((row) => row['due_at'])).toEqual([new Date(now.getTime() + 3_000)]);
    await raise([hint('r0')]);
    expect((await due()).map((row) => row['due_at'])).toEqual([now]);
  });
});

describe('after a gap', () => {
  it('every mirrored record of the connection is read again', async () => {
    await addObservedRecord(test.db, connection, 'r1', { due_at: null });
    expect(await observeEverything(test.db, connection, now)).toBe(3);
    expect((await due()).map((row) => [row['crm_id'], row['due_at']])).toEqual([
      ['r0', now],
      ['r1', now],
      ['r2', now],
    ]);
  });
});
