import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LinkWanted } from '../../../src/crm/connector.ts';
import type { DealNote } from '../../../src/crm/tags.ts';
import { openOrg, opportunity, within, type TestOrg } from '../../../test/salesforce/open-org.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg();
  await org.connector.stages(within());
});
afterAll(() => org.close());
afterEach(() => org.calm());

async function newDeals(count: number): Promise<string[]> {
  return org.seed('Opportunity', ...Array.from({ length: count }, () => opportunity()));
}

function noted(dealId: string, note: Partial<DealNote> = {}, fresh = false): LinkWanted {
  const wanted = {
    title: `Partner deal (${dealId})`,
    text: 'Sourced by North.',
    object: 'ContentNote',
    ...note,
  };
  const tags = { ours: { partner: [], 'deal-team': [] }, note: wanted };
  return { key: dealId, dealId, accountId: '001000000000000AAA', fresh, tags };
}

async function link(...links: LinkWanted[]) {
  return org.connector.link(links, within());
}

interface Note {
  id: string;
  text: string;
}

/** The notes that hang on a deal, as Salesforce holds them. */
async function notesOf(dealId: string): Promise<Note[]> {
  const links = await org.records('ContentDocumentLink');
  const hanging = links
    .filter((row) => row['LinkedEntityId'] === dealId)
    .map((row) => row['ContentDocumentId']);
  const notes = (await org.records('ContentNote')).filter((row) => hanging.includes(row['Id']));
  return notes.map((row) => ({ id: String(row['Id']), text: String(row['TextPreview']) }));
}

async function countNotes(): Promise<number> {
  return (await org.records('ContentNote')).length;
}

async function losesAnswer(nth: number): Promise<void> {
  await org.fault({
    match: { method: 'POST', path: '/composite/sobjects' },
    when: { nth },
    fault: { kind: 'reset', at: 'after-commit' },
  });
}

describe('the note of a deal', () => {
  it('hangs on the deal, readable as text, its signs escaped', async () => {
    const [dealId = ''] = await newDeals(1);
    await org.forget();
    const [outcome] = await link(
      noted(dealId, { text: 'Sourced by <North & Sons>.\nDo not discount.' }, true),
    );
    const [note] = await notesOf(dealId);
    expect(note?.text).toBe('Sourced by &lt;North &amp; Sons&gt;.  Do not discount.');
    expect(outcome).toMatchObject({ status: 'linked', tags: { note: { crmId: note?.id } } });
    expect(await org.calls()).toEqual({ 'POST /composite/sobjects': 2 });
  });

  it('is changed in place, in one call', async () => {
    const [dealId = ''] = await newDeals(1);
    await link(noted(dealId));
    const [before] = await notesOf(dealId);
    await org.forget();
    await link(noted(dealId, { text: 'Protected until May.', crmId: before?.id ?? '' }));
    expect(await notesOf(dealId)).toEqual([{ id: before?.id, text: 'Protected until May.' }]);
    expect(await org.calls()).toEqual({ 'PATCH /composite/sobjects': 1 });
  });

  it.each([
    ['after the note was made', 1],
    ['after it was hung on the deal', 2],
  ])('is found again when the answer got lost %s', async (_when, nth) => {
    const [dealId = ''] = await newDeals(1);
    const before = await countNotes();
    await losesAnswer(nth);
    await expect(link(noted(dealId, {}, true))).rejects.toMatchObject({ kind: 'ambiguous' });
    await link(noted(dealId, { text: 'Newer.' }));
    expect((await countNotes()) - before).toBe(1);
    expect((await notesOf(dealId)).map(({ text }) => text)).toEqual(['Newer.']);
  });

  it('leaves the notes of reps alone, even one that bears its title', async () => {
    const [dealId = ''] = await newDeals(1);
    const fields = { Title: `Partner deal (${dealId})`, Content: Buffer.from('Mine').toString('base64') };
    await org.admin('POST', '/play', { action: 'create', object: 'ContentNote', fields });
    await link(noted(dealId));
    const mine = (await org.records('ContentNote')).filter((row) => row['TextPreview'] === 'Mine');
    expect(mine).toHaveLength(1);
    expect((await notesOf(dealId)).map(({ text }) => text)).toEqual(['Sourced by North.']);
  });

  it('stays away when somebody deleted it', async () => {
    const [dealId = ''] = await newDeals(1);
    await link(noted(dealId));
    const [note] = await notesOf(dealId);
    await org.admin('POST', '/play', { action: 'delete', object: 'ContentNote', id: note?.id });
    const before = await countNotes();
    const [outcome] = await link(noted(dealId, { text: 'Newer.', crmId: note?.id ?? '' }));
    expect(outcome).toMatchObject({ status: 'linked', tags: { note: 'gone' } });
    expect(await countNotes()).toBe(before);
  });

  it('costs two calls for two hundred new deals', async () => {
    const dealIds = await newDeals(200);
    await org.forget();
    await link(...dealIds.map((dealId) => noted(dealId, {}, true)));
    expect(await org.calls()).toEqual({ 'POST /composite/sobjects': 2 });
    expect(await notesOf(dealIds[199] ?? '')).toHaveLength(1);
  });

  it.each([
    ['Note', 'ParentId', 'Body'],
    ['Task', 'WhatId', 'Description'],
  ])('is a %s where the org has no enhanced notes, one per deal', async (object, parent, text) => {
    const [dealId = ''] = await newDeals(1);
    await link(noted(dealId, { object }, true));
    await link(noted(dealId, { object, text: 'Newer.' }));
    const rows = (await org.records(object)).filter((row) => row[parent] === dealId);
    expect(rows.map((row) => row[text])).toEqual(['Newer.']);
  });
});
