import { expect, it } from '@jest/globals';
import type { ChangeHint, PollWindow } from '../../src/crm/connector.ts';
import { soon, type CrmUnderTest } from './crm-under-test.ts';
import { newDeal, newKey, pushDeals } from './writing.ts';

/** Knowing a CRM, reading records and finding the changed ones. */
export function itReads(under: () => CrmUnderTest): void {
  it('knows the CRM that it is connected to, its keys and its stages', async () => {
    const { connector, deals, accounts, contacts } = under();
    const identity = await connector.identify(soon());
    expect(await connector.identify(soon())).toEqual(identity);
    expect(identity).toMatchObject({ production: false, currency: expect.stringMatching(/^[A-Z]{3}$/) });
    for (const { object, keyField, text } of [deals, accounts, contacts]) {
      const { fields } = await connector.describe(object, soon());
      expect(fields.get(keyField)).toMatchObject({ unique: true, createable: true });
      expect(fields.get(text)).toMatchObject({ createable: true, updateable: true });
    }
    const stages = await connector.stages(soon());
    expect(stages.some(({ closed }) => !closed)).toBe(true);
    expect(stages.some(({ won }) => won)).toBe(true);
    expect(stages.filter(({ won, closed }) => won && !closed)).toEqual([]);
  });

  it('reads the history of stages oldest first: won, reopened, won again', async () => {
    const crm = under();
    const deal = await newDeal(crm);
    await crm.rep.win(deal);
    await crm.rep.reopen(deal);
    await crm.rep.win(deal);
    const [read] = await crm.connector.readDeals(crm.deals.object, [deal], [], soon());
    const history = read?.stageHistory ?? [];
    expect(history.map(({ won }) => won)).toEqual([false, true, false, true]);
    expect(history.map(({ at }) => at.getTime())).toEqual(history.map(({ at }) => at.getTime()).toSorted());
    expect(new Set(history.map(({ id }) => id)).size).toBe(4);
  });

  it('answers for every id asked for: what is there, what was deleted, what never was', async () => {
    const crm = under();
    const [there, gone] = [await newDeal(crm), await newDeal(crm)];
    await crm.rep.remove(crm.deals.object, gone);
    const asked = [gone, crm.unknownId, there];
    const { object, text } = crm.deals;
    const deals = await crm.connector.readDeals(object, asked, [text], soon());
    expect(deals.map(({ crmId, deleted }) => [crmId, deleted])).toEqual([
      [gone, true],
      [crm.unknownId, true],
      [there, false],
    ]);
    const records = await crm.connector.readRecords?.(object, asked, [text], soon());
    expect(records?.map(({ crmId, deleted }) => [crmId, deleted])).toEqual([
      [gone, true],
      [crm.unknownId, true],
      [there, false],
    ]);
    expect(records?.[2]?.fields).toEqual(deals[2]?.fields);
  });

  it('finds a merged customer under the record that lives on, and says which are gone', async () => {
    const crm = under();
    const { object, keyField, fields } = crm.accounts;
    const ids = await crm.seed(object, [fields('lost'), fields('kept'), fields('gone')]);
    const [lost = '', kept = '', gone = ''] = ids;
    await crm.rep.merge(object, lost, kept);
    await crm.rep.remove(object, gone);
    const crmIds = [lost, gone, crm.unknownId];
    const request = { kind: 'account', object, keyField, crmIds, fields: [] } as const;
    const states = (await crm.connector.readReferences?.(request, soon())) ?? [];
    expect(states.map(({ crmId, is }) => [crmId, is])).toEqual([
      [lost, 'merged'],
      [gone, 'gone'],
      [crm.unknownId, 'gone'],
    ]);
    const alive = states[0]?.is === 'merged' ? states[0].record.crmId : '';
    const found = await crm.connector.readReferences?.({ ...request, crmIds: [alive] }, soon());
    expect(found?.map(({ is }) => is)).toEqual(['alive']);
  });

  it('reads a deal that was merged away as the one that lives on, where deals can be merged', async () => {
    const crm = under();
    const [lost, kept] = [await newDeal(crm), await newDeal(crm)];
    if (!crm.dealsMerge) {
      await expect(crm.rep.merge(crm.deals.object, lost, kept)).rejects.toThrow();
      return;
    }
    await crm.rep.merge(crm.deals.object, lost, kept);
    const [read] = await crm.connector.readDeals(crm.deals.object, [lost], [], soon());
    expect(read).toMatchObject({ mergedFrom: lost, deleted: false });
    expect(read?.crmId).not.toBe(lost);
  });

  it('polls all that changed, each once, in pages that what changes meanwhile does not disturb', async () => {
    const crm = under();
    const { object, keyField, text } = crm.deals;
    const from = await crm.connector.vendorNow(soon());
    const ours = Array.from({ length: crm.pollPage + 5 }, () => {
      const key = newKey();
      return { ...crm.deals.fields(key), [keyField]: key };
    });
    const ids = await crm.seed(object, ours);
    const [foreign = ''] = await crm.seed(object, [crm.deals.fields('not ours')]);
    const window = { from, to: later(await crm.connector.vendorNow(soon())) };
    const first = await crm.connector.poll(object, keyField, window, soon());
    expect(first.hints).toHaveLength(crm.pollPage);
    await crm.rep.edit(object, ids[0] ?? '', { [text]: 'edited meanwhile' });
    const rest = await pollFrom(crm, window, first.next);
    const seen = [...first.hints, ...rest].map(({ crmId }) => crmId);
    expect(new Set(seen).size).toBe(seen.length);
    expect(ids.filter((id) => !seen.includes(id))).toEqual([]);
    expect(seen).not.toContain(foreign);
    const between = { from: new Date(from.getTime() - 7_200_000), to: new Date(from.getTime() - 3_600_000) };
    expect(await crm.connector.poll(object, keyField, between, soon())).toEqual({ hints: [] });
  });

  it('tells of its own writes and of what others do, and never takes those for its own', async () => {
    const crm = under();
    const { object, text } = crm.deals;
    const [ours, theirs, gone] = [await newDeal(crm), await newDeal(crm), await newDeal(crm)];
    const hints = await crm.hear(async () => {
      await pushDeals(crm, 'update', { key: 'k', crmId: ours, fields: { [text]: 'by us' } });
      await crm.rep.edit(object, theirs, { [text]: 'by a rep' });
      await crm.rep.remove(object, gone);
      return [ours, theirs, gone];
    });
    const of = (id: string): readonly ChangeHint[] => hints.filter(({ crmId }) => crmId === id);
    expect(of(ours).map((one) => one.ours)).toContain(true);
    expect(of(ours).flatMap(({ fields }) => fields)).toContain(text);
    expect([...of(theirs), ...of(gone)].map((one) => one.ours)).not.toContain(true);
    expect(of(theirs).flatMap(({ fields }) => fields)).toContain(text);
    expect(of(gone).map(({ change }) => change)).toContain('deleted');
    const [held] = await crm.connector.readDeals(object, [ours], [text], soon());
    expect(held?.fields[text]).toBe('by us');
  });
}

const later = (at: Date): Date => new Date(at.getTime() + 5_000);

async function pollFrom(
  { connector, deals }: CrmUnderTest,
  window: PollWindow,
  next: string | undefined,
): Promise<ChangeHint[]> {
  const hints: ChangeHint[] = [];
  for (let after = next; after !== undefined;) {
    const page = await connector.poll(deals.object, deals.keyField, { ...window, after }, soon());
    hints.push(...page.hints);
    after = page.next;
  }
  return hints;
}
