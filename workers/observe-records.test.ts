import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DealSnapshot } from '../src/crm/connector.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { buryDeleted, repushDrifted, reviveRestored } from '../src/mirror/heed-observations.ts';
import { setSlots } from '../src/mirror/slots.ts';
import { manualClock } from '../src/platform/clock.ts';
import { silentLogger } from '../src/platform/logging.ts';
import { CrmDeal } from '../test/fixtures/crm-deal.ts';
import { observedConnection } from '../test/fixtures/observed-connection.ts';
import {
  addConnection,
  addDealRows,
  addMirrorRows,
  addObservedRecord,
  addPartnerRow,
  now,
} from '../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../test/services/database.ts';
import type { ObservingContext } from './context.ts';
import { observeRecords } from './observe-records.ts';

let test: TestDatabase;
let connectionId: string;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  connectionId = await addConnection(test.db);
  await setSlots(test.db, connectionId, 'observe', 1);
});

/** One mirrored deal per id, all due to be read. */
async function mirrored(...crmIds: string[]): Promise<void> {
  const deals = await addDealRows(test.db, await addPartnerRow(test.db), crmIds.length, () => ({
    crm_of_record: connectionId,
  }));
  await addMirrorRows(test.db, connectionId, deals, (index) => ({
    crm_id: crmIds[index],
    state: 'mirrored',
    due_at: null,
    mirrored_version: 1,
  }));
  for (const crmId of crmIds) await addObservedRecord(test.db, connectionId, crmId);
}

/** A worker whose CRM answers with these snapshots; everything behind the answer is real. */
function observer(snapshots: readonly DealSnapshot[]): ObservingContext {
  const observed = observedConnection(connectionId);
  const wired = {
    ...observed,
    vendor: 'acme',
    capabilities: { readBatch: 100 },
    connector: { readDeals: async () => snapshots },
  } as unknown as WiredConnection;
  return {
    db: test.db,
    clock: manualClock(now),
    logger: silentLogger,
    queues: { wake: async () => undefined },
    connections: { open: async () => wired, forget: async () => undefined },
    observationOutputs: {
      recordsDeleted: buryDeleted,
      recordsRestored: reviveRestored,
      recordsDrifted: repushDrifted,
    },
    random: () => 0.5,
    settleMs: 0,
  } as unknown as ObservingContext;
}

async function wins(): Promise<unknown[]> {
  return test.db.query('SELECT crm_id FROM won_epochs WHERE connection_id = $1 AND live ORDER BY crm_id', [
    connectionId,
  ]);
}

async function record(crmId: string): Promise<Record<string, unknown> | undefined> {
  const rows = await test.db.query(
    `SELECT due_at > $3 AS later, lease_token, last_error->>'plain' AS plain FROM observed_records
      WHERE connection_id = $1 AND crm_id = $2`,
    [connectionId, crmId, now],
  );
  return rows[0];
}

describe('reading a batch of records', () => {
  it('hears the wins of the neighbours of a record that cannot be stored, and says so of that one', async () => {
    await mirrored('crm-1', 'crm-2', 'crm-3');
    const beyondTheCalendar = {
      ...new CrmDeal('crm-2').move('won').snapshot(),
      modifiedAt: new Date(8.64e15),
    };
    const context = observer([
      new CrmDeal('crm-1').move('won').snapshot(),
      beyondTheCalendar,
      new CrmDeal('crm-3').move('won').snapshot(),
    ]);
    await observeRecords(context, { connectionId });
    expect(await wins()).toEqual([{ crm_id: 'crm-1' }, { crm_id: 'crm-3' }]);
    expect(await record('crm-2')).toEqual({
      later: true,
      lease_token: null,
      plain: expect.stringContaining('cannot be stored'),
    });
  });

  it('holds a win of an amount no ledger can carry instead of losing it and its neighbours', async () => {
    await mirrored('crm-1', 'crm-2');
    const absurd = new CrmDeal('crm-1').setAmount('99999999999999999999').move('won').snapshot();
    await observeRecords(observer([absurd, new CrmDeal('crm-2').move('won').snapshot()]), { connectionId });
    expect(await wins()).toEqual([{ crm_id: 'crm-1' }, { crm_id: 'crm-2' }]);
  });
});
