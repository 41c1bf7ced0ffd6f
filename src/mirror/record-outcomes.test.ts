import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  addConnection,
  addDealRows,
  addMirrorRows,
  addPartnerRow,
  addReference,
  expireLeases,
  linkPartner,
  minutesLater,
  now,
  readMirror,
} from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { claimDueDeals, markSending, type DealClaim } from './claim-deals.ts';
import type { DealResult } from './deal-result.ts';
import { desireMirrors } from './desire.ts';
import { goLive } from './go-live.ts';
import { buryDeleted } from './heed-observations.ts';
import { confirmPartnerLink } from './partner-links.ts';
import { recordDealResults, type MirrorOutputs } from './record-outcomes.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

let connection: string;
let partner: string;
let learned: string[];
const outputs: MirrorOutputs = {
  recordsLearned: async (_tx, _connection, records) => {
    learned.push(...records.map((record) => record.crmId));
  },
};

beforeEach(async () => {
  learned = [];
  connection = await addConnection(test.db);
  partner = await addPartnerRow(test.db);
  await linkPartner(test.db, partner, connection);
  await addReference(test.db, connection, 'domain:acme.com', {
    state: 'resolved',
    crm_id: 'account',
    due_at: null,
  });
});

/** `count` deals, claimed and marked as being sent. */
async function sending(count: number): Promise<{ deals: string[]; claim: DealClaim }> {
  const deals = await addDealRows(test.db, partner, count);
  await addMirrorRows(test.db, connection, deals);
  const claim = await claimDueDeals(test.db, connection, { most: count, batch: count }, now);
  await markSending(
    test.db,
    connection,
    claim.lease,
    deals.map((dealId) => ({ dealId, hash: 'h' })),
  );
  return { deals, claim };
}

function result(dealId: string | undefined, change: Partial<DealResult> = {}): DealResult {
  return {
    dealId: dealId ?? '',
    state: 'mirrored',
    version: 1,
    claimedDueAt: now,
    hash: 'hash',
    crmId: `crm-${dealId ?? ''}`,
    linked: true,
    suspect: false,
    dueAt: null,
    error: null,
    write: { operation: 'upsert', outcome: 'written', fields: { Name: 'x' } },
    ...change,
  };
}

function record(claim: DealClaim, results: DealResult[]): Promise<number> {
  return recordDealResults(test.db, connection, randomUUID(), claim.lease, results, outputs, now);
}

async function writesOf(dealId: string | undefined): Promise<string[]> {
  const rows = await test.db.query<{ outcome: string }>(
    'SELECT outcome FROM crm_writes WHERE deal_id = $1 ORDER BY id',
    [dealId],
  );
  return rows.map((row) => row.outcome);
}

describe('recording a batch', () => {
  it('leaves a written deal converged, its record known and its lease gone', async () => {
    const { deals, claim } = await sending(1);
    expect(await record(claim, [result(deals[0])])).toBe(1);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'mirrored',
      due_at: null,
      mirrored_version: 1,
      mirrored_hash: 'hash',
      crm_id: `crm-${deals[0]}`,
      suspect: false,
      attempts: 0,
      lease_token: null,
    });
    expect(learned).toEqual([`crm-${deals[0]}`]);
    expect(await writesOf(deals[0])).toEqual(['written']);
  });

  it('tells of a record when its id is new or it was written, so that it is read back', async () => {
    const { deals, claim } = await sending(1);
    await record(claim, [result(deals[0], { state: 'due', dueAt: now })]);
    const again = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    await record(again, [result(deals[0], { state: 'due', dueAt: now })]);
    expect(learned).toEqual([`crm-${deals[0]}`, `crm-${deals[0]}`]);
    const nothingSent = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    await record(nothingSent, [result(deals[0], { write: null })]);
    expect(learned.length).toBe(2);
  });

  it('stores nothing when the record cannot be put under observation in the same transaction', async () => {
    const { deals, claim } = await sending(1);
    const failing: MirrorOutputs = { recordsLearned: () => Promise.reject(new Error('no')) };
    await expect(
      recordDealResults(test.db, connection, randomUUID(), claim.lease, [result(deals[0])], failing, now),
    ).rejects.toThrow('no');
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'due',
      crm_id: null,
      suspect: true,
    });
    expect(await writesOf(deals[0])).toEqual([]);
  });

  it('records each deal by itself: retried, parked and written side by side', async () => {
    const { deals, claim } = await sending(3);
    const error = { kind: 'invalid-record', plain: 'the amount is not accepted' };
    const at = minutesLater(1);
    await record(claim, [
      result(deals[0]),
      result(deals[1], {
        state: 'due',
        hash: null,
        crmId: null,
        dueAt: at,
        suspect: true,
        error: { kind: 'ambiguous', plain: '' },
        linked: false,
      }),
      result(deals[2], { state: 'parked', hash: null, crmId: null, error, linked: false }),
    ]);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({ state: 'mirrored' });
    expect(await readMirror(test.db, connection, deals[1])).toMatchObject({
      state: 'due',
      due_at: at,
      attempts: 1,
      suspect: true,
      mirrored_hash: null,
    });
    expect(await readMirror(test.db, connection, deals[2])).toMatchObject({
      state: 'parked',
      due_at: null,
      last_error: error,
    });
  });

  it('records what a CRM said in characters that no database stores, and its neighbours with it', async () => {
    const { deals, claim } = await sending(2);
    const error = { kind: 'invalid-record', plain: 'refused', vendorMessage: 'cut in \ud83d and \u0000' };
    expect(
      await record(claim, [result(deals[0]), result(deals[1], { state: 'parked', crmId: null, error })]),
    ).toBe(2);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({ state: 'mirrored' });
    expect(await readMirror(test.db, connection, deals[1])).toMatchObject({
      state: 'parked',
      last_error: { vendorMessage: 'cut in \ufffd and \ufffd' },
    });
  });

  it('leaves a deal due that was edited while its older version was sent', async () => {
    const { deals, claim } = await sending(1);
    await test.db.query('UPDATE deals SET version = 2 WHERE id = $1', [deals[0]]);
    await test.db.transaction((tx) => desireMirrors(tx, deals, 'all', now));
    await record(claim, [result(deals[0])]);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'due',
      desired_version: 2,
      mirrored_version: 1,
      due_at: now,
    });
    expect((await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now)).mirrors).toMatchObject([
      { desiredVersion: 2 },
    ]);
  });

  it('leaves a deal due whose partner was linked to another account while it was sent: that write names the old one', async () => {
    const { deals, claim } = await sending(1);
    const link = { partnerId: partner, connectionId: connection, crmId: 'right', by: 'Kim' };
    await confirmPartnerLink(test.db, link, minutesLater(1));
    await record(claim, [result(deals[0])]);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'due',
      due_at: now,
      mirrored_hash: 'hash',
      lease_token: null,
    });
  });

  it('lets a deal wait whose company was changed under way to one that is not resolved yet', async () => {
    const { deals, claim } = await sending(1);
    await test.db.query(`UPDATE deals SET version = 2, company_domain = 'other.com' WHERE id = $1`, [
      deals[0],
    ]);
    await test.db.transaction((tx) => desireMirrors(tx, deals, 'all', now));
    await record(claim, [result(deals[0])]);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'waiting',
      due_at: null,
      mirrored_version: 1,
    });
  });

  it('leaves a tombstone that was set under way', async () => {
    const { deals, claim } = await sending(1);
    await test.db.transaction((tx) => buryDeleted(tx, connection, deals, now));
    await record(claim, [result(deals[0])]);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'tombstone',
      due_at: null,
      crm_id: `crm-${deals[0]}`,
      last_error: { kind: 'not-found' },
    });
  });
});

describe('recording after the lease was lost', () => {
  it('changes nothing but makes the deal suspect, and due again if another worker had finished it', async () => {
    const { deals, claim } = await sending(1);
    await expireLeases(test.db, 'mirrors', connection);
    const other = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    await record(other, [result(deals[0], { hash: 'of the other' })]);
    expect(await record(claim, [result(deals[0], { crmId: 'zombie' })])).toBe(0);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'due',
      mirrored_hash: null,
      suspect: true,
      crm_id: `crm-${deals[0]}`,
    });
    expect(learned).toEqual([`crm-${deals[0]}`]);
  });

  it('still tells the truth in the log of writes', async () => {
    const { deals, claim } = await sending(1);
    await expireLeases(test.db, 'mirrors', connection);
    await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    await record(claim, [result(deals[0])]);
    expect(await writesOf(deals[0])).toEqual(['written']);
  });

  it('leaves a deal alone that this worker never wrote', async () => {
    const { deals, claim } = await sending(1);
    await expireLeases(test.db, 'mirrors', connection);
    const other = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    await record(other, [result(deals[0])]);
    await record(claim, [result(deals[0], { write: null })]);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'mirrored',
      mirrored_hash: 'hash',
      suspect: false,
    });
  });
});

describe('records merged in the CRM', () => {
  it('stay with the deal that has them; the other is parked, and its neighbours are recorded', async () => {
    const first = await sending(1);
    await record(first.claim, [result(first.deals[0], { crmId: 'survivor' })]);
    const { deals, claim } = await sending(3);
    await record(claim, [
      result(deals[0], { crmId: 'survivor' }),
      result(deals[1], { crmId: 'twins' }),
      result(deals[2], { crmId: 'twins' }),
    ]);
    const [merged, twin, otherTwin] = await Promise.all(
      deals.map((deal) => readMirror(test.db, connection, deal)),
    );
    expect(merged).toMatchObject({ state: 'parked', crm_id: null, last_error: { kind: 'conflict' } });
    expect(merged?.last_error?.plain).toContain(first.deals[0]);
    expect(twin).toMatchObject({ state: 'mirrored', crm_id: 'twins' });
    expect(otherTwin).toMatchObject({ state: 'parked', crm_id: null });
  });

  it('are read under the id of the deal that lost its own: its win may have to be taken back', async () => {
    const first = await sending(1);
    await record(first.claim, [result(first.deals[0], { crmId: 'survivor' })]);
    const { deals, claim } = await sending(1);
    await record(claim, [result(deals[0], { crmId: 'merged-away', state: 'due', dueAt: now })]);
    const again = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    learned = [];
    await record(again, [result(deals[0], { crmId: 'survivor' })]);
    expect(learned).toEqual(['merged-away']);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'parked',
      crm_id: 'merged-away',
    });
  });
});

describe('a record that is not what we took it for', () => {
  it('keeps the id its wins hang on when it answers under another, and is read again, so that the observer moves both together', async () => {
    const { deals, claim } = await sending(1);
    await record(claim, [result(deals[0], { crmId: 'merged-away', state: 'due', dueAt: now })]);
    const again = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    await record(again, [result(deals[0], { crmId: 'survivor' })]);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'mirrored',
      crm_id: 'merged-away',
    });
    expect(learned).toEqual(['merged-away', 'merged-away']);
  });

  it('is read again when the CRM no longer has it: the news of its deletion may have been lost, and a win ends with it', async () => {
    const { deals, claim } = await sending(1);
    await record(claim, [result(deals[0], { crmId: 'gone', state: 'due', dueAt: now })]);
    const again = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    await record(again, [result(deals[0], { crmId: 'gone', state: 'tombstone' })]);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({ state: 'tombstone' });
    expect(learned).toEqual(['gone', 'gone']);
  });
});

describe('a batch computed in shadow', () => {
  const shadow: Partial<DealResult> = {
    state: 'shadowed',
    crmId: null,
    linked: false,
    write: { operation: 'upsert', outcome: 'shadow', fields: { Name: 'x' } },
  };

  beforeEach(() => test.db.query(`UPDATE connections SET mode = 'shadow' WHERE id = $1`, [connection]));

  it('is recorded as intended, and is not due', async () => {
    const { deals, claim } = await sending(1);
    await record(claim, [result(deals[0], shadow)]);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'shadowed',
      mirrored_hash: null,
      crm_id: null,
      due_at: null,
    });
    expect(await writesOf(deals[0])).toEqual(['shadow']);
  });

  it('is due for real when the connection went live before it was recorded', async () => {
    const { deals, claim } = await sending(1);
    await goLive(test.db, { connectionId: connection, by: 'Kim', cutoff: now, hourlyWriteCap: 100 }, now);
    await record(claim, [result(deals[0], shadow)]);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({ state: 'due', due_at: now });
  });

  it('is never lost between going live and recording, whichever commits first', async () => {
    for (let round = 0; round < 10; round++) {
      await test.db.query(`UPDATE connections SET mode = 'shadow' WHERE id = $1`, [connection]);
      const { deals, claim } = await sending(1);
      await Promise.all([
        goLive(test.db, { connectionId: connection, by: 'Kim', cutoff: now, hourlyWriteCap: 100 }, now),
        record(claim, [result(deals[0], shadow)]),
      ]);
      expect(await readMirror(test.db, connection, deals[0])).toMatchObject({ state: 'due' });
    }
  });
});
