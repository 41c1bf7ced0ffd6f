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

describe('an option that is removed', () => {
  it('pauses the row that sends it, with a card, on the first refusal; drops no deal, and resumes', async () => {
    await engine.crm.setOptions?.('route', 'Direct', 'Partner');
    await engine.remap((mapping) =>
      mapping.replace('  write:\n', '  write:\n    - { to: route, value: Partner }\n'),
    );
    await look();
    const before = await engine.mirrored('choice-before');
    expect((await engine.deal(before.crmId))['route']).toBe('Partner');
    await engine.crm.setOptions?.('route', 'Direct');
    // Nobody looks: HubSpot refuses the value.
    const dealId = await engine.register('choice-during');
    await engine.approve(dealId);
    await engine.settle();
    engine.clock.advance(60_000);
    await engine.settle();
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored' });
    expect(await cards()).toEqual([expect.stringContaining('deals.route is paused')]);
    await engine.crm.setOptions?.('route', 'Direct', 'Partner');
    await look();
    expect(await cards()).toEqual([]);
    expect((await engine.deal(await engine.crmIdOf(dealId)))['route']).toBe('Partner');
    await engine.remap((mapping) => mapping);
    await look();
  });
});

describe('a currency that the portal does not have', () => {
  it('sets its deal aside with the reason, and no other', async () => {
    const dealId = await engine.register('francs', { currency: 'CHF', amount: '5000.00' });
    await engine.approve(dealId);
    await engine.settle();
    const other = await engine.mirrored('dollars');
    expect(await engine.mirror(other.dealId)).toMatchObject({ state: 'mirrored' });
    expect(await engine.mirror(dealId)).toMatchObject({
      crm_id: null,
      last_error: { plain: expect.stringContaining('CHF') },
    });
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
