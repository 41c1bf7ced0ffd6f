import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ownershipPort, type OwnershipPort } from '../../src/app/ownership-port.ts';
import { listProposals, type ProposalView } from '../../src/ownership/list-proposals.ts';
import { listCards } from '../../src/platform/cards/cards.ts';
import { openEngine, type Engine } from '../engine/open-engine.ts';
import { vendors } from '../engine/vendors.ts';
import type { FieldNames } from '../engine/engine-crm.ts';

describe.each(vendors)('on $vendor', ({ open }) => {
  let system: Engine;
  let F: FieldNames;
  let port: OwnershipPort;
  beforeAll(async () => {
    system = await openEngine(open);
    F = system.crm.fields;
    port = ownershipPort(system.app);
  }, 60_000);
  afterAll(() => system?.close());

  /** As the CRM holds it. */
  const n = (text: string): never => system.crm.number(text) as never;
  const day = (iso: string): string => system.crm.day(iso);

  let made = 0;
  function ref(): string {
    return `p${(made += 1)}`;
  }

  async function edit(of: string, change: Record<string, unknown>): Promise<void> {
    await system.register(of, change);
    await system.push();
    await system.readBack();
  }

  function proposals(dealId: string, all = false): Promise<ProposalView[]> {
    return listProposals(system.db, { dealId, all, limit: 50 });
  }

  async function shown(dealId: string, all = false): Promise<object[]> {
    return (await proposals(dealId, all)).map(({ field, held, proposed, state }) => ({
      field,
      held,
      proposed,
      state,
    }));
  }

  async function idOf(dealId: string): Promise<string> {
    const [open] = await proposals(dealId);
    if (!open) throw new Error('nothing is proposed');
    return open.id;
  }

  /** What came through the API into these fields of a record after its creation. */
  async function writesTo(crmId: string, field: string): Promise<unknown[]> {
    const log = await system.crm.writes();
    return log
      .filter((write) => write.id === crmId && write.op !== 'create' && field in write.fields)
      .map((write) => write.fields[field]);
  }

  describe('what a partner changes after the field became the rep’s', () => {
    it('is proposed with who said so and when, and never written', async () => {
      const deal = ref();
      const { dealId, crmId } = await system.mirrored(deal);
      await system.repEdits(crmId, { [F.amount]: n('5500.00'), [F.name]: 'As the rep calls it' });
      await system.readBack();
      await edit(deal, { amount: '6000.00', name: 'A new name', expectedCloseDate: '2027-06-30' });
      expect(await system.deal(crmId)).toMatchObject({
        [F.amount]: n('5500.00'),
        [F.name]: 'As the rep calls it',
        [F.closeDate]: day('2027-03-31'),
      });
      expect(await shown(dealId)).toEqual(
        expect.arrayContaining([
          { field: F.amount, held: n('5500.00'), proposed: '6000.00', state: 'open' },
          { field: F.name, held: 'As the rep calls it', proposed: 'A new name', state: 'open' },
          { field: F.closeDate, held: day('2027-03-31'), proposed: '2027-06-30', state: 'open' },
        ]),
      );
      expect((await proposals(dealId))[0]).toMatchObject({
        proposedBy: 'partner portal',
        deal: 'A new name',
      });
      expect(await listCards(system.db, { connectionId: system.connectionId, kind: 'late-edits' })).toEqual([
        expect.objectContaining({ plain: expect.stringContaining('3 fields of 1 deal ') }),
      ]);
    });

    it('is one proposal however often it is said; a newer edit takes its place, and taken back it is over', async () => {
      const deal = ref();
      const { dealId } = await system.mirrored(deal);
      await edit(deal, { amount: '6000.00' });
      await edit(deal, {
        amount: '6000.00',
        company: { name: 'Company, renamed', domain: `company-${deal}.com` },
      });
      expect(await shown(dealId, true)).toEqual([
        { field: F.amount, held: n('5000.00'), proposed: '6000.00', state: 'open' },
      ]);
      await edit(deal, { amount: '7000.00' });
      await edit(deal, {});
      expect(
        (await proposals(dealId, true)).map(({ proposed, state, note }) => [proposed, state, note]),
      ).toEqual([
        ['7000.00', 'superseded', 'The partner took it back.'],
        ['6000.00', 'superseded', 'The partner changed it again.'],
      ]);
    });

    it('proposes nothing that the rep wrote already', async () => {
      const deal = ref();
      const { dealId, crmId } = await system.mirrored(deal);
      await system.repEdits(crmId, { [F.amount]: n('6000.00') });
      await system.readBack();
      await edit(deal, { amount: '6000.00' });
      expect(await shown(dealId, true)).toEqual([]);
      // And from then on that is what the registration was last taken for.
      await system.repEdits(crmId, { [F.amount]: n('9000.00') });
      await edit(deal, { amount: '6000.00', name: 'Another' });
      expect((await shown(dealId)).map((one) => (one as { field: string }).field)).toEqual([F.name]);
    });

    it('of another customer names it', async () => {
      const deal = ref();
      const { dealId } = await system.mirrored(deal);
      await system.register(deal, { company: { name: 'Entirely Else', domain: `else-${deal}.com` } });
      for (let round = 0; round < 3; round += 1) await system.push();
      expect(await proposals(dealId)).toEqual([
        expect.objectContaining({ field: F.account, proposedText: 'Entirely Else' }),
      ]);
    });
  });

  describe('declining', () => {
    it('is remembered: the same edit is not proposed again, another one is', async () => {
      const deal = ref();
      const { dealId, crmId } = await system.mirrored(deal);
      await edit(deal, { amount: '6000.00' });
      expect(await port.decline(await idOf(dealId), 'Kim Lee', 'agreed by phone')).toMatchObject({
        outcome: 'declined',
      });
      await edit(deal, { amount: '6000.00', name: 'Touched' });
      expect((await shown(dealId)).map((one) => (one as { field: string }).field)).toEqual([F.name]);
      await edit(deal, { amount: '6500.00', name: 'Touched' });
      expect(await shown(dealId)).toEqual(
        expect.arrayContaining([{ field: F.amount, held: n('5000.00'), proposed: '6500.00', state: 'open' }]),
      );
      expect(await system.deal(crmId)).toMatchObject({ [F.amount]: n('5000.00') });
    });
  });

  describe('accepting', () => {
    it('writes exactly that field, once, though two people accept at the same time', async () => {
      const deal = ref();
      const { dealId, crmId } = await system.mirrored(deal);
      await edit(deal, { amount: '6000.00', expectedCloseDate: '2027-06-30' });
      const amount = (await proposals(dealId)).find(({ field }) => field === F.amount)?.id ?? '';
      const both = await Promise.all([port.accept(amount, 'Kim'), port.accept(amount, 'Lee')]);
      expect(both.map((decided) => decided?.outcome).sort()).toEqual(['accepted', 'refused']);
      expect(await writesTo(crmId, F.amount)).toEqual([n('6000.00')]);
      expect(await system.deal(crmId)).toMatchObject({
        [F.amount]: n('6000.00'),
        [F.closeDate]: day('2027-03-31'),
      });
      await system.readBack();
      await edit(deal, { amount: '6000.00', expectedCloseDate: '2027-06-30', name: 'Touched' });
      expect(await writesTo(crmId, F.amount)).toEqual([n('6000.00')]);
      expect(await port.accept(amount, 'Kim')).toEqual({
        outcome: 'refused',
        say: 'It is accepted already.',
      });
    });

    it('never writes over a value that was not shown: the person is told, and may accept it over that', async () => {
      const deal = ref();
      const { dealId, crmId } = await system.mirrored(deal);
      await edit(deal, { amount: '6000.00' });
      await system.crm.edit(system.crm.objects.deal, crmId, { [F.amount]: n('8000.00') });
      const id = await idOf(dealId);
      expect(await port.accept(id, 'Kim')).toMatchObject({ outcome: 'refreshed', held: n('8000.00') });
      expect(await system.deal(crmId)).toMatchObject({ [F.amount]: n('8000.00') });
      expect(await shown(dealId)).toEqual([
        { field: F.amount, held: n('8000.00'), proposed: '6000.00', state: 'open' },
      ]);
      // Shown the old value, somebody else cannot accept it over the new one.
      expect(await port.accept(id, 'Lee', n('5000.00'))).toMatchObject({ outcome: 'refreshed' });
      expect(await port.accept(id, 'Kim', n('8000.00'))).toMatchObject({ outcome: 'accepted' });
      expect(await system.deal(crmId)).toMatchObject({ [F.amount]: n('6000.00') });
    });

    it('after a lost answer finds its own write and does not repeat it', async () => {
      const deal = ref();
      const { dealId, crmId } = await system.mirrored(deal);
      await edit(deal, { amount: '6000.00' });
      await system.crm.loseAnswer('update');
      const id = await idOf(dealId);
      await expect(port.accept(id, 'Kim')).rejects.toMatchObject({ kind: 'ambiguous' });
      await system.crm.calm();
      expect(await port.accept(id, 'Kim')).toMatchObject({ outcome: 'accepted' });
      expect(await writesTo(crmId, F.amount)).toEqual([n('6000.00')]);
    });

    it('a detail of the contact writes the contact, over the value that was shown', async () => {
      const deal = ref();
      const { dealId } = await system.mirrored(deal);
      await edit(deal, {
        contact: { firstName: 'Jo', lastName: 'Miller', email: `jo@company-${deal}.com`, phone: '+49 40 2' },
      });
      const [proposal] = await proposals(dealId);
      expect(proposal).toMatchObject({
        record: 'contact',
        field: system.crm.contact.phone,
        held: '+49 40 1',
        proposed: '+49 40 2',
      });
      expect(await port.accept(proposal?.id ?? '', 'Kim')).toMatchObject({ outcome: 'accepted' });
      const contact = await system.crm.record(system.crm.objects.contact, proposal?.crmId ?? '');
      expect(contact).toMatchObject({ [system.crm.contact.phone]: '+49 40 2' });
    });

    it('is refused while everything is stopped', async () => {
      const deal = ref();
      const { dealId, crmId } = await system.mirrored(deal);
      await edit(deal, { amount: '6000.00' });
      await system.db.query("UPDATE system_switches SET stopped = true, changed_by = 'Kim'");
      try {
        expect(await port.accept(await idOf(dealId), 'Kim')).toMatchObject({
          outcome: 'refused',
          say: expect.stringContaining('stopped by Kim'),
        });
      } finally {
        await system.db.query('UPDATE system_switches SET stopped = false');
      }
      expect(await system.deal(crmId)).toMatchObject({ [F.amount]: n('5000.00') });
    });
  });

  describe('a field that is the partner’s until a stage', () => {
    it('follows the registration until then, and is the rep’s for good from then on', async () => {
      await system.remap((text) =>
        text.replace(
          /(to: amount, from: deal.amount,.*) when: create/i,
          `$1 until: ${system.crm.stages.later}`,
        ),
      );
      try {
        const deal = ref();
        const { dealId, crmId } = await system.mirrored(deal);
        await edit(deal, { amount: '6000.00' });
        expect(await system.deal(crmId)).toMatchObject({ [F.amount]: n('6000.00') });
        // Past the stage and back again: what was handed over stays so.
        await system.repEdits(crmId, { [F.stage]: system.crm.stages.later });
        await system.repEdits(crmId, { [F.stage]: system.crm.stages.first });
        await system.readBack();
        await edit(deal, { amount: '7000.00' });
        expect(await system.deal(crmId)).toMatchObject({ [F.amount]: n('6000.00') });
        expect(await shown(dealId)).toEqual([
          { field: F.amount, held: n('6000.00'), proposed: '7000.00', state: 'open' },
        ]);
      } finally {
        await system.remap((text) => text);
      }
    });
  });
});
