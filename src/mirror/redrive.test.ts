import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  addConnection,
  addDealRows,
  addMirrorRows,
  addPartnerRow,
  addReference,
  linkPartner,
  now,
  readMirror,
} from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { recreateTombstone, redrive } from './redrive.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

let connection: string;
let partner: string;
beforeEach(async () => {
  connection = await addConnection(test.db);
  partner = await addPartnerRow(test.db);
  await linkPartner(test.db, partner, connection);
  await addReference(test.db, connection, 'domain:acme.com', {
    state: 'resolved',
    crm_id: 'a',
    due_at: null,
  });
});

async function mirrors(count: number, change: (index: number) => Record<string, unknown>): Promise<string[]> {
  const deals = await addDealRows(test.db, partner, count);
  await addMirrorRows(test.db, connection, deals, (index) => ({
    due_at: null,
    attempts: 7,
    ...change(index),
  }));
  return deals;
}

const parked = (kind: string): Record<string, unknown> => ({
  state: 'parked',
  parked_at: now,
  last_error: { kind, plain: kind },
});

describe('redriving', () => {
  it('makes parked deals due at once, with their tries forgotten', async () => {
    const deals = await mirrors(2, () => parked('invalid-record'));
    expect(await redrive(test.db, { connectionId: connection }, now)).toEqual({ deals: 2, references: 0 });
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'due',
      due_at: now,
      attempts: 0,
    });
  });

  it('lets a deal wait whose references are not resolved', async () => {
    const deals = await mirrors(1, () => ({ ...parked('invalid-record'), account_key: 'unknown' }));
    await redrive(test.db, { connectionId: connection }, now);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({ state: 'waiting', due_at: null });
  });

  it('takes only what the filter names: a connection, deals, a kind of problem', async () => {
    const deals = await mirrors(3, (index) => parked(index === 0 ? 'conflict' : 'invalid-record'));
    expect((await redrive(test.db, { connectionId: 'another' }, now)).deals).toBe(0);
    expect((await redrive(test.db, { connectionId: connection, kind: 'conflict' }, now)).deals).toBe(1);
    expect((await redrive(test.db, { dealIds: [deals[1] ?? ''] }, now)).deals).toBe(1);
    expect(await readMirror(test.db, connection, deals[2])).toMatchObject({ state: 'parked' });
  });

  it('redrives parked references, those of named deals only where deals are named', async () => {
    await addReference(test.db, connection, 'p@x.com', {
      kind: 'contact',
      state: 'parked',
      due_at: null,
      attempts: 4,
    });
    await addReference(test.db, connection, 'q@x.com', {
      kind: 'contact',
      state: 'parked',
      due_at: null,
      attempts: 4,
    });
    const deals = await mirrors(1, () => ({ state: 'waiting', contact_key: 'p@x.com' }));
    expect(await redrive(test.db, { dealIds: deals }, now)).toEqual({ deals: 0, references: 1 });
    const rows = await test.db.query(
      `SELECT key, state, attempts FROM crm_references WHERE connection_id = $1 AND kind = 'contact' ORDER BY key`,
      [connection],
    );
    expect(rows).toEqual([
      { key: 'p@x.com', state: 'due', attempts: 0 },
      { key: 'q@x.com', state: 'parked', attempts: 4 },
    ]);
  });

  it('looks for account and contact anew where the CRM refused the deal: they may have been deleted or merged there', async () => {
    const reference = { state: 'resolved', crm_id: 'gone', due_at: null };
    await addReference(test.db, connection, 'domain:gone.com', reference);
    await addReference(test.db, connection, 'jo@gone.com', {
      ...reference,
      kind: 'contact',
      account_key: 'domain:gone.com',
    });
    const refusal = { kind: 'invalid-record', stage: 'push', plain: 'a record this one refers to is gone' };
    const deals = await mirrors(2, (index) => ({
      ...parked('invalid-record'),
      ...(index === 0
        ? { account_key: 'domain:gone.com', contact_key: 'jo@gone.com', last_error: refusal }
        : {}),
    }));
    await redrive(test.db, { connectionId: connection }, now);
    const states = await test.db.query<{ key: string; state: string }>(
      'SELECT key, state FROM crm_references WHERE connection_id = $1 ORDER BY key',
      [connection],
    );
    expect(states.map((row) => `${row.key} ${row.state}`)).toEqual([
      'domain:acme.com resolved',
      'domain:gone.com due',
      'jo@gone.com waiting',
    ]);
    expect((await readMirror(test.db, connection, deals[0])).state).toBe('waiting');
    expect((await readMirror(test.db, connection, deals[1])).state).toBe('due');
  });

  it('never touches a tombstone, a due deal or a mirrored one', async () => {
    const states = ['tombstone', 'due', 'mirrored'];
    const deals = await mirrors(3, (index) => ({
      state: states[index],
      last_error: { kind: 'not-found', plain: '' },
    }));
    expect((await redrive(test.db, { connectionId: connection }, now)).deals).toBe(0);
    for (const [index, deal] of deals.entries())
      expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: states[index] });
  });
});

describe('recreating a deal that was deleted in the CRM', () => {
  it('forgets the old record and starts anew', async () => {
    const deals = await mirrors(1, () => ({
      state: 'tombstone',
      crm_id: 'old',
      mirrored_version: 3,
      linked_version: 3,
      suspect: true,
    }));
    expect(await recreateTombstone(test.db, connection, deals[0] ?? '', now)).toBe(true);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'due',
      crm_id: null,
      mirrored_version: null,
      suspect: false,
    });
  });

  it('is refused for anything but a tombstone', async () => {
    const deals = await mirrors(1, () => ({ state: 'mirrored', crm_id: 'alive' }));
    expect(await recreateTombstone(test.db, connection, deals[0] ?? '', now)).toBe(false);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({ crm_id: 'alive' });
  });
});
