/** Several pipelines in one portal: where deals start, and what their moves mean. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listCards } from '../../src/platform/cards/cards.ts';
import { openHubspotEngine } from '../engine/hubspot-engine.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { goldTenPercent } from '../fixtures/plans.ts';

const rules = `
pipelines:
  rules:
    - { when: { account.country: [DE, AT], partner.tier: [Gold] }, pipeline: partner pipeline, stage: Joint Call }
    - { when: { deal.products: [Support] }, pipeline: "74218011" }
  newDeals: { pipeline: New Business, stage: Demo }
`;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(() => openHubspotEngine({ preset: 'renamed-stages' }));
  await engine.publish(goldTenPercent);
  await engine.remap((mapping) => mapping + rules);
  await engine.observe();
}, 60_000);
afterAll(() => engine?.close());

let made = 0;
async function place(change: Record<string, unknown>): Promise<unknown> {
  const { crmId } = await engine.mirrored(`l${(made += 1)}`, change);
  const { pipeline, dealstage } = await engine.deal(crmId);
  return [pipeline, dealstage];
}

describe('a new deal', () => {
  it.each([
    ['of the country and tier of the first rule', { country: 'DE' }, undefined, ['74218011', '146218802']],
    [
      'with one of the products of the second',
      { country: 'US' },
      ['Seats', 'support'],
      ['74218011', '146218801'],
    ],
    ['that no rule speaks of', { country: 'US' }, ['Seats'], ['default', 'presentationscheduled']],
  ])('%s starts there', async (_what, country, names, expected) => {
    const known = `rule-${(made += 1)}`;
    const company = { name: known, domain: `${known}.com`, ...country };
    const products = names?.map((name) => ({ name, quantity: 1 }));
    expect(await place({ company, ...(products === undefined ? {} : { products }) })).toEqual(expected);
  });

  it('waits with a card while the stage of a rule is archived, and goes on when it is back', async () => {
    await engine.crm.archiveStage?.('146218802', true, '74218011');
    await engine.app.wiring.forget(engine.connectionId);
    const dealId = await engine.register(`l${(made += 1)}`);
    await engine.approve(dealId);
    await engine.settle();
    expect((await engine.mirror(dealId)).last_error?.plain).toContain('pipelines.rules[0]');
    const [card] = await listCards(engine.db, { kind: 'mapping-row' });
    expect(card?.plain).toContain('has no open stage Joint Call; its open stages are: Registered');
    await engine.crm.archiveStage?.('146218802', false, '74218011');
    await engine.app.wiring.forget(engine.connectionId);
    await engine.settle();
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored' });
    expect(await listCards(engine.db, { kind: 'mapping-row' })).toEqual([]);
  });
});

describe('a deal that is moved to another pipeline', () => {
  it('is open there, and won or lost by what its stage there means, whatever it is called', async () => {
    const { dealId, crmId } = await engine.mirrored(`l${(made += 1)}`);
    const moveTo = async (pipeline: string, dealstage: string): Promise<unknown> => {
      await engine.crm.edit('deals', crmId, { pipeline, dealstage });
      await engine.observe();
      return engine.ledger(dealId);
    };
    expect(await moveTo('74218011', '146218801')).toEqual({ sum: 0n, entries: 0 });
    expect(await moveTo('74218011', '146218804')).toEqual({ sum: 50_000n, entries: 1 });
    // From one won stage to the won stage of another pipeline it is one win.
    expect(await moveTo('default', 'closedwon')).toEqual({ sum: 50_000n, entries: 1 });
    expect(await moveTo('74218011', '146218805')).toEqual({ sum: 0n, entries: 2 });
  });
});
