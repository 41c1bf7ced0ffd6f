import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bearer, serveApi } from '../../test/fixtures/api.ts';
import type { ServedApi } from '../../test/fixtures/api.ts';
import { recordingContext } from '../../test/fixtures/deals.ts';
import { computeUntilIdle, moneyTest } from '../../test/money/money-context.ts';
import * as t1 from '../../test/money/won-deals.ts';
import { createTestDatabase } from '../../test/services/database.ts';
import type { TestDatabase } from '../../test/services/database.ts';
import { publishDefaultPlan } from '../commissions/publish-plan.ts';
import { registerEndpoint } from '../payouts/endpoints.ts';

let database: TestDatabase;
let app: ServedApi;
let path: string;

beforeAll(async () => {
  database = await createTestDatabase();
  app = await serveApi(database.db, recordingContext());
  const money = moneyTest(database.db);
  await t1.seedConnection(database.db);
  await publishDefaultPlan(database.db, money.clock);
  const context = { db: database.db, clock: money.clock, keyring: money.context.keyring, allowHttp: false };
  await registerEndpoint(context, {
    label: 'payer',
    url: 'https://pay.example.com',
    types: ['payout.triggered'],
  });
  const partner = await t1.seedPartner(database.db, { key: 'gold', tiers: { '2025-01-01': 'gold' } });
  await t1.winAll(database.db, await t1.seedDeals(database.db, partner, 1), 1_000_000n);
  await computeUntilIdle(money);
  const [message] = await database.db.query<{ payload: string }>('SELECT payload FROM messages');
  path = (JSON.parse(message?.payload ?? '{}') as { data: { acknowledgeAt: string } }).data.acknowledgeAt;
});

afterAll(async () => {
  await app.close();
  await database.drop();
});

describe('acknowledging a payout by HTTP', () => {
  it('needs an API key', async () => {
    expect((await app.call({ method: 'POST', url: path })).statusCode).toBe(401);
  });

  it('records the first acknowledgement and answers it to every later one', async () => {
    const first = await app.call({
      method: 'POST',
      url: path,
      headers: bearer,
      payload: { reference: 'BANK-1' },
    });
    const again = await app.call({
      method: 'POST',
      url: path,
      headers: bearer,
      payload: { reference: 'BANK-2' },
    });
    expect(first.statusCode).toBe(200);
    expect(first.json()).toMatchObject({ reference: 'BANK-1' });
    expect(again.body).toBe(first.body);
    expect(await database.db.query('SELECT reference, via FROM payout_acknowledgements')).toEqual([
      { reference: 'BANK-1', via: 'call' },
    ]);
  });

  it('takes no body for an acknowledgement without a reference', async () => {
    expect((await app.call({ method: 'POST', url: path, headers: bearer })).statusCode).toBe(200);
  });

  it('refuses what it does not know, and a body with faults', async () => {
    const unknown = await app.call({
      method: 'POST',
      url: '/v1/payouts/msg_none/acknowledge',
      headers: bearer,
    });
    const faulty = await app.call({ method: 'POST', url: path, headers: bearer, payload: { reference: 7 } });
    expect([unknown.statusCode, faulty.statusCode]).toEqual([404, 422]);
  });
});
