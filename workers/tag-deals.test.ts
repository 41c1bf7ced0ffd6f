import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readMirror } from '../test/fixtures/rows.ts';
import { openMirroredOrg, type MirroredOrg } from '../test/fixtures/mirrored-org.ts';

const sections = `tags: { partners: { role: VAR/Reseller } }
card: { note: 'on', text: "By {partner.name}, {partner.channelManager}.\\nProtected until {deal.protectedUntil}." }`;

let crm: MirroredOrg;
beforeAll(async () => {
  crm = await openMirroredOrg(sections);
});
afterAll(() => crm.close());

async function partnersOf(dealId: string): Promise<unknown[]> {
  const { Id } = await crm.opportunity(dealId);
  const rows = (await crm.org.records('OpportunityPartner')).filter((row) => row['OpportunityId'] === Id);
  return rows.map((row) => row['AccountToId']);
}

async function notesOf(dealId: string): Promise<string[]> {
  const { Id } = await crm.opportunity(dealId);
  const links = (await crm.org.records('ContentDocumentLink')).filter((row) => row['LinkedEntityId'] === Id);
  const ids = links.map((row) => row['ContentDocumentId']);
  const notes = (await crm.org.records('ContentNote')).filter((row) => ids.includes(row['Id']));
  return notes.map((row) => String(row['TextPreview']));
}

async function lostAnswers(nth: number): Promise<void> {
  await crm.org.fault({
    match: { method: 'POST', path: '/composite/sobjects' },
    when: { nth },
    fault: { kind: 'reset', at: 'after-commit' },
  });
}

describe('a mirrored deal', () => {
  it('is tagged with its partner and gets its note', async () => {
    const north = await crm.addPartner('North');
    const [dealId = ''] = await crm.addDeals(north.id);
    await crm.mirror();
    expect(await partnersOf(dealId)).toEqual([north.accountId]);
    expect(await notesOf(dealId)).toEqual(['By North, .  Protected until 2026-05-31.']);
  });

  it('costs no call for its note while the note would say the same', async () => {
    const north = await crm.addPartner('Steady');
    const [dealId = ''] = await crm.addDeals(north.id);
    await crm.mirror();
    await crm.dueAgain([dealId]);
    await crm.org.forget();
    await crm.mirror();
    const calls = await crm.org.calls();
    // The deal itself is changed, its partners are read; neither notes nor links are written.
    expect(calls).toMatchObject({ 'PATCH /composite/sobjects': 1, 'GET /query': 1 });
    expect(calls).not.toHaveProperty('POST /composite/sobjects');
  });

  it('converges when it becomes the deal of another partner, and its note with it', async () => {
    const [north, south] = [await crm.addPartner('Was'), await crm.addPartner('Is')];
    const [dealId = ''] = await crm.addDeals(north.id);
    await crm.mirror();
    await crm.test.db.query('UPDATE deals SET partner_id = $2 WHERE id = $1', [dealId, south.id]);
    await crm.dueAgain([dealId]);
    await crm.mirror();
    expect(await partnersOf(dealId)).toEqual([south.accountId]);
    expect(await notesOf(dealId)).toEqual(['By Is, .  Protected until 2026-05-31.']);
  });

  it.each([1, 2, 3])(
    'has one partner row and one note though answer %i of its children got lost',
    async (nth) => {
      const partner = await crm.addPartner(`Lost ${nth}`);
      const [dealId = ''] = await crm.addDeals(partner.id);
      await lostAnswers(nth);
      await crm.mirror();
      await crm.org.calm();
      expect((await readMirror(crm.test.db, crm.connectionId, dealId)).state).toBe('mirrored');
      expect(await partnersOf(dealId)).toHaveLength(1);
      expect(await notesOf(dealId)).toHaveLength(1);
      const titled = (await crm.org.records('ContentNote')).filter((row) =>
        String(row['Title']).includes(dealId),
      );
      expect(titled).toHaveLength(1);
    },
  );

  it('keeps the note deleted when somebody deleted it', async () => {
    const partner = await crm.addPartner('Unwanted');
    const [dealId = ''] = await crm.addDeals(partner.id);
    await crm.mirror();
    const titled = async () =>
      (await crm.org.records('ContentNote')).filter((row) => String(row['Title']).includes(dealId));
    await crm.org.admin('POST', '/play', {
      action: 'delete',
      object: 'ContentNote',
      id: (await titled())[0]?.['Id'],
    });
    for (const day of ['2026-07-31', '2026-08-31']) {
      await crm.test.db.query('UPDATE deals SET protected_until = $2 WHERE id = $1', [dealId, day]);
      await crm.dueAgain([dealId]);
      await crm.mirror();
    }
    expect(await titled()).toEqual([]);
  });

  it('takes away what the mapping no longer asks for, and what a rep added stays', async () => {
    const partner = await crm.addPartner('Leaving');
    const [dealId = ''] = await crm.addDeals(partner.id);
    await crm.mirror();
    const { Id } = await crm.opportunity(dealId);
    const fields = { OpportunityId: Id, AccountToId: crm.accountId, Role: 'Consultant' };
    await crm.org.admin('POST', '/play', { action: 'create', object: 'Partner', fields });
    await crm.remap('');
    await crm.dueAgain([dealId]);
    await crm.mirror();
    await crm.remap(sections);
    expect(await partnersOf(dealId)).toEqual([crm.accountId]);
  });
});
