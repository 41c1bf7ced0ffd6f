/** How many records a write to HubSpot carries is a setting of the connection, and the engine keeps to it. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openHubspotEngine, type HubspotEngine } from './open-engine.ts';

let engine: HubspotEngine;
beforeAll(async () => {
  engine = await openHubspotEngine((portal) => portal.login);
}, 60_000);
afterAll(() => engine?.close());

async function writesOfDeals(): Promise<number[]> {
  const requests = await engine.portal.admin<{ endpoint: string; records: number }[]>(
    'GET',
    '/requests?limit=1000',
  );
  return requests
    .filter(({ endpoint }) => endpoint.endsWith('/deals/batch/upsert'))
    .map(({ records }) => records);
}

it('five deals go in writes of two when the connection says two records a call', async () => {
  await engine.app.db.query(
    `UPDATE connections SET settings = settings || jsonb_build_object('recordsPerCall', 2) WHERE id = 'hubspot'`,
  );
  const deals = [];
  for (let count = 0; count < 5; count += 1) deals.push(await engine.approved());
  await engine.push();
  expect((await writesOfDeals()).sort()).toEqual([1, 2, 2]);
  expect(await Promise.all(deals.map((id) => engine.stateOf(id)))).toEqual(deals.map(() => 'mirrored'));
});
