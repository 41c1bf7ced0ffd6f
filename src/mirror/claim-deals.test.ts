import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  addConnection,
  addDealRows,
  addDueDeals,
  addMirrorRows,
  addPartnerRow,
  addReference,
  expireLeases,
  minutesLater,
  now,
  readMirror,
} from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { claimDueDeals, markSending, releaseDeals } from './claim-deals.ts';
import { setSlots } from './slots.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

describe('claiming due deals', () => {
  it('never gives one deal to two workers, and leaves none out', async () => {
    const connection = await addConnection(test.db);
    const deals = await addDueDeals(test.db, connection, 120);
    const claims = await Promise.all(
      Array.from({ length: 8 }, () => claimDueDeals(test.db, connection, { most: 15, batch: 15 }, now)),
    );
    const claimed = claims.flatMap((claim) => claim.mirrors.map((mirror) => mirror.dealId));
    expect(claimed.length).toBe(120);
    expect(new Set(claimed)).toEqual(new Set(deals));
    expect((await claimDueDeals(test.db, connection, { most: 15, batch: 15 }, now)).mirrors).toEqual([]);
  });

  it('takes whole batches, as many as leave the same for every slot', async () => {
    const connection = await addConnection(test.db);
    await setSlots(test.db, connection, 'push', 2);
    await addDueDeals(test.db, connection, 50);
    const sizes: number[] = [];
    for (let claim = 0; claim < 6; claim++)
      sizes.push((await claimDueDeals(test.db, connection, { most: 30, batch: 10 }, now)).mirrors.length);
    expect(sizes).toEqual([20, 10, 10, 10, 0, 0]);
  });

  it('waits for a batch to fill while references are due, but not for long', async () => {
    const connection = await addConnection(test.db);
    await addDueDeals(test.db, connection, 3);
    await addReference(test.db, connection, 'domain:other.com');
    const size = { most: 10, batch: 10 };
    expect((await claimDueDeals(test.db, connection, size, now)).mirrors).toEqual([]);
    expect((await claimDueDeals(test.db, connection, { most: 3, batch: 3 }, now)).mirrors).toHaveLength(3);
    await expireLeases(test.db, 'mirrors', connection);
    const soon = new Date(now.getTime() + 1_500);
    expect((await claimDueDeals(test.db, connection, size, soon)).mirrors).toHaveLength(3);
  });

  it('takes the oldest due first, and none that is due later or of another connection', async () => {
    const [connection, other] = [await addConnection(test.db), await addConnection(test.db)];
    const deals = await addDealRows(test.db, await addPartnerRow(test.db), 3);
    await addMirrorRows(test.db, connection, deals, (index) => ({
      due_at: minutesLater(index - 1.5),
      account_key: `domain:acme-${index}.com`,
    }));
    await addMirrorRows(test.db, other, deals);
    const first = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    expect(first.mirrors.map((mirror) => mirror.dealId)).toEqual([deals[0]]);
    const rest = await claimDueDeals(test.db, connection, { most: 10, batch: 10 }, now);
    expect(rest.mirrors.map((mirror) => mirror.dealId)).toEqual([deals[1]]);
  });

  it('gives a deal to another worker once the lease has run out', async () => {
    const connection = await addConnection(test.db);
    await addDueDeals(test.db, connection, 1);
    const first = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    await expireLeases(test.db, 'mirrors', connection);
    const second = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    expect(second.mirrors.length).toBe(1);
    expect(second.lease.token).not.toBe(first.lease.token);
  });

  it('is not held up by a claim that has not committed', async () => {
    const connection = await addConnection(test.db);
    await addDueDeals(test.db, connection, 4);
    await test.db.transaction(async (tx) => {
      expect((await claimDueDeals(tx, connection, { most: 2, batch: 2 }, now)).mirrors.length).toBe(2);
      expect((await claimDueDeals(test.db, connection, { most: 4, batch: 4 }, now)).mirrors.length).toBe(2);
    });
  });
});

function sendingOf(deals: readonly string[], hash = 'h'): { dealId: string; hash: string }[] {
  return deals.map((dealId) => ({ dealId, hash }));
}

describe('before a send', () => {
  it('what the first send holds is kept, and forgotten with the second: either may have reached the CRM', async () => {
    const connection = await addConnection(test.db);
    const deals = await addDueDeals(test.db, connection, 1);
    const { lease } = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    await markSending(test.db, connection, lease, sendingOf(deals, 'first'));
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({ sent_hash: 'first' });
    await markSending(test.db, connection, lease, sendingOf(deals, 'second'));
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({ sent_hash: null });
  });

  it('the mirrored state is unknown: an answer that gets lost leaves a suspect, not a converged deal', async () => {
    const connection = await addConnection(test.db);
    const deals = await addDealRows(test.db, await addPartnerRow(test.db), 1);
    await addMirrorRows(test.db, connection, deals, () => ({ mirrored_hash: 'h', mirrored_version: 1 }));
    const { lease } = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    expect(await markSending(test.db, connection, lease, sendingOf(deals))).toEqual(new Set(deals));
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      mirrored_hash: null,
      suspect: true,
      attempts: 1,
    });
  });

  it('nothing is marked whose lease was lost: that must not be sent', async () => {
    const connection = await addConnection(test.db);
    const deals = await addDueDeals(test.db, connection, 2);
    const { lease } = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    const held = await markSending(test.db, connection, lease, sendingOf(deals));
    expect(held.size).toBe(1);
    await expireLeases(test.db, 'mirrors', connection);
    await claimDueDeals(test.db, connection, { most: 2, batch: 2 }, now);
    expect(await markSending(test.db, connection, lease, sendingOf(deals))).toEqual(new Set());
  });
});

describe('releasing a claim', () => {
  it('leaves its deals due and untouched, and those of other claims leased', async () => {
    const connection = await addConnection(test.db);
    await addDueDeals(test.db, connection, 2);
    const mine = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    const other = await claimDueDeals(test.db, connection, { most: 1, batch: 1 }, now);
    await releaseDeals(test.db, connection, mine.lease);
    expect(await readMirror(test.db, connection, mine.mirrors[0]?.dealId)).toMatchObject({
      state: 'due',
      lease_token: null,
      attempts: 0,
    });
    expect(await readMirror(test.db, connection, other.mirrors[0]?.dealId)).toMatchObject({
      lease_token: other.lease.token,
    });
  });
});
