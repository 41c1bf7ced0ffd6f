import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { createSweeper } from '../../workers/sweep.ts';
import { listDifferences } from '../../src/ownership/list-differences.ts';
import { openEngine, type Engine } from '../salesforce/open-engine.ts';
import { addLine, seedProducts, type Products } from './products.ts';

let engine: Engine;
let products: Products;
let made = 0;

beforeAll(async () => {
  const shipped = await readFile('mappings/salesforce/mapping.yaml', 'utf8');
  const mapping = `${shipped}\nlineItems: { write: true }\n`;
  engine = await openEngine({ mapping, org: { settings: { lineItemAmount: 'refused' } } });
  products = await seedProducts(engine);
}, 60_000);
afterAll(() => engine?.close());
beforeEach(() => engine.org.calm());

const two = [
  { name: 'Server', code: 'GTX', quantity: 3, unitPrice: '99.90' },
  { name: 'SVC product', quantity: 2 },
];

async function settle(): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await engine.push();
    await engine.observe();
  }
}

async function mirrored(change: object): Promise<{ ref: string; dealId: string; crmId: string }> {
  const ref = `lines-${(made += 1)}`;
  const dealId = await engine.register({ ref, ...change });
  await engine.approve(dealId);
  await settle();
  return { ref, dealId, crmId: (await engine.mirror(dealId)).crm_id ?? '' };
}

async function linesOf(crmId: string): Promise<object[]> {
  const rows = await engine.org.records('OpportunityLineItem');
  return rows
    .filter((row) => row['OpportunityId'] === crmId && row['IsDeleted'] !== true)
    .map(({ ProductCode, Quantity, UnitPrice }) => ({ ProductCode, Quantity, UnitPrice }))
    .sort((a, b) => String(a.ProductCode).localeCompare(String(b.ProductCode)));
}

async function lineId(crmId: string, code: string): Promise<string> {
  const rows = await engine.org.records('OpportunityLineItem');
  const row = rows.find((one) => one['OpportunityId'] === crmId && one['ProductCode'] === code);
  return String(row?.['Id']);
}

async function waitingCards(dealId: string): Promise<string[]> {
  const rows = await engine.db.query<{ plain: string }>(
    "SELECT plain FROM cards WHERE kind = 'line-items-wait' AND subject = $1 AND closed_at IS NULL",
    [dealId],
  );
  return rows.map(({ plain }) => plain);
}

describe('the products of a registration', () => {
  it('become products of the opportunity, once, by code or name; its amount is their sum', async () => {
    const { dealId, crmId } = await mirrored({ products: two, amount: '450.00' });
    expect(await linesOf(crmId)).toEqual([
      { ProductCode: 'GTX', Quantity: 3, UnitPrice: 99.9 },
      // Without a price of its own: the list price.
      { ProductCode: 'SVC', Quantity: 2, UnitPrice: 100 },
    ]);
    expect(await engine.org.record('Opportunity', crmId)).toMatchObject({
      Amount: 499.7,
      Pricebook2Id: products.book,
    });
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', last_error: null });
    expect(await listDifferences(engine.db, { dealId, all: true, limit: 5 })).toEqual([]);
  });

  it('are there once although the answer to their creation got lost', async () => {
    // Contact roles are made first, by the same call: theirs is the first answer, that of the products the second.
    await engine.org.fault({
      match: { method: 'POST', path: '/composite/sobjects$' },
      when: { every: 2, times: 1 },
      fault: { kind: 'reset', at: 'after-commit' },
    });
    const { dealId, crmId } = await mirrored({ products: two });
    for (let round = 0; round < 3; round++) await settle();
    const unanswered = await engine.db.query(
      "SELECT 1 FROM crm_writes WHERE deal_id = $1 AND outcome = 'ambiguous'",
      [dealId],
    );
    expect(unanswered).toHaveLength(1);
    expect(await linesOf(crmId)).toHaveLength(2);
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', last_error: null });
    const rows = await engine.db.query(
      "SELECT 1 FROM deal_lines WHERE deal_id = $1 AND state = 'ours' AND crm_id IS NOT NULL",
      [dealId],
    );
    expect(rows).toHaveLength(2);
  });

  it('follow the registration while nobody else changed them, and go when the partner takes them back', async () => {
    const { ref, crmId } = await mirrored({ products: two });
    await engine.register({ ref, version: 2, products: [{ ...two[0], quantity: 5 }] });
    await settle();
    expect(await linesOf(crmId)).toEqual([{ ProductCode: 'GTX', Quantity: 5, UnitPrice: 99.9 }]);
    expect(await engine.org.record('Opportunity', crmId)).toMatchObject({ Amount: 499.5 });
  });

  it('of a rep stay: what a rep changed, added or took away is not touched again', async () => {
    const { ref, dealId, crmId } = await mirrored({ products: two });
    const gtx = await lineId(crmId, 'GTX');
    await engine.org.play('update', gtx, { object: 'OpportunityLineItem', fields: { Quantity: 30 } });
    await engine.org.play('delete', await lineId(crmId, 'SVC'), { object: 'OpportunityLineItem' });
    await engine.register({ ref, version: 2, products: [{ ...two[0], quantity: 4 }, two[1]] });
    await settle();
    const held = [{ ProductCode: 'GTX', Quantity: 30, UnitPrice: 99.9 }];
    expect(await linesOf(crmId)).toEqual(held);
    // Not even when the partner takes the product back.
    await engine.register({ ref, version: 3, products: [] });
    await settle();
    expect(await linesOf(crmId)).toEqual(held);
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', last_error: null });
  });

  it('are not put beside a product that a rep added before', async () => {
    const { ref, crmId } = await mirrored({ products: [] });
    await engine.org.play('update', crmId, { fields: { Pricebook2Id: products.book } });
    await addLine(engine, products, crmId, 'GTX', { Quantity: 3, UnitPrice: 99.9 });
    await engine.register({ ref, version: 2, products: two });
    await settle();
    const both = await linesOf(crmId);
    expect(both).toHaveLength(2);
    await engine.register({ ref, version: 3, products: [] });
    await settle();
    expect(await linesOf(crmId)).toEqual([{ ProductCode: 'GTX', Quantity: 3, UnitPrice: 99.9 }]);
  });

  it('wait with a card that names the product where it has no price, and come by themselves when it has', async () => {
    const unknown = { name: 'Quantum rack', code: 'QR-1', quantity: 1, unitPrice: '10.00' };
    const { dealId, crmId } = await mirrored({ products: [two[0], unknown] });
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', last_error: null });
    expect(await linesOf(crmId)).toEqual([]);
    expect(await waitingCards(dealId)).toEqual([expect.stringContaining('"Quantum rack" (code QR-1)')]);

    const [Product2Id = ''] = await engine.org.seed('Product2', {
      Name: 'Rack',
      ProductCode: 'QR-1',
      IsActive: true,
    });
    const price = {
      Pricebook2Id: products.book,
      Product2Id,
      UnitPrice: 11,
      IsActive: true,
      CurrencyIsoCode: 'USD',
    };
    await engine.org.seed('PricebookEntry', price);
    engine.clock.advance(3_600_000);
    await createSweeper(engine.context, { healIntervalMs: 60_000, globalWork: [] })();
    await settle();
    expect(await linesOf(crmId)).toHaveLength(2);
    expect(await waitingCards(dealId)).toEqual([]);
  });

  it('are left alone on a closed opportunity', async () => {
    const { ref, crmId } = await mirrored({ products: [two[0]] });
    // Nobody told us yet.
    await engine.org.play('win', crmId);
    await engine.register({ ref, version: 2, products: [{ ...two[0], quantity: 9 }] });
    await engine.push();
    expect(await linesOf(crmId)).toEqual([{ ProductCode: 'GTX', Quantity: 3, UnitPrice: 99.9 }]);
  });
});
