import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  addConnection,
  addDealRows,
  addPartnerRow,
  addReference,
  linkPartner,
  minutesLater,
  now,
  readMirror,
} from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { desireMirrors, type Routing } from './desire.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

let connection: string;
let partner: string;
beforeEach(async () => {
  await test.db.query('DELETE FROM connections');
  connection = await addConnection(test.db);
  partner = await addPartnerRow(test.db);
});

function desire(deals: readonly string[], routing: Routing = 'all', at: Date = now): Promise<void> {
  return test.db.transaction((tx) => desireMirrors(tx, deals, routing, at));
}

async function references(): Promise<string[]> {
  const rows = await test.db.query<{ kind: string; key: string; state: string }>(
    'SELECT kind, key, state FROM crm_references WHERE connection_id = $1 ORDER BY kind, key',
    [connection],
  );
  return rows.map(({ kind, key, state }) => `${kind} ${key} ${state}`);
}

async function mirrorsOf(
  deals: readonly string[],
): Promise<{ connection_id: string; desired_version: number }[]> {
  return test.db.query(
    'SELECT connection_id, desired_version FROM mirrors WHERE deal_id = ANY($1::uuid[]) ORDER BY 1, 2',
    [deals],
  );
}

describe('desiring a deal in a CRM', () => {
  it('leaves an account to resolve, a contact that waits for it, a partner to link, and a deal that waits for all', async () => {
    const deals = await addDealRows(test.db, partner, 1, () => ({ contact_email: 'Jo@acme.com' }));
    await desire(deals);
    expect(await references()).toEqual(['account domain:acme.com due', 'contact jo@acme.com waiting']);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'waiting',
      due_at: null,
      desired_version: 1,
    });
    expect(await test.db.query('SELECT crm_id FROM partner_links WHERE partner_id = $1', [partner])).toEqual([
      { crm_id: null },
    ]);
  });

  it('is part of the transaction of the approval: rolled back together', async () => {
    const deals = await addDealRows(test.db, partner, 1);
    const approving = test.db.transaction(async (tx) => {
      await desireMirrors(tx, deals, 'all', now);
      throw new Error('the approval failed');
    });
    await expect(approving).rejects.toThrow('the approval failed');
    expect(await mirrorsOf(deals)).toEqual([]);
    expect(await references()).toEqual([]);
  });

  it('leaves one row after ten edits, with the latest version', async () => {
    const deals = await addDealRows(test.db, partner, 1);
    for (let version = 1; version <= 10; version++) {
      await test.db.query('UPDATE deals SET version = $2 WHERE id = $1', [deals[0], version]);
      await desire(deals);
    }
    expect(await mirrorsOf(deals)).toEqual([{ connection_id: connection, desired_version: 10 }]);
  });

  it('goes to the CRM of record only, or to every CRM, as routed', async () => {
    const other = await addConnection(test.db);
    const deals = await addDealRows(test.db, partner, 1, () => ({ crm_of_record: other }));
    await desire(deals, 'record');
    expect((await mirrorsOf(deals)).map((row) => row.connection_id)).toEqual([other]);
    await desire(deals, 'all');
    expect((await mirrorsOf(deals)).map((row) => row.connection_id)).toEqual([connection, other].sort());
  });

  it('takes no deal that nobody approved', async () => {
    const statuses = ['submitted', 'rejected', 'withdrawn', 'approved', 'won', 'lost'];
    const deals = await addDealRows(test.db, partner, statuses.length, (index) => ({
      status: statuses[index],
    }));
    await desire(deals);
    const mirrored = await test.db.query<{ deal_id: string }>(
      'SELECT deal_id FROM mirrors WHERE deal_id = ANY($1::uuid[])',
      [deals],
    );
    expect(new Set(mirrored.map((row) => row.deal_id))).toEqual(new Set(deals.slice(3)));
  });

  it('has one account for a company however many deals and spellings name it', async () => {
    const domains = ['acme.com', 'www.acme.com', 'https://ACME.com/about'];
    await desire(await addDealRows(test.db, partner, 3, (index) => ({ company_domain: domains[index] })));
    expect(await references()).toEqual(['account domain:acme.com due']);
  });

  it('is due at once where account, contact and partner are known already', async () => {
    await linkPartner(test.db, partner, connection);
    await addReference(test.db, connection, 'domain:acme.com', {
      state: 'resolved',
      crm_id: 'a',
      due_at: null,
    });
    const [plain] = await addDealRows(test.db, partner, 1);
    const [withContact] = await addDealRows(test.db, partner, 1, () => ({ contact_email: 'jo@acme.com' }));
    await desire([plain ?? '', withContact ?? '']);
    expect(await readMirror(test.db, connection, plain)).toMatchObject({ state: 'due', due_at: now });
    expect(await readMirror(test.db, connection, withContact)).toMatchObject({ state: 'waiting' });
    expect(await references()).toEqual(['account domain:acme.com resolved', 'contact jo@acme.com due']);
  });

  it('parks with the reason when nobody said which account the partner is', async () => {
    await addReference(test.db, connection, 'domain:acme.com', {
      state: 'resolved',
      crm_id: 'a',
      due_at: null,
    });
    const deals = await addDealRows(test.db, partner, 1);
    await desire(deals);
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'parked',
      due_at: null,
      last_error: { kind: 'partner-unlinked' },
    });
  });

  it('gives a parked deal that changed another try, and never wakes a tombstone', async () => {
    await linkPartner(test.db, partner, connection);
    await addReference(test.db, connection, 'domain:acme.com', {
      state: 'resolved',
      crm_id: 'a',
      due_at: null,
    });
    const deals = await addDealRows(test.db, partner, 2);
    await desire(deals);
    await test.db.query(
      `UPDATE mirrors SET state = 'parked', due_at = NULL, attempts = 3 WHERE deal_id = $1`,
      [deals[0]],
    );
    await test.db.query(`UPDATE mirrors SET state = 'tombstone', due_at = NULL WHERE deal_id = $1`, [
      deals[1],
    ]);
    await test.db.query('UPDATE deals SET version = 2 WHERE id = ANY($1::uuid[])', [deals]);
    await desire(deals, 'all', minutesLater(1));
    expect(await readMirror(test.db, connection, deals[0])).toMatchObject({
      state: 'due',
      attempts: 0,
      last_error: null,
      desired_version: 2,
    });
    expect(await readMirror(test.db, connection, deals[1])).toMatchObject({
      state: 'tombstone',
      due_at: null,
      desired_version: 2,
    });
  });

  it('tries a parked account or contact again with corrected facts, and leaves one that is known as it is', async () => {
    await addReference(test.db, connection, 'domain:acme.com', {
      state: 'resolved',
      crm_id: 'a',
      due_at: null,
    });
    const [deal = ''] = await addDealRows(test.db, partner, 1, () => ({
      contact_email: 'jo@acme.com',
      contact_phone: 'far too long',
    }));
    await desire([deal]);
    await test.db.query(
      `UPDATE crm_references SET state = 'parked', due_at = NULL, attempts = 3 WHERE connection_id = $1 AND kind = 'contact'`,
      [connection],
    );
    await desire([deal], 'all', minutesLater(1));
    expect(await references()).toEqual(['account domain:acme.com resolved', 'contact jo@acme.com parked']);
    await test.db.query(
      `UPDATE deals SET contact_phone = '+49 30 1', company_name = 'Acme', version = 2 WHERE id = $1`,
      [deal],
    );
    await desire([deal], 'all', minutesLater(2));
    expect(await references()).toEqual(['account domain:acme.com resolved', 'contact jo@acme.com due']);
    const rows = await test.db.query(
      `SELECT facts->>'phone' AS phone, attempts, due_at FROM crm_references WHERE connection_id = $1 AND kind = 'contact'`,
      [connection],
    );
    expect(rows).toEqual([{ phone: '+49 30 1', attempts: 0, due_at: minutesLater(2) }]);
  });

  it('never lowers the desired version', async () => {
    const deals = await addDealRows(test.db, partner, 1, () => ({ version: 5 }));
    await desire(deals);
    await test.db.query('UPDATE deals SET version = 3 WHERE id = $1', [deals[0]]);
    await desire(deals);
    expect((await mirrorsOf(deals))[0]?.desired_version).toBe(5);
  });

  it('of many deals at the same time, in any order, ends in one row each and no deadlock', async () => {
    const deals = await addDealRows(test.db, partner, 40, (index) => ({
      contact_email: `p${index % 5}@acme.com`,
    }));
    const orders = [deals, deals.toReversed(), deals.toSorted(), deals.slice(20).concat(deals.slice(0, 20))];
    await Promise.all(orders.map((order) => desire(order)));
    expect((await mirrorsOf(deals)).length).toBe(40);
    expect((await references()).length).toBe(6);
  });
});
