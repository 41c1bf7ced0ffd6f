import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  addConnection,
  addDealRows,
  addMirrorRows,
  addObservedRecord,
  addPartnerRow,
  addReference,
  now,
} from '../../test/fixtures/rows.ts';
import { computeUntilIdle, moneyTest } from '../../test/money/money-context.ts';
import { seedConnection, seedDeals, seedPartner, winAll } from '../../test/money/won-deals.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { publishDefaultPlan } from '../commissions/publish-plan.ts';
import { receivePrmEvent } from '../deals/receive-prm-event.ts';
import { listGaps } from './list-gaps.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

/** Of one connection; what other tests left behind is not looked at. */
async function gapsOf(connection: string | null, step: string): Promise<string[]> {
  const { gaps } = await listGaps(test.db, 'record', now, 1000);
  return gaps
    .filter((gap) => gap.connection === connection && gap.step === step)
    .map((gap) => gap.reason)
    .sort();
}

describe('the gaps of the mirror', () => {
  let connection: string;
  let deals: string[];
  beforeEach(async () => {
    connection = await addConnection(test.db);
    deals = await addDealRows(test.db, await addPartnerRow(test.db), 2, () => ({
      crm_of_record: connection,
    }));
  });

  it('name a mirrored deal whose record nobody reads: its win would never be heard', async () => {
    await addMirrorRows(test.db, connection, deals, (index) => ({
      crm_id: `crm-${index}`,
      state: 'mirrored',
      due_at: null,
      mirrored_version: 1,
    }));
    await addObservedRecord(test.db, connection, 'crm-0', { due_at: null });
    expect(await gapsOf(connection, 'observed')).toEqual(['mirrored, but nobody reads its record crm-1']);
  });

  it('say why a deal waits for its contact', async () => {
    await addReference(test.db, connection, 'domain:acme.com', {
      state: 'resolved',
      crm_id: 'a',
      due_at: null,
    });
    await addReference(test.db, connection, 'jo@acme.com', {
      kind: 'contact',
      state: 'parked',
      due_at: null,
      last_error: { kind: 'invalid-record', plain: 'the phone number is too long' },
    });
    await addMirrorRows(test.db, connection, deals.slice(0, 1), () => ({
      state: 'waiting',
      due_at: null,
      contact_key: 'jo@acme.com',
    }));
    expect(await gapsOf(connection, 'mirrored')).toContain('the phone number is too long');
  });
});

describe('the gaps of what is heard', () => {
  it('name a CRM that could not be asked for hours: what is lost meanwhile nobody finds', async () => {
    const asked = await addConnection(test.db);
    const broken = await addConnection(test.db);
    await test.db.query(
      `INSERT INTO cursors (connection_id, name, value, updated_at)
       VALUES ($1, 'poll', $3, now()), ($2, 'poll', $4, now())`,
      [asked, broken, new Date().toISOString(), new Date(Date.now() - 4 * 3_600_000).toISOString()],
    );
    expect(await gapsOf(asked, 'observed')).toEqual([]);
    expect(await gapsOf(broken, 'observed')).toEqual(['for hours the CRM could not be asked what changed']);
  });
});

describe('the gaps of the money', () => {
  it('name a commission that no payout covers and nobody will look at', async () => {
    const money = moneyTest(test.db);
    await seedConnection(test.db);
    await publishDefaultPlan(test.db, money.clock);
    const partner = await seedPartner(test.db, { key: 'gold', tiers: { '2025-03-01': 'gold' } });
    const [paid = '', forgotten = ''] = await seedDeals(test.db, partner, 2);
    await winAll(test.db, [paid], 100_000n);
    await computeUntilIdle(money);
    expect(await gapsOf('crm-1', 'triggered')).toEqual([]);

    await winAll(test.db, [forgotten], 100_000n);
    await test.db.query(`UPDATE won_epochs SET settles_at = $2 WHERE deal_id = $1`, [
      forgotten,
      new Date('2099-01-01T00:00:00Z'),
    ]);
    await computeUntilIdle(money);
    await test.db.query('DELETE FROM payout_due WHERE deal_id = $1', [forgotten]);
    expect(await gapsOf('crm-1', 'triggered')).toEqual(['earned, but no payout is on its way']);
  });
});

describe('the gaps of the intake', () => {
  it('name a registration that waits to become a deal', async () => {
    const event = { source: 'prm', webhookId: 'evt-1', body: Buffer.from('not JSON') };
    await receivePrmEvent(test.db, event, now);
    expect(await gapsOf(null, 'registered')).toEqual(['a message from prm waits to be processed']);
  });
});
