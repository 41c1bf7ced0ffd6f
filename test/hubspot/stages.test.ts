/** What sales ops do to the stages of a portal, and what becomes of the deals and their money. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openHubspotEngine } from '../engine/hubspot-engine.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { goldTenPercent } from '../fixtures/plans.ts';

const earned = { sum: 50_000n, entries: 1 };

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(() => openHubspotEngine());
  await engine.publish(goldTenPercent);
  // The first poll only finds out where to begin.
  await engine.observe();
}, 60_000);
afterAll(() => engine?.close());

let made = 0;
async function wonDeal(): Promise<{ dealId: string; crmId: string }> {
  const deal = await engine.mirrored(`s${(made += 1)}`);
  await engine.crm.win(deal.crmId);
  await engine.observe();
  return deal;
}

describe('a deal that was won', () => {
  it('stays won while its stage has another label, and when the stage is archived', async () => {
    const { dealId, crmId } = await wonDeal();
    expect(await engine.ledger(dealId)).toEqual(earned);
    await engine.crm.renameStage?.('closedwon', 'Lost, really');
    await engine.crm.archiveStage?.('closedwon', true);
    for (const note of ['call', 'call again']) {
      await engine.crm.edit('deals', crmId, { hs_next_step: note });
      await engine.observe();
    }
    expect(await engine.ledger(dealId)).toEqual(earned);
    await engine.crm.archiveStage?.('closedwon', false);
    await engine.crm.renameStage?.('closedwon', 'Closed Won');
    await engine.observe();
    expect(await engine.ledger(dealId)).toEqual(earned);
  });

  it('is reopened by a move to an open stage, though the stage it was won in is gone', async () => {
    const { dealId, crmId } = await wonDeal();
    await engine.crm.archiveStage?.('closedwon', true);
    await engine.crm.edit('deals', crmId, { dealstage: 'contractsent' });
    await engine.observe();
    expect(await engine.ledger(dealId)).toEqual({ sum: 0n, entries: 2 });
    await engine.crm.archiveStage?.('closedwon', false);
  });
});

describe('a stage that nobody here ever saw', () => {
  it('wins nothing', async () => {
    const { dealId, crmId } = await engine.mirrored(`s${(made += 1)}`);
    await engine.db.query("DELETE FROM known_stages WHERE stage = 'closedwon'");
    await engine.crm.win(crmId);
    await engine.crm.archiveStage?.('closedwon', true);
    await engine.observe();
    expect(await engine.ledger(dealId)).toEqual({ sum: 0n, entries: 0 });
    await engine.crm.archiveStage?.('closedwon', false);
    await engine.crm.edit('deals', crmId, { hs_next_step: 'call' });
    // The meaning of stages is looked up again after a minute.
    engine.clock.advance(120_000);
    await engine.observe();
    expect(await engine.ledger(dealId)).toEqual(earned);
  });
});
