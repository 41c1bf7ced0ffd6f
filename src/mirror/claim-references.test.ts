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
import { claimDueDeals } from './claim-deals.ts';
import {
  claimDueReferences,
  promoteForgotten,
  recordReferenceResults,
  releaseReferences,
  type ReferenceClaim,
  type ReferenceResult,
} from './claim-references.ts';
import { desireMirrors } from './desire.ts';
import { goLive, intendedPrefix } from './go-live.ts';

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
  await linkPartner(test.db, partner, connection);
});

const account = 'domain:acme.com';
const contact = 'jo@acme.com';

async function desiredDeal(contact_email: string | null = contact): Promise<string> {
  const deals = await addDealRows(test.db, partner, 1, () => ({ contact_email }));
  await test.db.transaction((tx) => desireMirrors(tx, deals, 'all', now));
  return deals[0] ?? '';
}

function claim(kind: 'account' | 'contact', limit = 10): Promise<ReferenceClaim> {
  return claimDueReferences(test.db, connection, kind, { most: limit, batch: limit }, now);
}

function resolved(key: string, crmId = `crm-${key}`): ReferenceResult {
  return { key, state: 'resolved', crmId, dueAt: null, error: null, candidates: [], checkAt: null };
}

function record(by: ReferenceClaim, ...results: ReferenceResult[]): Promise<void> {
  return recordReferenceResults(test.db, connection, by, results, now);
}

async function reference(key: string): Promise<Record<string, unknown>> {
  const rows = await test.db.query('SELECT * FROM crm_references WHERE connection_id = $1 AND key = $2', [
    connection,
    key,
  ]);
  return rows[0] ?? {};
}

describe('references', () => {
  it('are never claimed by two workers, and counted as a try', async () => {
    for (let index = 0; index < 60; index++) await addReference(test.db, connection, `k${index}`);
    const claims = await Promise.all(Array.from({ length: 6 }, () => claim('account', 10)));
    const keys = claims.flatMap((one) => one.references.map((found) => found.key));
    expect([keys.length, new Set(keys).size]).toEqual([60, 60]);
    expect(claims[0]?.references[0]?.attempts).toBe(1);
  });

  it('are resolved in order: account, then contact with the id of its account, then the deal is due', async () => {
    const deal = await desiredDeal();
    expect((await claim('contact')).references).toEqual([]);
    await record(await claim('account'), resolved(account));
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'waiting' });
    const contacts = await claim('contact');
    expect(contacts.references).toMatchObject([{ key: contact, accountId: `crm-${account}` }]);
    await record(contacts, resolved(contact));
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'due', due_at: now });
  });

  it('make a deal without a contact due as soon as its account is known', async () => {
    const deal = await desiredDeal(null);
    await record(await claim('account'), resolved(account));
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'due' });
  });

  it('that failed are due again later, with their tries counted, or parked with candidates for a person', async () => {
    await addReference(test.db, connection, 'later');
    await addReference(test.db, connection, 'unclear');
    const both = await claim('account');
    const candidates = [
      { crmId: '1', name: 'Acme', because: 'same name', score: 60, reasons: ['same name +60'] },
    ];
    const error = { kind: 'unavailable', plain: 'no answer' };
    await record(
      both,
      {
        key: 'later',
        state: 'due',
        crmId: null,
        dueAt: minutesLater(1),
        error,
        candidates: [],
        checkAt: null,
      },
      {
        key: 'unclear',
        state: 'parked',
        crmId: null,
        dueAt: null,
        error: { kind: 'several-matches', plain: '' },
        candidates,
        checkAt: null,
      },
    );
    expect(await reference('later')).toMatchObject({
      state: 'due',
      due_at: minutesLater(1),
      attempts: 1,
      last_error: error,
      lease_token: null,
    });
    expect(await reference('unclear')).toMatchObject({
      state: 'parked',
      due_at: null,
      attempts: 0,
      candidates,
    });
  });

  it('are not changed by a worker that lost its lease, and nothing that waits for them is woken', async () => {
    const deal = await desiredDeal();
    const slow = await claim('account');
    await expireLeases(test.db, 'crm_references', connection);
    const fast = await claim('account');
    await record(slow, resolved(account, 'from the slow one'));
    expect(await reference(account)).toMatchObject({ state: 'due', crm_id: null });
    expect(await reference(contact)).toMatchObject({ state: 'waiting', due_at: null });
    await record(fast, resolved(account));
    expect(await reference(account)).toMatchObject({ state: 'resolved', crm_id: `crm-${account}` });
    expect(await reference(contact)).toMatchObject({ state: 'due' });
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'waiting' });
  });

  it('of one customer are never in two claims, and not claimed while a deal of the customer is', async () => {
    const contacts = { one: 'acme', two: 'acme', three: 'other' };
    for (const [key, account_key] of Object.entries(contacts))
      await addReference(test.db, connection, key, { kind: 'contact', account_key });
    const first = await claim('contact', 1);
    const second = await claim('contact', 2);
    const customers = [first, second].map(({ references }) => references.map(({ key }) => key).sort());
    expect(customers.flat()).toHaveLength(2);
    expect(customers.flat()).toContain('three');
    await releaseReferences(test.db, connection, first);
    await releaseReferences(test.db, connection, second);

    const [deal] = await addDealRows(test.db, partner, 1);
    await addMirrorRows(test.db, connection, [deal ?? ''], () => ({ account_key: 'acme' }));
    expect((await claimDueDeals(test.db, connection, { most: 10, batch: 1 }, now)).mirrors).toHaveLength(1);
    expect((await claim('contact')).references.map(({ key }) => key)).toEqual(['three']);
  });

  it('given back were not tried', async () => {
    await addReference(test.db, connection, 'k');
    await releaseReferences(test.db, connection, await claim('account'));
    expect(await reference('k')).toMatchObject({ state: 'due', attempts: 0, lease_token: null });
    expect((await claim('account')).references.length).toBe(1);
  });

  it('resolved while something began to wait for them are found by the healer', async () => {
    const deal = await desiredDeal();
    await test.db.query(
      `UPDATE crm_references SET state = 'resolved', due_at = NULL, crm_id = 'a' WHERE kind = 'account' AND connection_id = $1`,
      [connection],
    );
    await promoteForgotten(test.db, connection, now);
    expect(await reference(contact)).toMatchObject({ state: 'due' });
    await test.db.query(
      `UPDATE crm_references SET state = 'resolved', due_at = NULL, crm_id = 'c' WHERE kind = 'contact' AND connection_id = $1`,
      [connection],
    );
    await promoteForgotten(test.db, connection, now);
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'due' });
  });

  it('resolved at the same time promote the same deals without a deadlock', async () => {
    const deals = await addDealRows(test.db, partner, 60, (index) => ({
      company_domain: `c${index % 6}.com`,
      contact_email: `p${(index * 7) % 10}@x.com`,
    }));
    await test.db.transaction((tx) => desireMirrors(tx, deals, 'all', now));
    for (const kind of ['account', 'contact'] as const) {
      const claims = await Promise.all(Array.from({ length: 5 }, () => claim(kind, 2)));
      const rest = await claim(kind);
      await Promise.all(
        [...claims, rest].map((one) => record(one, ...one.references.map(({ key }) => resolved(key)))),
      );
      // Contacts of a customer whom another claim had in hand.
      const left = await claim(kind);
      await record(left, ...left.references.map(({ key }) => resolved(key)));
    }
    await promoteForgotten(test.db, connection, now);
    const states = await test.db.query('SELECT DISTINCT state FROM mirrors WHERE connection_id = $1', [
      connection,
    ]);
    expect(states).toEqual([{ state: 'due' }]);
  });
});

describe('references intended in shadow', () => {
  beforeEach(() => test.db.query(`UPDATE connections SET mode = 'shadow' WHERE id = $1`, [connection]));

  const live = (): Promise<void> =>
    goLive(test.db, { connectionId: connection, by: 'Kim', cutoff: now, hourlyWriteCap: 10 }, now);

  it('count as resolved while in shadow', async () => {
    await addReference(test.db, connection, account);
    await record(await claim('account'), resolved(account, `${intendedPrefix}${account}`));
    expect(await reference(account)).toMatchObject({
      state: 'resolved',
      crm_id: `${intendedPrefix}${account}`,
    });
  });

  it('are looked for anew when the connection went live before they were recorded', async () => {
    await desiredDeal();
    const accounts = await claim('account');
    await live();
    await record(accounts, resolved(account, `${intendedPrefix}${account}`));
    expect(await reference(account)).toMatchObject({ state: 'due', crm_id: null, due_at: now });
    expect(await reference(contact)).toMatchObject({ state: 'waiting' });
  });

  it('of contacts wait for their account, which was an intention, too', async () => {
    await desiredDeal();
    await record(await claim('account'), resolved(account, `${intendedPrefix}${account}`));
    const contacts = await claim('contact');
    await live();
    await record(contacts, resolved(contact, `${intendedPrefix}${contact}`));
    expect(await reference(contact)).toMatchObject({ state: 'waiting', crm_id: null, due_at: null });
    await record(await claim('account'), resolved(account));
    expect((await claim('contact')).references).toMatchObject([{ accountId: `crm-${account}` }]);
  });
});
