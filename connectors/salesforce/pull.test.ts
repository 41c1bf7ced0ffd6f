import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { DealSnapshot, PollWindow } from '../../src/crm/connector.ts';
import { dealKey, openOrg, opportunity, within, type TestOrg } from '../../test/salesforce/open-org.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());
afterEach(() => org.calm());

const fields = ['Amount', 'CurrencyIsoCode', 'StageName', dealKey];

async function read(...ids: string[]): Promise<readonly DealSnapshot[]> {
  return org.connector.readDeals('Opportunity', ids, fields, within());
}

async function seedDeal(more: Parameters<typeof opportunity>[0] = {}): Promise<string> {
  const [id = ''] = await org.seed('Opportunity', opportunity(more));
  return id;
}

describe('readDeals', () => {
  it('reads the fields asked for, and won → reopened → won as three entries in the vendor order', async () => {
    const id = await seedDeal({ Amount: 1200.5, CurrencyIsoCode: 'EUR', [dealKey]: 'deal-1' });
    for (const action of ['win', 'reopen', 'win']) {
      await org.admin('POST', '/clock', { advanceMs: 1000 });
      await org.play(action, id);
    }
    const [deal] = await read(id);
    expect(deal).toMatchObject({ crmId: id, deleted: false });
    expect(deal?.fields).toEqual({
      Amount: 1200.5,
      CurrencyIsoCode: 'EUR',
      StageName: 'Closed Won',
      [dealKey]: 'deal-1',
    });
    expect(deal?.stageHistory.map(({ closed, won }) => ({ closed, won }))).toEqual([
      { closed: false, won: false },
      { closed: true, won: true },
      { closed: false, won: false },
      { closed: true, won: true },
    ]);
    expect(new Set(deal?.stageHistory.map((entry) => entry.id)).size).toBe(4);
    expect(deal?.stageHistory.at(-1)).toMatchObject({ amount: '1200.5', currency: 'EUR' });
    const times = deal?.stageHistory.map((entry) => entry.at.getTime()) ?? [];
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('is asked twice about 200 deals: once for the records, once for their history', async () => {
    const ids = await org.seed('Opportunity', ...Array.from({ length: 200 }, () => opportunity()));
    await org.connector.stages(within());
    await org.forget();
    const deals = await read(...ids);
    expect(deals.map(({ crmId }) => crmId)).toEqual(ids);
    expect(deals.every((deal) => deal.stageHistory.length === 1)).toBe(true);
    expect(await org.calls()).toEqual({ 'POST /composite/sobjects/Opportunity': 1, 'GET /query': 1 });
  });

  it('shows a deleted deal as deleted when it was, and one that never existed as gone', async () => {
    const id = await seedDeal({ [dealKey]: 'deal-2' });
    await org.play('delete', id);
    const [binned, never] = await read(id, '006000000000000AAA');
    expect(binned).toMatchObject({
      crmId: id,
      deleted: true,
      stageHistory: [],
      fields: { [dealKey]: 'deal-2' },
    });
    expect(never).toMatchObject({ crmId: '006000000000000AAA', deleted: true, stageHistory: [], fields: {} });
    expect(never?.modifiedAt.getTime()).not.toBeNaN();
    await org.play('undelete', id);
    const [back] = await read(id);
    expect(back).toMatchObject({ deleted: false });
    expect(back?.stageHistory.length).toBeGreaterThan(0);
  });

  it('asks again after a failed read only through the engine', async () => {
    const id = await seedDeal();
    await org.fault({
      match: { endpoint: 'GET /query' },
      when: { times: 1 },
      fault: { kind: 'status', status: 503 },
    });
    await org.forget();
    await expect(read(id)).rejects.toMatchObject({ kind: 'unavailable', stage: 'read' });
    expect((await org.calls())['GET /query']).toBe(1);
    await expect(read(id)).resolves.toHaveLength(1);
  });

  it('takes an answer that stops half-way or never comes as unavailable, by the deadline', async () => {
    const id = await seedDeal();
    await org.fault({ when: { times: 1 }, fault: { kind: 'hang', at: 'before-commit', ms: 3000 } });
    const reading = org.connector.readDeals('Opportunity', [id], fields, within(300));
    await expect(reading).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('names a field the org does not have', async () => {
    const reading = org.connector.readDeals('Opportunity', [await seedDeal()], ['Nowhere__c'], within());
    await expect(reading).rejects.toMatchObject({
      kind: 'invalid-record',
      details: { vendorCode: 'INVALID_FIELD' },
    });
  });
});

describe('an org that renamed its stages', () => {
  it('is understood by what a stage means', async () => {
    const renamed = await openOrg({ preset: 'renamed-stages' });
    try {
      const stages = await renamed.connector.stages(within());
      const won = stages.find((stage) => stage.won);
      expect(stages.some((stage) => stage.id === 'Closed Won')).toBe(false);
      const open = stages.find((stage) => !stage.closed);
      const [id = ''] = await renamed.seed('Opportunity', opportunity({ StageName: open?.id ?? '' }));
      await renamed.play('win', id);
      const [deal] = await renamed.connector.readDeals('Opportunity', [id], ['StageName'], within());
      expect(deal?.stageHistory.at(-1)).toMatchObject({ stage: won?.id, closed: true, won: true });
    } finally {
      await renamed.close();
    }
  });
});

describe('poll', () => {
  async function window(run: () => Promise<void>): Promise<PollWindow> {
    const from = new Date((await org.connector.vendorNow(within())).getTime() - 1000);
    await run();
    await org.admin('POST', '/clock', { advanceMs: 2000 });
    return { from, to: await org.connector.vendorNow(within()) };
  }

  async function pollAll(wanted: PollWindow) {
    const page = await org.connector.poll('Opportunity', dealKey, wanted, within());
    return page.hints;
  }

  it('sees what changed in the window, deletions too, and only records that carry our key', async () => {
    const [kept, gone] = [await seedDeal({ [dealKey]: 'poll-1' }), await seedDeal({ [dealKey]: 'poll-2' })];
    const foreign = await seedDeal();
    await org.admin('POST', '/clock', { advanceMs: 60_000 });
    const wanted = await window(async () => {
      await org.play('win', kept);
      await org.play('win', foreign);
      await org.play('delete', gone);
    });
    const hints = await pollAll(wanted);
    expect(new Map(hints.map(({ crmId, change }) => [crmId, change]))).toEqual(
      new Map([
        [kept, 'updated'],
        [gone, 'deleted'],
      ]),
    );
    expect(
      hints.every(({ modifiedAt }) => modifiedAt && modifiedAt >= wanted.from && modifiedAt < wanted.to),
    ).toBe(true);
    expect(await pollAll({ from: wanted.to, to: new Date(wanted.to.getTime() + 1000) })).toEqual([]);
  });

  it('pages by record id until the window is read', async () => {
    await org.admin('POST', '/clock', { advanceMs: 60_000 });
    const seen = new Set<string>();
    const ids: string[] = [];
    const wanted = await window(async () => {
      const records = Array.from({ length: 2500 }, (_record, index) =>
        opportunity({ [dealKey]: `page-${index}` }),
      );
      ids.push(...(await org.seed('Opportunity', ...records)));
    });
    await org.forget();
    let after: string | undefined;
    do {
      const page = await org.connector.poll(
        'Opportunity',
        dealKey,
        { ...wanted, ...(after ? { after } : {}) },
        within(),
      );
      for (const hint of page.hints) seen.add(hint.crmId);
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual(new Set(ids));
    expect(await org.calls()).toEqual({ 'GET /queryAll': 2 });
  });
});

describe('vendorNow', () => {
  it('is the clock of the org, not ours', async () => {
    const before = await org.connector.vendorNow(within());
    await org.admin('POST', '/clock', { advanceMs: 86_400_000 });
    const after = await org.connector.vendorNow(within());
    expect(after.getTime() - before.getTime()).toBeGreaterThanOrEqual(86_399_000);
  });
});
