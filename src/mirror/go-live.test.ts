import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  addConnection,
  addDealRows,
  addMirrorRows,
  addPartnerRow,
  addReference,
  linkPartner,
  minutesLater,
  now,
  readMirror,
} from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { pauseConnection, readGate } from './gate.ts';
import { goLive, intendedPrefix } from './go-live.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

let connection: string;
beforeEach(async () => {
  connection = await addConnection(test.db, { mode: 'shadow', is_sandbox: false });
});

function live(id: string = connection): Promise<void> {
  return goLive(test.db, { connectionId: id, by: 'Kim', cutoff: now, hourlyWriteCap: 500 }, now);
}

describe('going live', () => {
  it('keeps who answers for it, from when wins count, and how much may be written', async () => {
    await live();
    const rows = await test.db.query(
      'SELECT mode, live_by, live_at, cutoff_at, hourly_write_cap FROM connections WHERE id = $1',
      [connection],
    );
    expect(rows).toEqual([
      { mode: 'live', live_by: 'Kim', live_at: now, cutoff_at: now, hourly_write_cap: 500 },
    ]);
  });

  it('ends the pause of a used-up cap: a person raised it', async () => {
    await pauseConnection(test.db, connection, minutesLater(30), 'the cap of 5 writes an hour is reached');
    await live();
    expect((await readGate(test.db, connection, now))?.closedBecause).toBeNull();
  });

  it('is impossible for a real CRM without a person, a cut-off and a cap: the database refuses', async () => {
    for (const missing of ['live_by', 'cutoff_at', 'hourly_write_cap']) {
      const set = { live_by: `'Kim'`, cutoff_at: 'now()', hourly_write_cap: '1', [missing]: 'NULL' };
      const update = `UPDATE connections SET mode = 'live', live_by = ${set.live_by}, cutoff_at = ${set.cutoff_at}, hourly_write_cap = ${set.hourly_write_cap} WHERE id = $1`;
      await expect(test.db.query(update, [connection])).rejects.toThrow(/check constraint/);
    }
  });

  it('is refused for a connection that does not exist', async () => {
    await expect(live('nobody')).rejects.toThrow('There is no connection named nobody.');
  });

  it('makes due again what was only computed, and looks anew for what was only intended', async () => {
    const partner = await addPartnerRow(test.db);
    await linkPartner(test.db, partner, connection);
    await addReference(test.db, connection, 'real', { state: 'resolved', crm_id: '001', due_at: null });
    await addReference(test.db, connection, 'intended', {
      state: 'resolved',
      crm_id: `${intendedPrefix}intended`,
      due_at: null,
    });
    await addReference(test.db, connection, 'jo@x.com', {
      kind: 'contact',
      account_key: 'intended',
      state: 'resolved',
      crm_id: `${intendedPrefix}jo`,
      due_at: null,
    });
    await addReference(test.db, connection, 'al@x.com', { kind: 'contact', account_key: 'intended' });
    const deals = await addDealRows(test.db, partner, 3);
    const keys = ['real', 'intended', 'intended'];
    await addMirrorRows(test.db, connection, deals, (index) => ({
      account_key: keys[index],
      ...(index < 2 ? { state: 'shadowed', due_at: null, mirrored_version: 1, mirrored_hash: 'h' } : {}),
    }));
    await live();
    const states = await test.db.query(
      'SELECT key, state, crm_id FROM crm_references WHERE connection_id = $1 ORDER BY key',
      [connection],
    );
    expect(states).toEqual([
      { key: 'al@x.com', state: 'waiting', crm_id: null },
      { key: 'intended', state: 'due', crm_id: null },
      { key: 'jo@x.com', state: 'waiting', crm_id: null },
      { key: 'real', state: 'resolved', crm_id: '001' },
    ]);
    const [real, intended, wasDue] = await Promise.all(
      deals.map((deal) => readMirror(test.db, connection, deal)),
    );
    expect(real).toMatchObject({ state: 'due', mirrored_version: null, mirrored_hash: null });
    expect(intended).toMatchObject({ state: 'waiting', due_at: null });
    expect(wasDue).toMatchObject({ state: 'waiting', due_at: null });
  });

  it('leaves parked deals and tombstones to people', async () => {
    const deals = await addDealRows(test.db, await addPartnerRow(test.db), 2);
    await addMirrorRows(test.db, connection, deals, (index) => ({
      state: index === 0 ? 'parked' : 'tombstone',
      due_at: null,
    }));
    await live();
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({ state: 'parked' });
    expect(await readMirror(test.db, connection, deals[1])).toMatchObject({ state: 'tombstone' });
  });
});
