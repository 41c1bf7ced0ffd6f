import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bearer, serveApi } from '../../test/fixtures/api.ts';
import type { ServedApi } from '../../test/fixtures/api.ts';
import { recordingContext } from '../../test/fixtures/deals.ts';
import { computeUntilIdle, moneyTest } from '../../test/money/money-context.ts';
import * as t1 from '../../test/money/won-deals.ts';
import { createTestDatabase } from '../../test/services/database.ts';
import type { TestDatabase } from '../../test/services/database.ts';
import { publishDefaultPlan } from '../commissions/publish-plan.ts';

let database: TestDatabase;
let app: ServedApi;

beforeAll(async () => {
  database = await createTestDatabase();
  app = await serveApi(database.db, recordingContext());
  const money = moneyTest(database.db);
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

const get = (path: string, headers: Record<string, string> = bearer) => app.call({ url: path, headers });
const url = '/v1/partners/gold/statements/2026-06';

describe('a statement by HTTP', () => {
  it('needs an API key', async () => {
    expect((await get(url, {})).statusCode).toBe(401);
  });

  it('is JSON unless CSV or a page is asked for', async () => {
    const json = await get(url);
    expect(json.statusCode).toBe(200);
    expect(json.json()).toMatchObject({
      partner: { key: 'gold' },
      movements: [{ currency: 'USD', earned: '2400.00', triggered: '2400.00', closing: '0.00' }],
    });
    const csv = await get(`${url}?format=csv`);
    expect(csv.headers['content-type']).toMatch(/^text\/csv/);
    expect(csv.body.trim().split('\n')).toHaveLength(5);
    const html = await get(`${url}?format=html`);
    expect(html.headers['content-security-policy']).toContain("default-src 'none'");
    expect(html.body).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
  });

  it('names what is wrong: a partner nobody knows, a period that is none, a format there is not', async () => {
    const unknown = await get('/v1/partners/nobody/statements/2026-06');
    expect(unknown.statusCode).toBe(404);
    expect(unknown.json()).toMatchObject({ detail: 'There is no partner "nobody".' });
    const wrongPeriod = await get('/v1/partners/gold/statements/2026-13');
    expect(wrongPeriod.statusCode).toBe(422);
    expect(wrongPeriod.body).toContain('A period is a month (2026-06)');
    expect((await get(`${url}?format=pdf`)).statusCode).toBe(400);
  });
});
