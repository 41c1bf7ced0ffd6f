import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dismissTagged, taggedKind } from '../../src/mirror/attach/tagged.ts';
import { listCards } from '../../src/platform/cards/cards.ts';
import type { FieldNames } from '../engine/engine-crm.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { vendors } from '../engine/vendors.ts';
import { goldTenPercent } from '../fixtures/plans.ts';

const plan = `${goldTenPercent}renewals: { share: 30 }
`;
/** What the CRMs have of themselves. */
const kinds: Readonly<Record<string, { again: string; first: string }>> = {
  salesforce: { again: 'Existing Customer - Upgrade', first: 'New Customer' },
  hubspot: { again: 'existingbusiness', first: 'newbusiness' },
};

describe.each(vendors)('on $vendor', ({ open, vendor }) => {
  const { again, first } = kinds[vendor] ?? { again: '', first: '' };
  let engine: Engine;
  let F: FieldNames;
  let D: string;
  beforeAll(async () => {
    engine = await openEngine(open);
    ({ fields: F } = engine.crm);
    ({ deal: D } = engine.crm.objects);
    const rule = `renewals: { field: ${F.kind}, values: [${again}], withinMonths: 12 }`;
    await engine.remap((mapping) => `${mapping}\n${rule}\n`);
    await engine.publish(plan);
    await lookAround();
  }, 60_000);
  afterAll(() => engine?.close());

  let made = 0;
  async function wonDeal(): Promise<{ dealId: string; crmId: string }> {
    const deal = await engine.mirrored(`copied-${(made += 1)}`);
    await engine.crm.win(deal.crmId);
    await engine.observe();
    return deal;
  }

  /** As the Clone button: what can be written goes along, unique values excepted. */
  async function clone(id: string, change: object = {}): Promise<string> {
    const source = await engine.deal(id);
    const copied = [F.name, F.closeDate, F.amount, F.currency, F.version, F.partner, F.tier, F.sourced];
    const held = copied.map((name) => [name, source[name]]).filter(([, value]) => value !== null);
    const account = (await engine.crm.customerOf(id)) ?? '';
    const copy = await engine.crm.seedDeal(account, { ...Object.fromEntries(held), ...change });
    await engine.crm.repLinks(copy, 'partner', await engine.crm.partnerOf(id));
    return copy;
  }

  /** Ten polls are one look for what no registration belongs to. */
  async function lookAround(): Promise<void> {
    engine.clock.advance(10 * 60_000);
    await engine.observe();
  }

  async function cardsOf(crmId: string): Promise<string[]> {
    const cards = await listCards(engine.db, { kind: taggedKind });
    return cards.filter((card) => card.subject === crmId).map((card) => card.plain);
  }

  async function entries(): Promise<number> {
    const [row] = await engine.db.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM commission_entries',
    );
    return row?.count ?? -1;
  }

  describe('a copy of a won opportunity', () => {
    it('earns nothing when it is won, though it carries the tag, and is shown until somebody decides', async () => {
      const { crmId } = await wonDeal();
      const before = await entries();
      const copy = await clone(crmId, { [F.name]: 'Acme (copy)' });
      expect(await engine.deal(copy)).toMatchObject({ [F.partner]: 'Partner north' });
      await engine.crm.win(copy);
      await lookAround();
      expect(await entries()).toBe(before);
      expect(await cardsOf(copy)).toEqual([
        `${D} ${copy} "Acme (copy)" carries the tag of a partner but no registration: it earns nothing.`,
      ]);
      // Nothing is said of the original, which has its registration.
      expect(await cardsOf(crmId)).toEqual([]);
      await engine.crm.repLinks(copy, 'partner', null);
      await engine.crm.edit(D, copy, { [F.partner]: vendor === 'salesforce' ? null : '' });
      await lookAround();
      expect(await cardsOf(copy)).toEqual([]);
    });

    it('cannot take the registration along', async () => {
      const { crmId, dealId } = await wonDeal();
      const copy = await clone(crmId);
      await expect(engine.crm.edit(D, copy, { [F.key]: dealId })).rejects.toThrow(
        /DUPLICATE_VALUE|already has/,
      );
    });

    it('is not shown again once a person has dismissed it', async () => {
      const { crmId } = await wonDeal();
      const copy = await clone(crmId);
      await lookAround();
      const dismissal = { connectionId: engine.connectionId, crmId: copy, by: 'Kim' };
      expect(await dismissTagged(engine.db, dismissal, engine.clock.now())).toBe(true);
      await engine.crm.edit(D, copy, { [F.note]: 'call' });
      await lookAround();
      expect(await cardsOf(copy)).toEqual([]);
    });
  });

  describe('the rule for renewals', () => {
    it('makes a registration that waits for approval, and earns by the plan once approved and won', async () => {
      const { crm } = engine;
      const { crmId } = await wonDeal();
      const account = (await crm.customerOf(crmId)) ?? '';
      const renewal = {
        [F.closeDate]: crm.day('2027-09-30'),
        [F.amount]: crm.number('2000.00'),
        [F.currency]: 'USD',
      };
      const id = await crm.seedDeal(account, { ...renewal, [F.name]: 'Acme renewal', [F.kind]: again });
      const plain = await crm.seedDeal(account, { ...renewal, [F.name]: 'Acme more', [F.kind]: first });
      await lookAround();
      // Seen again after an edit it is the same registration, and the look goes on to others.
      await crm.edit(D, id, { [F.note]: 'call' });
      await lookAround();
      const copy = await clone(crmId);
      await lookAround();
      expect(await cardsOf(copy)).toHaveLength(1);
      const found = await registrations();
      const ref = `${vendor}:${id}`;
      expect(found).toEqual([{ id: expect.any(String), name: 'Acme renewal', status: 'submitted', ref }]);
      const dealId = found[0]?.id ?? '';
      expect(await engine.deal(id)).toMatchObject({ [F.key]: null, [F.partner]: null });

      await engine.approve(dealId);
      for (let round = 0; round < 3; round += 1) await engine.push();
      expect(await engine.deal(id)).toMatchObject({
        [F.name]: 'Acme renewal',
        [F.amount]: crm.number('2000.00'),
        [F.key]: dealId,
        [F.sourced]: crm.yes(false),
        [F.influence]: 'renewal',
      });
      for (const won of [id, plain]) await crm.win(won);
      await engine.observe();
      // 10 % of 2,000.00, of which 30 %.
      expect(await engine.ledger(dealId)).toEqual({ sum: 6_000n, entries: 1 });
      expect((await registrations()).length).toBe(1);
    });

    async function registrations(): Promise<{ id: string; name: string; status: string; ref: string }[]> {
      return engine.db.query(
        "SELECT id, name, status, source_ref AS ref FROM deals WHERE source = 'renewals'",
      );
    }
  });
});
