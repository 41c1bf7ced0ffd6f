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
import { claimDueReferences, recordReferenceResults } from './claim-references.ts';
import { matchProblems } from './match-problems.ts';
import { chooseMatchFor, listMatches } from './matches.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

const key = 'domain:acme.com';
const candidates = [
  { crmId: '1', name: 'Acme', score: 70, reasons: ['same domain +70'], because: 'same domain +70' },
  { crmId: '2', name: 'Acme Inc', score: 70, reasons: ['same domain +70'], because: 'same domain +70' },
];
let connection: string;
let deal: string;
beforeEach(async () => {
  connection = await addConnection(test.db);
  const partner = await addPartnerRow(test.db);
  await linkPartner(test.db, partner, connection);
  [deal = ''] = await addDealRows(test.db, partner, 1, () => ({ contact_email: null }));
  await addMirrorRows(test.db, connection, [deal], () => ({
    state: 'waiting',
    due_at: null,
    account_key: key,
  }));
  await addReference(test.db, connection, key, {
    state: 'parked',
    due_at: null,
    candidates,
    last_error: { kind: matchProblems.several, plain: 'two match' },
  });
});

function choose(crmId: string | null): Promise<boolean> {
  return chooseMatchFor(
    test.db,
    { connectionId: connection, kind: 'account', key, crmId, by: 'Ada' },
    minutesLater(1),
  );
}

async function claimed() {
  return claimDueReferences(test.db, connection, 'account', { most: 10, batch: 10 }, minutesLater(2));
}

describe('a customer that several records match', () => {
  it('is listed with the candidates and the deals that wait', async () => {
    expect(await listMatches(test.db, connection, 10)).toMatchObject([
      { connection, kind: 'account', key, candidates, deals: 1, choice: null },
    ]);
    expect(await listMatches(test.db, 'another', 10)).toEqual([]);
  });

  it('is claimed with the choice of a person, who is named', async () => {
    expect(await choose('2')).toBe(true);
    expect(await listMatches(test.db, connection, 10)).toEqual([]);
    expect((await claimed()).references).toMatchObject([{ key, choice: { crmId: '2', by: 'Ada' } }]);
  });

  it('may be none of them', async () => {
    await choose(null);
    expect((await claimed()).references).toMatchObject([{ key, choice: { crmId: null } }]);
  });

  it('chosen anew lets its deals be written again, and a worker with the old answer changes nothing', async () => {
    await choose('2');
    const first = await claimed();
    await choose('1');
    const old = {
      key,
      state: 'resolved' as const,
      crmId: '2',
      dueAt: null,
      error: null,
      candidates: [],
      checkAt: null,
    };
    await recordReferenceResults(test.db, connection, first, [old], now);
    const second = await claimed();
    expect(second.references).toMatchObject([{ choice: { crmId: '1' } }]);
    await recordReferenceResults(test.db, connection, second, [{ ...old, crmId: '1' }], now);
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'due' });
    await test.db.query("UPDATE mirrors SET state = 'mirrored', due_at = NULL WHERE deal_id = $1", [deal]);
    await choose('2');
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'waiting' });
  });

  it('that nobody knows cannot be chosen for', async () => {
    const unknown = { connectionId: connection, kind: 'contact' as const, key, crmId: '1', by: 'Ada' };
    expect(await chooseMatchFor(test.db, unknown, now)).toBe(false);
  });
});
