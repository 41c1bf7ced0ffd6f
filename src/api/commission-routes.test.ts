import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bearer, serveApi } from '../../test/fixtures/api.ts';
import type { ServedApi } from '../../test/fixtures/api.ts';
import { recordingContext } from '../../test/fixtures/deals.ts';
import { computeUntilIdle, moneyTest } from '../../test/money/money-context.ts';
import * as t1 from '../../test/money/won-deals.ts';
import { createTestDatabase } from '../../test/services/database.ts';
import type { TestDatabase } from '../../test/services/database.ts';
import { publishDefaultPlan } from '../commissions/publish-plan.ts';
import { announceEntries } from '../payouts/announce-entries.ts';

let database: TestDatabase;
let app: ServedApi;

beforeAll(async () => {
  database = await createTestDatabase();
  app = await serveApi(database.db, recordingContext());
  const money = moneyTest(database.db, {
    commissionOutputs: {
      entriesPosted: (tx, entries) => announceEntries(tx, money.clock, entries, 'required'),
    },
  });
  await t1.seedConnection(database.db);
  await publishDefaultPlan(database.db, money.clock);
  const partner = await t1.seedPartner(database.db, { key: 'gold', tiers: { '2025-01-01': 'gold' } });
  await t1.winAll(database.db, await t1.seedDeals(database.db, partner, 2), 1_000_000n);
  await computeUntilIdle(money);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

interface Waiting {
  waiting: { amount: string; entries: string[] }[];
}
const waiting = async (query = '') =>
  (await app.call({ url: `/v1/commissions/waiting${query}`, headers: bearer })).json<Waiting>().waiting;
const approve = (payload: object) =>
  app.call({ method: 'POST', url: '/v1/commissions/approve', headers: bearer, payload });

describe('approving commissions by HTTP', () => {
  it('needs an API key', async () => {
    expect((await app.call({ url: '/v1/commissions/waiting' })).statusCode).toBe(401);
    expect((await app.call({ method: 'POST', url: '/v1/commissions/approve' })).statusCode).toBe(401);
  });

  it('lists what waits, of everybody or of one partner', async () => {
    expect((await waiting()).map(({ amount }) => amount)).toEqual(['1200.00', '1200.00']);
    expect(await waiting('?partner=gold')).toHaveLength(2);
    expect(await waiting('?partner=other')).toEqual([]);
  });

  it('names what is wrong and approves nothing then', async () => {
    expect((await approve({ entries: ['one'], by: 'Grace' })).statusCode).toBe(422);
    expect((await approve({ entries: [], by: 'Grace' })).statusCode).toBe(422);
    expect((await approve({ entries: (await waiting())[0]?.entries, by: ' ' })).statusCode).toBe(422);
    expect(await waiting()).toHaveLength(2);
  });

  it('approves what was shown, once', async () => {
    const [first] = await waiting();
    expect((await approve({ entries: first?.entries, by: 'Grace' })).json()).toMatchObject({ approved: 1 });
    expect((await approve({ entries: first?.entries, by: 'Ada' })).json()).toEqual({
      ...{ approved: 0, before: first?.entries, unknown: [] },
    });
    expect(await waiting()).toHaveLength(1);
  });
});
