import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { recomputeLedger } from '../../src/commissions/recompute.ts';
import { openEngine, type Engine } from '../salesforce/open-engine.ts';

const plan = `
plan: p
version: 1
effectiveFrom: 2020-01-01
basis: line-items
currency: deal
tiers: { gold: { rate: 10 } }
otherTiers: hold
products:
  - { base: licences, families: [Software] }
  - { base: services, codes: [SVC], tiers: { gold: { rate: 5 } } }
otherProducts: hold
difference: nothing
`;

let engine: Engine;
let priceBook: string;
const entries: Record<string, string> = {};

beforeAll(async () => {
  const mapping = await readFile('mappings/salesforce/mapping.yaml', 'utf8');
  engine = await openEngine({ mapping: `${mapping}\nlineItems: { mode: read }\n` });
  await engine.publish(plan);
  [priceBook = ''] = await engine.org.seed('Pricebook2', {
    Name: 'Standard',
    IsActive: true,
    IsStandard: true,
  });
  for (const [code, family] of [
    ['GTX', 'Software'],
    ['SVC', 'Services'],
  ] as const) {
    const [product = ''] = await engine.org.seed('Product2', {
      Name: `${code} product`,
      ProductCode: code,
      Family: family,
      IsActive: true,
    });
    const [entry = ''] = await engine.org.seed('PricebookEntry', {
      Pricebook2Id: priceBook,
      Product2Id: product,
      UnitPrice: 100,
      IsActive: true,
      CurrencyIsoCode: 'USD',
    });
    entries[code] = entry;
  }
}, 60_000);
afterAll(() => engine?.close());

async function wonDeal(): Promise<{ dealId: string; crmId: string }> {
  const dealId = await engine.register();
  await engine.approve(dealId);
  await engine.push();
  const crmId = (await engine.mirror(dealId)).crm_id ?? '';
  await engine.org.play('update', crmId, { fields: { Pricebook2Id: priceBook } });
  return { dealId, crmId };
}

async function addLine(crmId: string, code: string, fields: object): Promise<string> {
  const line = { OpportunityId: crmId, PricebookEntryId: entries[code], Quantity: 1, ...fields };
  const answer = await engine.org.admin('POST', '/play', {
    action: 'create',
    object: 'OpportunityLineItem',
    fields: line,
  });
  return (answer as { records: { Id: string }[] }).records[0]?.Id ?? '';
}

describe('a deal with products, won', () => {
  it('earns by product, and posts the difference when a rep changes them afterwards', async () => {
    const { dealId, crmId } = await wonDeal();
    await addLine(crmId, 'GTX', { Quantity: 3, UnitPrice: 100 });
    const service = await addLine(crmId, 'SVC', { UnitPrice: 200 });
    await engine.org.play('win', crmId);
    await engine.observe();
    // 10 % of 300.00 and 5 % of 200.00: the amount is their sum, not the 1,000.00 that were registered.
    expect(await engine.ledger(dealId)).toEqual({ sum: 4_000n, entries: 1 });

    await engine.org.play('delete', service, { object: 'OpportunityLineItem' });
    await engine.observe();
    expect(await engine.ledger(dealId)).toEqual({ sum: 3_000n, entries: 2 });

    // The same amount from another product.
    const [gtx] = (await engine.org.records('OpportunityLineItem')).map((row) => String(row['Id']));
    await addLine(crmId, 'SVC', { UnitPrice: 300 });
    await engine.org.play('delete', gtx ?? '', { object: 'OpportunityLineItem' });
    await engine.observe();
    expect(await engine.ledger(dealId)).toEqual({ sum: 1_500n, entries: 3 });
    const transitions = await engine.db.query<{ kind: string }>(
      "SELECT kind FROM deal_transitions WHERE deal_id = $1 AND kind = 'lines-changed'",
      [dealId],
    );
    expect(transitions.length).toBeGreaterThan(0);
    expect(await recomputeLedger(engine.db)).toMatchObject({ discrepancies: [] });
  });

  it('shows what the amount differs where there are no products', async () => {
    const { dealId, crmId } = await wonDeal();
    await engine.org.play('win', crmId);
    await engine.observe();
    expect(await engine.ledger(dealId)).toEqual({ sum: 0n, entries: 0 });
    const [outcome] = await engine.db.query<{ explanation: string }>(
      'SELECT explanation FROM commission_outcomes WHERE deal_id = $1',
      [dealId],
    );
    expect(outcome?.explanation).toContain('difference to the line items 1,000.00 USD earn nothing');
  });
});
