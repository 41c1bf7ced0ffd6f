/** What administrators of a portal take away while deals go on. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listCards } from '../../src/platform/cards/cards.ts';
import { openHubspotEngine } from '../engine/hubspot-engine.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';

const tier = 'tributary_partner_tier';
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(() => openHubspotEngine());
}, 60_000);
afterAll(() => engine?.close());

/** What the process does every few minutes: looks whether the portal is still as it was. */
async function look(): Promise<void> {
  await engine.app.wiring.forget(engine.connectionId);
  await engine.settle();
}

async function cards(): Promise<string[]> {
  return (await listCards(engine.db, { kind: 'mapping-row' })).map(({ plain }) => plain);
}

describe('a property that is archived', () => {
  it('pauses its row alone, with a card; deals go on without it and get it when it is back', async () => {
    const before = await engine.mirrored('before');
    expect((await engine.deal(before.crmId))[tier]).toBe('gold');
    await engine.crm.changeField?.(tier, false);
    await look();
    expect(await cards()).toEqual([expect.stringContaining(`deals.${tier} is paused`)]);
    const during = await engine.mirrored('during');
    expect(await engine.mirror(during.dealId)).toMatchObject({ state: 'mirrored' });
    await engine.crm.changeField?.(tier, true);
    await look();
    expect(await cards()).toEqual([]);
    for (const { crmId } of [before, during]) expect((await engine.deal(crmId))[tier]).toBe('gold');
  });
});

describe("the label of the partner's company that is deleted", () => {
  it('is a card; nothing is concluded from it, and every deal has it again when it is made again', async () => {
    const before = await engine.mirrored('labelled');
    expect(await engine.crm.partnerOf(before.crmId)).toBe(engine.partnerAccount);
    await engine.crm.changeLabel?.(false);
    await look();
    expect(await cards()).toEqual([expect.stringContaining('companies.partner')]);
    const during = await engine.mirrored('unlabelled');
    expect(await engine.mirror(during.dealId)).toMatchObject({ state: 'mirrored' });
    await engine.crm.changeLabel?.(true);
    await look();
    expect(await cards()).toEqual([]);
    for (const { crmId } of [before, during])
      expect(await engine.crm.partnerOf(crmId)).toBe(engine.partnerAccount);
  });
});
