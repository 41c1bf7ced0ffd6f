import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ownershipPort, type OwnershipPort } from '../../src/app/ownership-port.ts';
import { listProposals, type ProposalView } from '../../src/ownership/list-proposals.ts';
import { listCards } from '../../src/platform/cards/cards.ts';
import { startMirroredOrg, type MirroredOrg } from './mirrored-org.ts';

let system: MirroredOrg;
let port: OwnershipPort;
beforeAll(async () => {
  system = await startMirroredOrg();
  const { db } = system.test;
  const wiring = { open: async () => system.wired } as unknown as Parameters<
    typeof ownershipPort
  >[0]['wiring'];
  port = ownershipPort({ db, clock: system.clock, wiring });
});
afterAll(() => system.close());

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
  return listProposals(system.test.db, { dealId, all, limit: 50 });
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
  const log = (await system.org.admin('GET', '/writes')) as {
    id: string;
    op: string;
    origin?: string;
    fields: Record<string, unknown>;
  }[];
  return log
    .filter((write) => write.id === crmId && write.op !== 'create' && field in write.fields)
    .map((write) => write.fields[field]);
}

describe('what a partner changes after the field became the rep’s', () => {
  it('is proposed with who said so and when, and never written', async () => {
    const deal = ref();
    const { dealId, crmId } = await system.mirrored(deal);
    await system.repEdits(crmId, { Amount: 5500, Name: 'As the rep calls it' });
    await system.readBack();
    await edit(deal, { amount: '6000.00', name: 'A new name', expectedCloseDate: '2027-06-30' });
    expect(await system.opportunity(crmId)).toMatchObject({
      Amount: 5500,
      Name: 'As the rep calls it',
      CloseDate: '2027-03-31',
    });
    expect(await shown(dealId)).toEqual(
      expect.arrayContaining([
        { field: 'Amount', held: 5500, proposed: '6000.00', state: 'open' },
        { field: 'Name', held: 'As the rep calls it', proposed: 'A new name', state: 'open' },
        { field: 'CloseDate', held: '2027-03-31', proposed: '2027-06-30', state: 'open' },
      ]),
    );
    expect((await proposals(dealId))[0]).toMatchObject({ proposedBy: 'partner portal', deal: 'A new name' });
    expect(
      await listCards(system.test.db, { connectionId: system.connectionId, kind: 'late-edits' }),
    ).toEqual([expect.objectContaining({ plain: expect.stringContaining('3 fields of 1 deal ') })]);
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
      { field: 'Amount', held: 5000, proposed: '6000.00', state: 'open' },
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
    await system.repEdits(crmId, { Amount: 6000 });
    await system.readBack();
    await edit(deal, { amount: '6000.00' });
    expect(await shown(dealId, true)).toEqual([]);
    // And from then on that is what the registration was last taken for.
    await system.repEdits(crmId, { Amount: 9000 });
    await edit(deal, { amount: '6000.00', name: 'Another' });
    expect((await shown(dealId)).map((one) => (one as { field: string }).field)).toEqual(['Name']);
  });

  it('of another customer names it', async () => {
    const deal = ref();
    const { dealId } = await system.mirrored(deal);
    await system.register(deal, { company: { name: 'Entirely Else', domain: `else-${deal}.com` } });
    for (let round = 0; round < 3; round += 1) await system.push();
    expect(await proposals(dealId)).toEqual([
      expect.objectContaining({ field: 'AccountId', proposedText: 'Entirely Else' }),
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
    expect((await shown(dealId)).map((one) => (one as { field: string }).field)).toEqual(['Name']);
    await edit(deal, { amount: '6500.00', name: 'Touched' });
    expect(await shown(dealId)).toEqual(
      expect.arrayContaining([{ field: 'Amount', held: 5000, proposed: '6500.00', state: 'open' }]),
    );
    expect(await system.opportunity(crmId)).toMatchObject({ Amount: 5000 });
  });
});

describe('accepting', () => {
  it('writes exactly that field, once, though two people accept at the same time', async () => {
    const deal = ref();
    const { dealId, crmId } = await system.mirrored(deal);
    await edit(deal, { amount: '6000.00', expectedCloseDate: '2027-06-30' });
    const amount = (await proposals(dealId)).find(({ field }) => field === 'Amount')?.id ?? '';
    const both = await Promise.all([port.accept(amount, 'Kim'), port.accept(amount, 'Lee')]);
    expect(both.map((decided) => decided?.outcome).sort()).toEqual(['accepted', 'refused']);
    expect(await writesTo(crmId, 'Amount')).toEqual([6000]);
    expect(await system.opportunity(crmId)).toMatchObject({ Amount: 6000, CloseDate: '2027-03-31' });
    await system.readBack();
    await edit(deal, { amount: '6000.00', expectedCloseDate: '2027-06-30', name: 'Touched' });
    expect(await writesTo(crmId, 'Amount')).toEqual([6000]);
    expect(await port.accept(amount, 'Kim')).toEqual({ outcome: 'refused', say: 'It is accepted already.' });
  });

  it('never writes over a value that was not shown: the person is told, and may accept it over that', async () => {
    const deal = ref();
    const { dealId, crmId } = await system.mirrored(deal);
    await edit(deal, { amount: '6000.00' });
    await system.org.play('update', crmId, { object: 'Opportunity', fields: { Amount: 8000 } });
    const id = await idOf(dealId);
    expect(await port.accept(id, 'Kim')).toMatchObject({ outcome: 'refreshed', held: 8000 });
    expect(await system.opportunity(crmId)).toMatchObject({ Amount: 8000 });
    expect(await shown(dealId)).toEqual([
      { field: 'Amount', held: 8000, proposed: '6000.00', state: 'open' },
    ]);
    // Shown the old value, somebody else cannot accept it over the new one.
    expect(await port.accept(id, 'Lee', 5000)).toMatchObject({ outcome: 'refreshed' });
    expect(await port.accept(id, 'Kim', 8000)).toMatchObject({ outcome: 'accepted' });
    expect(await system.opportunity(crmId)).toMatchObject({ Amount: 6000 });
  });

  it('after a lost answer finds its own write and does not repeat it', async () => {
    const deal = ref();
    const { dealId, crmId } = await system.mirrored(deal);
    await edit(deal, { amount: '6000.00' });
    await system.org.fault({
      match: { method: 'PATCH' },
      when: { times: 1 },
      fault: { kind: 'reset', at: 'after-commit' },
    });
    const id = await idOf(dealId);
    await expect(port.accept(id, 'Kim')).rejects.toMatchObject({ kind: 'ambiguous' });
    await system.org.calm();
    expect(await port.accept(id, 'Kim')).toMatchObject({ outcome: 'accepted' });
    expect(await writesTo(crmId, 'Amount')).toEqual([6000]);
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
      field: 'Phone',
      held: '+49 40 1',
      proposed: '+49 40 2',
    });
    expect(await port.accept(proposal?.id ?? '', 'Kim')).toMatchObject({ outcome: 'accepted' });
    const contacts = await system.org.records('Contact');
    expect(contacts.find(({ Id }) => Id === proposal?.crmId)).toMatchObject({ Phone: '+49 40 2' });
  });

  it('is refused while everything is stopped', async () => {
    const deal = ref();
    const { dealId, crmId } = await system.mirrored(deal);
    await edit(deal, { amount: '6000.00' });
    await system.test.db.query("UPDATE system_switches SET stopped = true, changed_by = 'Kim'");
    try {
      expect(await port.accept(await idOf(dealId), 'Kim')).toMatchObject({
        outcome: 'refused',
        say: expect.stringContaining('stopped by Kim'),
      });
    } finally {
      await system.test.db.query('UPDATE system_switches SET stopped = false');
    }
    expect(await system.opportunity(crmId)).toMatchObject({ Amount: 5000 });
  });
});

describe('a field that is the partner’s until a stage', () => {
  it('follows the registration until then, and is the rep’s for good from then on', async () => {
    await system.remap((text) =>
      text.replace(
        '{ to: Amount, from: deal.amount, when: create }',
        '{ to: Amount, from: deal.amount, until: Negotiation/Review }',
      ),
    );
    try {
      const deal = ref();
      const { dealId, crmId } = await system.mirrored(deal);
      await edit(deal, { amount: '6000.00' });
      expect(await system.opportunity(crmId)).toMatchObject({ Amount: 6000 });
      // Past the stage and back again: what was handed over stays so.
      await system.repEdits(crmId, { StageName: 'Negotiation/Review' });
      await system.repEdits(crmId, { StageName: 'Prospecting' });
      await system.readBack();
      await edit(deal, { amount: '7000.00' });
      expect(await system.opportunity(crmId)).toMatchObject({ Amount: 6000 });
      expect(await shown(dealId)).toEqual([
        { field: 'Amount', held: 6000, proposed: '7000.00', state: 'open' },
      ]);
    } finally {
      await system.remap((text) => text);
    }
  });
});
