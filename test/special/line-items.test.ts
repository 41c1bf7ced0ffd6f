import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recomputeLedger } from '../../src/commissions/recompute.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { vendors } from '../engine/vendors.ts';

const plan = `
plan: p
version: 1
effectiveFrom: 2020-01-01
basis: line-items
currency: deal
tiers: { gold: { rate: 10 } }
otherTiers: hold
products:
  - { base: licences, codes: [GTX] }
  - { base: services, codes: [SVC], tiers: { gold: { rate: 5 } } }
otherProducts: hold
difference: nothing
`;

describe.each(vendors)('on $vendor', ({ open }) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(open);
    await engine.remap((mapping) => `${mapping}\nlineItems: { mode: read }\n`);
    await engine.publish(plan);
    // The first poll only finds out where to begin.
    await engine.observe();
  }, 60_000);
  afterAll(() => engine?.close());

  /** No search of HubSpot's knows what was taken away: wins are read again once a day. */
  async function nextDay(): Promise<void> {
    engine.clock.advance(26 * 3_600_000);
    await engine.observe();
    engine.clock.advance(3_600_000);
    await engine.observe();
  }

  describe('a deal with products, won', () => {
    it('earns by product, and posts the difference when a rep changes them afterwards', async () => {
      const { crm } = engine;
      const { dealId, crmId } = await engine.mirrored('products', { amount: '1000.00' });
      const licence = await crm.addLine(crmId, 'GTX', { quantity: 3, price: 100 });
      const service = await crm.addLine(crmId, 'SVC', { quantity: 1, price: 200 });
      await crm.win(crmId);
      await engine.observe();
      // 10 % of 300.00 and 5 % of 200.00, whatever was registered.
      expect(await engine.ledger(dealId)).toEqual({ sum: 4_000n, entries: 1 });

      await crm.addLine(crmId, 'SVC', { quantity: 1, price: 100 });
      await engine.observe();
      expect(await engine.ledger(dealId)).toEqual({ sum: 4_500n, entries: 2 });

      await crm.removeLine(service);
      await nextDay();
      expect(await engine.ledger(dealId)).toEqual({ sum: 3_500n, entries: 3 });

      // The same amount from another product.
      await crm.addLine(crmId, 'SVC', { quantity: 1, price: 300 });
      await crm.removeLine(licence);
      await nextDay();
      expect(await engine.ledger(dealId)).toEqual({ sum: 2_000n, entries: 4 });
      const transitions = await engine.db.query<{ kind: string }>(
        "SELECT kind FROM deal_transitions WHERE deal_id = $1 AND kind = 'lines-changed'",
        [dealId],
      );
      expect(transitions.length).toBeGreaterThan(0);
      expect(await recomputeLedger(engine.db)).toMatchObject({ discrepancies: [] });
    });

    it('shows what the amount differs where there are no products', async () => {
      const { dealId, crmId } = await engine.mirrored('bare', { amount: '1000.00' });
      await engine.crm.win(crmId);
      await engine.observe();
      expect(await engine.ledger(dealId)).toEqual({ sum: 0n, entries: 0 });
      const [outcome] = await engine.db.query<{ explanation: string }>(
        'SELECT explanation FROM commission_outcomes WHERE deal_id = $1',
        [dealId],
      );
      expect(outcome?.explanation).toContain('difference to the line items 1,000.00 USD earn nothing');
    });
  });
});
