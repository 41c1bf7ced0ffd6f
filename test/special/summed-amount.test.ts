import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { revertRun } from '../../src/app/revert-run.ts';
import { ownershipPort } from '../../src/app/ownership-port.ts';
import { listProposals } from '../../src/ownership/list-proposals.ts';
import { listRuns } from '../../src/ownership/before-images.ts';
import { listDifferences } from '../../src/ownership/list-differences.ts';
import { openEngine, type Engine } from '../salesforce/open-engine.ts';
import { addLine, seedProducts, type Products } from './products.ts';

let engine: Engine;
let products: Products;

beforeAll(async () => {
  const shipped = await readFile('mappings/salesforce/mapping.yaml', 'utf8');
  // The amount is the partner's until the deal is negotiated.
  const mapping = shipped.replace(
    '{ to: Amount, from: deal.amount, when: create }',
    '{ to: Amount, from: deal.amount, until: Negotiation/Review }',
  );
  engine = await openEngine({ mapping, org: { settings: { lineItemAmount: 'refused' } } });
  products = await seedProducts(engine);
}, 60_000);
afterAll(() => engine?.close());

async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await engine.push();
    await engine.observe();
  }
}

async function mirrored(ref: string): Promise<{ dealId: string; crmId: string }> {
  const dealId = await engine.register({ ref });
  await engine.approve(dealId);
  await settle();
  return { dealId, crmId: (await engine.mirror(dealId)).crm_id ?? '' };
}

async function differences(dealId: string): Promise<object[]> {
  const all = await listDifferences(engine.db, { dealId, all: true, limit: 50 });
  return all.map(({ field, kind, sent, found, state }) => ({ field, kind, sent, found, state }));
}

async function withProducts(ref: string) {
  const deal = await mirrored(ref);
  await engine.org.play('update', deal.crmId, { fields: { Pricebook2Id: products.book } });
  const line = await addLine(engine, products, deal.crmId, 'GTX', { Quantity: 7, UnitPrice: 100 });
  return { ...deal, line };
}

describe('an amount that is the sum of the opportunity’s products', () => {
  it('is told and left alone, the rest is written, and ours comes back when they are gone', async () => {
    const { dealId, crmId, line } = await withProducts('sum-1');
    await settle();
    expect(await differences(dealId)).toEqual([
      { field: 'Amount', kind: 'summed', sent: '1000.00', found: 700, state: 'open' },
    ]);
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', last_error: null });

    await engine.register({ ref: 'sum-1', amount: '1200.00', version: 2 });
    await settle();
    const record = () => engine.org.record('Opportunity', crmId);
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', last_error: null });
    expect(await record()).toMatchObject({ Amount: 700, Tributary_Version__c: 3 });
    expect(await differences(dealId)).toEqual([
      { field: 'Amount', kind: 'summed', sent: '1200.00', found: 700, state: 'open' },
    ]);

    await engine.org.play('delete', line, { object: 'OpportunityLineItem' });
    await settle();
    expect(await record()).toMatchObject({ Amount: 1200 });
    expect(await differences(dealId)).toEqual([
      expect.objectContaining({ field: 'Amount', state: 'settled' }),
    ]);
  });

  it('is found out where products came after the last look: the deal is not parked', async () => {
    const deal = await mirrored('sum-2');
    await engine.org.play('update', deal.crmId, { fields: { Pricebook2Id: products.book } });
    await engine.observe();
    await addLine(engine, products, deal.crmId, 'GTX', { UnitPrice: 50 });
    await engine.register({ ref: 'sum-2', amount: '1300.00', version: 2 });
    await engine.push();
    const outcomes = await engine.db.query<{ outcome: string }>(
      'SELECT outcome FROM crm_writes WHERE deal_id = $1 ORDER BY id',
      [deal.dealId],
    );
    // What was seen last still had no products: refused once, then asked again.
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['written', 'refused', 'written']);
    expect(await engine.mirror(deal.dealId)).toMatchObject({ state: 'mirrored', last_error: null });
    expect(await engine.org.record('Opportunity', deal.crmId)).toMatchObject({
      Amount: 50,
      Tributary_Version__c: 3,
    });
  });

  it('is not written by accepting a late edit of it either', async () => {
    const { dealId, crmId } = await withProducts('sum-4');
    await engine.org.play('update', crmId, { fields: { StageName: 'Negotiation/Review' } });
    await settle();
    await engine.register({ ref: 'sum-4', amount: '1500.00', version: 2 });
    await settle();
    const [proposal] = await listProposals(engine.db, { dealId, limit: 5 });
    expect(proposal).toMatchObject({ field: 'Amount', proposed: '1500.00' });
    const decided = await ownershipPort(engine.app).accept(proposal?.id ?? '', 'Kim');
    expect(decided).toMatchObject({ outcome: 'refused' });
    expect(decided?.say).toContain("sum of the record's products");
    expect(await engine.org.record('Opportunity', crmId)).toMatchObject({ Amount: 700 });
  });

  it('stays as it is when a run is taken back, and the rest goes back', async () => {
    const { dealId, crmId, line } = await withProducts('sum-3');
    await engine.org.play('delete', line, { object: 'OpportunityLineItem' });
    await settle();
    await engine.register({ ref: 'sum-3', amount: '1400.00', version: 2 });
    await settle();
    expect(await engine.org.record('Opportunity', crmId)).toMatchObject({ Amount: 1400 });
    const [run] = await listRuns(engine.db, { limit: 1 });
    await addLine(engine, products, crmId, 'GTX', { Quantity: 14, UnitPrice: 100 });
    const report = await revertRun(engine.app, { runId: run?.runId ?? '' }, false);
    expect(report?.deals).toMatchObject([
      { dealId, outcome: 'restored', left: [{ field: 'Amount', now: 1400, summed: true }] },
    ]);
    expect(await engine.org.record('Opportunity', crmId)).toMatchObject({
      Amount: 1400,
      Tributary_Version__c: 2,
    });
  });
});
