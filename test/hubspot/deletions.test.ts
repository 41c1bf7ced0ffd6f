/** Deals that somebody archived while nobody told us: no webhooks, and no search knows them. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openHubspotEngine } from '../engine/hubspot-engine.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(() => openHubspotEngine());
}, 60_000);
afterAll(() => engine?.close());

async function anHourPasses(): Promise<void> {
  engine.clock.advance(3_600_000);
  await engine.crm.skip(3_600_000);
  await engine.observe();
  await engine.push();
}

it('are found within the hour, become tombstones, and are made again by nobody', async () => {
  await anHourPasses();
  const [gone, there] = [await engine.mirrored('gone'), await engine.mirrored('there')];
  await engine.crm.remove('deals', gone.crmId);
  await anHourPasses();
  await anHourPasses();
  expect(await engine.mirror(gone.dealId)).toMatchObject({ state: 'tombstone', crm_id: gone.crmId });
  expect(await engine.mirror(there.dealId)).toMatchObject({ state: 'mirrored' });
  await engine.register('gone', { name: 'Edited by the partner' });
  await engine.settle();
  expect(await engine.mirror(gone.dealId)).toMatchObject({ state: 'tombstone' });
  const alive = (await engine.crm.records('deals')).filter((one) => !one.deleted);
  expect(alive.map(({ id }) => id)).toEqual([there.crmId]);
});

it('cost no call of their own within the hour', async () => {
  const lists = async (): Promise<string[]> =>
    (await engine.crm.endpoints()).filter((one) => /^GET .*objects\/(deals|\{objectType\})$/.test(one));
  await engine.crm.forget();
  await anHourPasses();
  expect(await lists()).toHaveLength(1);
  await engine.crm.forget();
  await engine.observe();
  expect(await lists()).toEqual([]);
});
