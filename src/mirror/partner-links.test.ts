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
import { partnerUnlinked } from './desire.ts';
import { confirmPartnerLink, listPartnerLinks, storeCandidates, unlinkedPartners } from './partner-links.ts';

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
  await addReference(test.db, connection, 'domain:acme.com', {
    state: 'resolved',
    crm_id: 'a',
    due_at: null,
  });
});

const candidate = {
  crmId: '001',
  name: 'Partner Inc',
  score: 60,
  reasons: ['same name +60'],
  because: 'same name +60',
};
const confirm = (crmId: string): Promise<void> =>
  confirmPartnerLink(test.db, { partnerId: partner, connectionId: connection, crmId, by: 'Kim' }, now);

async function mirrors(change: Record<string, unknown>): Promise<string> {
  const deals = await addDealRows(test.db, partner, 1);
  await addMirrorRows(test.db, connection, deals, () => ({ due_at: null, ...change }));
  return deals[0] ?? '';
}

describe('candidates for a partner', () => {
  it('are looked for once and kept; choosing stays with a person', async () => {
    await linkPartner(test.db, partner, connection, null);
    expect((await unlinkedPartners(test.db, connection, 10, now)).map((found) => found.partnerId)).toEqual([
      partner,
    ]);
    await storeCandidates(test.db, connection, new Map([[partner, [candidate]]]), now);
    expect(await unlinkedPartners(test.db, connection, 10, now)).toEqual([]);
    expect(await listPartnerLinks(test.db, partner)).toEqual([
      { connectionId: connection, crmId: null, candidates: [candidate], confirmedBy: null },
    ]);
  });

  it('that come late do not touch a link confirmed meanwhile', async () => {
    await linkPartner(test.db, partner, connection, 'chosen');
    await storeCandidates(test.db, connection, new Map([[partner, [candidate]]]), now);
    expect(await listPartnerLinks(test.db, partner)).toMatchObject([{ crmId: 'chosen', candidates: [] }]);
  });
});

describe('confirming a link', () => {
  it('makes the deals due that were parked for want of it, and no others', async () => {
    const parkedFor = await mirrors({ state: 'parked', last_error: partnerUnlinked });
    const parkedElse = await mirrors({ state: 'parked', last_error: { kind: 'invalid-record', plain: '' } });
    await confirm('001');
    expect(await readMirror(test.db, connection, parkedFor)).toMatchObject({
      state: 'due',
      due_at: now,
      last_error: null,
    });
    expect(await readMirror(test.db, connection, parkedElse)).toMatchObject({ state: 'parked' });
    expect(await listPartnerLinks(test.db, partner)).toMatchObject([{ crmId: '001', confirmedBy: 'Kim' }]);
  });

  it('lets a deal wait whose account is not resolved: it must not be written without one', async () => {
    const deal = await mirrors({ state: 'parked', last_error: partnerUnlinked, account_key: 'unresolved' });
    await confirm('001');
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'waiting', due_at: null });
  });

  it('to another account makes the deals due that were mirrored under the old one', async () => {
    await linkPartner(test.db, partner, connection, 'wrong');
    const deal = await mirrors({ state: 'mirrored', mirrored_hash: 'h', mirrored_version: 1, crm_id: 'opp' });
    const tombstone = await mirrors({ state: 'tombstone' });
    await confirm('right');
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'due', crm_id: 'opp' });
    expect(await readMirror(test.db, connection, tombstone)).toMatchObject({ state: 'tombstone' });
    expect(await listPartnerLinks(test.db, partner)).toMatchObject([{ crmId: 'right' }]);
  });

  it('leaves the deals of other partners alone', async () => {
    const other = partner;
    const deal = await mirrors({ state: 'parked', last_error: partnerUnlinked });
    partner = await addPartnerRow(test.db);
    await confirm('001');
    expect(await readMirror(test.db, connection, deal)).toMatchObject({ state: 'parked' });
    expect(await listPartnerLinks(test.db, other)).toEqual([]);
  });
});
