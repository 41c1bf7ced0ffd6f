import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DealSnapshot } from '../crm/connector.ts';
import { CrmDeal } from '../../test/fixtures/crm-deal.ts';
import { observedConnection } from '../../test/fixtures/observed-connection.ts';
import {
  addConnection,
  addDealRows,
  addMirrorRows,
  addObservedRecord,
  addPartnerRow,
  expireLeases,
  minutesLater,
  now,
  readMirror,
} from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { buryDeleted, repushDrifted, reviveRestored } from '../mirror/heed-observations.ts';
import { applySnapshots } from './apply-snapshots.ts';
import { claimDueRecords, type RecordClaim } from './claim-records.ts';
import type { ObservationOutputs } from './judged.ts';
import { raiseHints } from './raise-hints.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

const outputs: ObservationOutputs = {
  recordsDeleted: buryDeleted,
  recordsRestored: reviveRestored,
  recordsDrifted: repushDrifted,
};
const settleMs = 3_600_000;
let connection: string;
let deal: string;

beforeEach(async () => {
  connection = await addConnection(test.db);
  [deal = ''] = await mirrored(connection, 'crm-1');
});

/** One deal whose CRM of record is this connection, mirrored there as `crmIds`, and due to be read. */
async function mirrored(onConnection: string, ...crmIds: string[]): Promise<string[]> {
  const deals = await addDealRows(test.db, await addPartnerRow(test.db), crmIds.length, () => ({
    crm_of_record: connection,
  }));
  await addMirrorRows(test.db, onConnection, deals, (index) => ({
    crm_id: crmIds[index],
    state: 'mirrored',
    due_at: null,
    mirrored_version: 1,
  }));
  for (const crmId of crmIds) await addObservedRecord(test.db, onConnection, crmId);
  return deals;
}

function claim(onConnection: string = connection): Promise<RecordClaim> {
  return claimDueRecords(test.db, onConnection, 100, 60_000, now);
}

function apply(
  by: RecordClaim,
  snapshots: DealSnapshot[],
  onConnection: string = connection,
): Promise<string[]> {
  return applySnapshots(test.db, observedConnection(onConnection), by, snapshots, outputs, { now, settleMs });
}

async function hintAt(crmId = 'crm-1', onConnection: string = connection): Promise<void> {
  const hint = { crmId, change: 'updated' as const, fields: [], ours: false };
  await raiseHints(test.db, onConnection, 'webhook', [hint], { ownFields: new Set() }, now);
}

/** A hint, a claim, a read, an application: what an observer does. */
async function observe(crm: CrmDeal): Promise<string[]> {
  await hintAt(crm.crmId);
  return apply(await claim(), [crm.snapshot()]);
}

async function transitions(): Promise<string[]> {
  const rows = await test.db.query<{ kind: string }>(
    'SELECT kind FROM deal_transitions WHERE deal_id = $1 ORDER BY id',
    [deal],
  );
  return rows.map((row) => row.kind);
}

async function epochs(): Promise<Record<string, unknown>[]> {
  return test.db.query(
    'SELECT epoch, live, amount_minor, ended_by, revision FROM won_epochs WHERE deal_id = $1 ORDER BY epoch',
    [deal],
  );
}

async function record(crmId = 'crm-1'): Promise<Record<string, unknown>> {
  const rows = await test.db.query(
    'SELECT * FROM observed_records WHERE connection_id = $1 AND crm_id = $2',
    [connection, crmId],
  );
  return rows[0] ?? {};
}

describe('applying what the CRM showed', () => {
  it('stores a win with its transition, its epoch, its settling time, the due commission and the status, in one commit', async () => {
    expect(await observe(new CrmDeal().move('won'))).toEqual([deal]);
    expect(await transitions()).toEqual(['won']);
    expect(await epochs()).toEqual([
      { epoch: 1, live: true, amount_minor: 10000n, ended_by: null, revision: 1 },
    ]);
    const settles = await test.db.query('SELECT settles_at FROM won_epochs WHERE deal_id = $1', [deal]);
    expect(settles).toEqual([{ settles_at: new Date(now.getTime() + settleMs) }]);
    expect(
      await test.db.query('SELECT due_seq, due_at FROM commission_due WHERE deal_id = $1', [deal]),
    ).toEqual([{ due_seq: 1n, due_at: now }]);
    expect(await test.db.query('SELECT status FROM deals WHERE id = $1', [deal])).toEqual([
      { status: 'won' },
    ]);
    expect(await test.db.query('SELECT kind FROM deal_events WHERE deal_id = $1', [deal])).toEqual([
      { kind: 'won' },
    ]);
  });

  it('posts nothing when the same is applied a second time', async () => {
    const crm = new CrmDeal().move('won').move('open').move('won');
    await observe(crm);
    const before = [await transitions(), await epochs()];
    expect(await observe(crm)).toEqual([]);
    expect([await transitions(), await epochs()]).toEqual(before);
    expect(await test.db.query('SELECT due_seq FROM commission_due WHERE deal_id = $1', [deal])).toEqual([
      { due_seq: 1n },
    ]);
  });

  it('follows a deal through won, changed, reopened, won again, deleted and restored', async () => {
    const crm = new CrmDeal();
    await observe(crm.move('won'));
    await observe(crm.setAmount('150.00'));
    await observe(crm.move('open'));
    await observe(crm.move('won'));
    await observe(crm.setDeleted(true));
    expect(await epochs()).toMatchObject([
      { epoch: 1, live: false, ended_by: 'reopened', amount_minor: 15000n },
      { epoch: 2, live: false, ended_by: 'deleted', amount_minor: 15000n },
    ]);
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'tombstone', due_at: null });
    await observe(crm.setDeleted(false));
    expect(await epochs()).toMatchObject([
      { live: false },
      { epoch: 2, live: true, ended_by: null, revision: 3 },
    ]);
    expect(await transitions()).toEqual(['won', 'amount-changed', 'reopened', 'won', 'deleted', 'undeleted']);
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'due' });
  });

  it('discards a snapshot older than the stored one and reads again: the change that was hinted at is still to come', async () => {
    const crm = new CrmDeal();
    const old = crm.move('won').snapshot();
    await observe(crm.move('open'));
    await hintAt();
    expect(await apply(await claim(), [old])).toEqual([]);
    expect(await epochs()).toMatchObject([{ epoch: 1, live: false }]);
    expect(await record()).toMatchObject({ snapshot_at: crm.now(), seen_seq: 2n, lease_token: null });
    expect(await claim()).toMatchObject({ records: [] });
    const later = await claimDueRecords(test.db, connection, 100, 60_000, minutesLater(1));
    await apply(later, [crm.move('won').snapshot()]);
    expect(await epochs()).toMatchObject([
      { epoch: 1, live: false },
      { epoch: 2, live: true },
    ]);
  });

  it('believes an older state in the end: a deal that vanished for a while and is there again is no tombstone', async () => {
    const crm = new CrmDeal().move('won');
    await observe(crm);
    const vanished = { ...crm.snapshot(), modifiedAt: now, deleted: true, fields: {}, stageHistory: [] };
    await hintAt();
    await apply(await claim(), [vanished]);
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'tombstone' });
    await hintAt();
    for (let minute = 1; minute <= 5; minute += 1) {
      const reading = await claimDueRecords(test.db, connection, 100, 60_000, minutesLater(minute));
      await apply(reading, [crm.snapshot()]);
    }
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'due' });
    expect(await epochs()).toMatchObject([{ epoch: 1, live: true }]);
    expect(await record()).toMatchObject({ due_at: null, last_error: null });
  });

  it('leaves the record due when a hint arrived while it was read', async () => {
    const crm = new CrmDeal();
    const reading = await claim();
    await hintAt();
    await apply(reading, [crm.snapshot()]);
    expect(await record()).toMatchObject({ due_seq: 2n, seen_seq: 1n, due_at: now, lease_token: null });
    await apply(await claim(), [crm.snapshot()]);
    expect(await record()).toMatchObject({ seen_seq: 2n, due_at: null });
  });

  it('changes nothing for an observer that lost its lease', async () => {
    const slow = await claim();
    await expireLeases(test.db, 'observed_records', connection);
    const fast = await claim();
    expect(await apply(slow, [new CrmDeal().move('won').snapshot()])).toEqual([]);
    expect([await transitions(), await epochs()]).toEqual([[], []]);
    expect(await record()).toMatchObject({ lease_token: fast.token, snapshot_at: null });
  });

  it('of two observers with the same lease at once, stores each win once', async () => {
    const reading = await claim();
    const crm = new CrmDeal().move('won');
    await Promise.all([apply(reading, [crm.snapshot()]), apply(reading, [crm.snapshot()])]);
    expect(await transitions()).toEqual(['won']);
    expect((await epochs()).length).toBe(1);
  });

  it('keeps the neighbours when one record of a batch is unknown to us or stale', async () => {
    await mirrored(connection, 'crm-2');
    await addObservedRecord(test.db, connection, 'not-mirrored');
    const stranger = new CrmDeal('not-mirrored').move('won').snapshot();
    expect(
      await apply(await claim(), [
        stranger,
        new CrmDeal('crm-1').move('won').snapshot(),
        new CrmDeal('crm-2').snapshot(),
      ]),
    ).toEqual([deal]);
    expect(await record('not-mirrored')).toMatchObject({ due_at: null, lease_token: null });
    expect(await record('crm-2')).toMatchObject({ due_at: null });
  });

  it('writes a deal again that the CRM shows in an older version than we mirrored', async () => {
    await test.db.query('UPDATE mirrors SET mirrored_version = 4 WHERE deal_id = $1', [deal]);
    const snapshot = new CrmDeal().snapshot();
    await hintAt();
    await apply(await claim(), [{ ...snapshot, fields: { ...snapshot.fields, Version: '3' } }]);
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'due', mirrored_hash: null });
  });

  it('shows a win in another CRM than that of record, earning nothing and changing no status', async () => {
    const other = await addConnection(test.db);
    await addMirrorRows(test.db, other, [deal], () => ({ crm_id: 'x-1', state: 'mirrored', due_at: null }));
    await addObservedRecord(test.db, other, 'x-1');
    await observe(new CrmDeal('crm-1').move('won'));
    await apply(await claim(other), [new CrmDeal('x-1').move('won').move('lost').snapshot()], other);
    const rows = await test.db.query(
      'SELECT epoch, connection_id, earns_nothing_because FROM won_epochs WHERE deal_id = $1 ORDER BY epoch',
      [deal],
    );
    expect(rows).toEqual([
      { epoch: 1, connection_id: connection, earns_nothing_because: null },
      { epoch: 2, connection_id: other, earns_nothing_because: 'not-crm-of-record' },
    ]);
    expect(await test.db.query('SELECT status FROM deals WHERE id = $1', [deal])).toEqual([
      { status: 'won' },
    ]);
  });

  it('pays one win once when the CRM merged the records of two deals', async () => {
    await observe(new CrmDeal('crm-1').move('won'));
    const [survivor = ''] = await mirrored(connection, 'crm-2');
    const merged = new CrmDeal('crm-2').move('won').setAmount('250.00').snapshot();
    await hintAt('crm-1');
    await hintAt('crm-2');
    await apply(await claim(), [merged, { ...merged, mergedFrom: 'crm-1' }]);
    const live = await test.db.query(
      'SELECT deal_id, amount_minor FROM won_epochs WHERE connection_id = $1 AND live',
      [connection],
    );
    expect(live).toEqual([{ deal_id: survivor, amount_minor: 25000n }]);
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'tombstone' });
    expect(await readMirror(test.db, connection, survivor)).toMatchObject({ state: 'mirrored' });
  });

  it('follows a record that was merged into one that is no deal of ours, and hears of that one from then on', async () => {
    const crm = new CrmDeal('crm-1').move('won');
    await observe(crm);
    const survivor = new CrmDeal('crm-9').move('won').move('open').move('won');
    await hintAt('crm-1');
    await apply(await claim(), [{ ...survivor.snapshot(), mergedFrom: 'crm-1' }]);
    expect(await epochs()).toMatchObject([
      { epoch: 1, live: false },
      { epoch: 2, live: true },
    ]);
    expect(await transitions()).toEqual(['won', 'reopened', 'won']);
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'mirrored', crm_id: 'crm-9' });
    expect(await record('crm-9')).toMatchObject({
      due_at: null,
      lease_token: null,
      snapshot_at: survivor.now(),
    });
    await observe(survivor.move('lost'));
    expect(await epochs()).toMatchObject([{ live: false }, { live: false, ended_by: 'lost' }]);
  });

  it('gives the record that two deals were merged into to one of them, whichever batch it came in', async () => {
    await mirrored(connection, 'crm-2', 'crm-3');
    const created = new CrmDeal('crm-new').move('won').snapshot();
    await apply(await claim(), [
      { ...created, mergedFrom: 'crm-1' },
      { ...created, mergedFrom: 'crm-2' },
    ]);
    await expireLeases(test.db, 'observed_records', connection);
    await apply(await claim(), [{ ...created, mergedFrom: 'crm-3' }]);
    const live = await test.db.query('SELECT deal_id FROM won_epochs WHERE connection_id = $1 AND live', [
      connection,
    ]);
    expect(live).toEqual([{ deal_id: deal }]);
    const states = await test.db.query('SELECT state FROM mirrors WHERE connection_id = $1 ORDER BY 1', [
      connection,
    ]);
    expect(states).toEqual([{ state: 'mirrored' }, { state: 'tombstone' }, { state: 'tombstone' }]);
  });

  it('moves no deal for an observer that lost its lease', async () => {
    const slow = await claim();
    await expireLeases(test.db, 'observed_records', connection);
    await claim();
    await apply(slow, [{ ...new CrmDeal('crm-9').snapshot(), mergedFrom: 'crm-1' }]);
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ crm_id: 'crm-1' });
  });

  it('pays nothing for a win before the cut-off', async () => {
    await test.db.query('UPDATE connections SET cutoff_at = $2 WHERE id = $1', [connection, now]);
    await observe(new CrmDeal().move('won'));
    const rows = await test.db.query('SELECT earns_nothing_because FROM won_epochs WHERE deal_id = $1', [
      deal,
    ]);
    expect(rows).toEqual([{ earns_nothing_because: 'before-cutoff' }]);
  });
});

describe('the stored money facts', () => {
  it('have at most one live epoch per deal and CRM: the database refuses a second', async () => {
    await observe(new CrmDeal().move('won'));
    const second = `INSERT INTO won_epochs (deal_id, epoch, connection_id, crm_id, history_id, won_at, live, settles_at, updated_at)
                    VALUES ($1, 2, $2, 'crm-1', 'h99', now(), true, now(), now())`;
    await expect(test.db.query(second, [deal, connection])).rejects.toThrow(/won_epochs_one_live/);
  });

  it('cannot be edited or deleted by the application once a transition is stored', async () => {
    await observe(new CrmDeal().move('won'));
    await expect(test.db.query(`UPDATE deal_transitions SET kind = 'lost'`)).rejects.toThrow(
      /permission denied/,
    );
    await expect(test.db.query('DELETE FROM deal_transitions')).rejects.toThrow(/permission denied/);
  });
});
