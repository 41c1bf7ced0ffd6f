/** Deals that people merge, archive and restore in HubSpot's own pages, found by asking alone. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openHubspotEngine } from '../engine/hubspot-engine.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { goldTenPercent } from '../fixtures/plans.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(() => openHubspotEngine());
  await engine.publish(goldTenPercent);
  await engine.observe();
}, 60_000);
afterAll(() => engine?.close());

async function hoursPass(hours: number): Promise<void> {
  for (let hour = 0; hour < hours; hour += 1) {
    engine.clock.advance(3_600_000);
    await engine.crm.skip(3_600_000);
    await engine.observe();
  }
  await engine.push();
}

async function live(...deals: { dealId: string }[]): Promise<number> {
  const [row] = await engine.db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM won_epochs WHERE live AND deal_id = ANY($1::uuid[])',
    [deals.map(({ dealId }) => dealId)],
  );
  return row?.count ?? -1;
}

describe('two deals that a rep merges', () => {
  it('are one won deal afterwards: the commission of one lives, that of the other is taken back', async () => {
    const [one, other] = [await engine.mirrored('merged-1'), await engine.mirrored('merged-2')];
    for (const { crmId } of [one, other]) await engine.crm.win(crmId);
    await engine.observe();
    const sums = async (): Promise<bigint[]> =>
      Promise.all([one, other].map(async ({ dealId }) => (await engine.ledger(dealId)).sum));
    expect(await sums()).toEqual([50_000n, 50_000n]);
    await engine.crm.merge('deals', one.crmId, other.crmId);
    engine.clock.advance(24 * 3_600_000);
    await hoursPass(2);
    expect(await live(one, other)).toBeLessThanOrEqual(1);
    expect((await sums()).reduce((all, sum) => all + sum, 0n)).toBe(50_000n);
  });
});

describe('a deal that was archived and is restored', () => {
  it('is revived, without a notification', async () => {
    const { dealId, crmId } = await engine.mirrored('restored');
    await engine.crm.remove('deals', crmId);
    await hoursPass(2);
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'tombstone' });
    await engine.crm.restore('deals', crmId);
    await hoursPass(2);
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: crmId });
  });
});
