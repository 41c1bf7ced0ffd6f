/** What the connector offers beyond the straight path of a deal, against the local HubSpot. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openHubspotCrm } from '../../test/conformance/hubspot.harness.ts';
import { soon, type CrmUnderTest } from '../../test/conformance/crm-under-test.ts';
import { startHubspotSandbox } from '../../sandbox/hubspot/start.ts';
import { manualClock } from '../../src/platform/clock.ts';
import { hubspot } from './definition.ts';
import { newDeal, newKey, pushDeals } from '../../test/conformance/writing.ts';

let crm: CrmUnderTest;
beforeAll(async () => {
  crm = await openHubspotCrm();
});
afterEach(() => crm.calm());
afterAll(() => crm?.close());

describe('owners', () => {
  it('are known by e-mail in any case, those who left as inactive, and as owners of companies', async () => {
    const [owned = '', free = '', merged = ''] = await crm.seed('companies', [
      { name: 'Owned', hubspot_owner_id: '81000012', country: 'DE' },
      { name: 'Free' },
      { name: 'Merged', hubspot_owner_id: '81000013' },
    ]);
    await crm.rep.merge('companies', merged, owned);
    const usernames = ['DAN.Okafor@vendor.example', 'lena.vogt@vendor.example', 'nobody@vendor.example'];
    const wanted = { object: 'companies', accountIds: [owned, free, '1', merged], accountField: 'country' };
    const found = await crm.connector.readOwners?.({ ...wanted, usernames }, soon());
    const dan = { id: '81000012', username: 'dan.okafor@vendor.example', active: true, ours: false };
    expect([...(found?.users ?? [])]).toEqual([
      [usernames[0], dan],
      [usernames[1], expect.objectContaining({ id: '81000014', active: false })],
    ]);
    expect(found?.accounts.get(owned)).toEqual({ owner: dan, field: 'DE' });
    expect(found?.accounts.get(free)).toEqual({ owner: null, field: null });
    expect(found?.accounts.get(merged)?.owner).toEqual(dan);
    expect(found?.accounts.has('1')).toBe(false);
  });
});

describe('products of deals', () => {
  it('are read with exact net prices, by deal, however many there are', async () => {
    const [deal, bare] = [await newDeal(crm), await newDeal(crm)];
    const seats = { name: 'Seats', hs_sku: 'S-1', quantity: '3', price: '0.1', discount: '0.03' };
    const many = Array.from({ length: 120 }, (_one, index) => ({ name: `Line ${index}`, price: '1' }));
    const items = [seats, { name: 'Free of price' }, ...many].map((one) => ({
      ...one,
      associations: { deals: [deal] },
    }));
    const ids = await crm.seed('line_items', items as never);
    const found = await crm.connector.readLineItems?.([deal, bare], true, soon());
    expect(found?.has(bare)).toBe(false);
    expect(found?.get(deal)?.map(({ id }) => id)).toEqual(ids);
    expect(found?.get(deal)?.slice(0, 2)).toEqual([
      expect.objectContaining({ code: 'S-1', name: 'Seats', quantity: '3', unitPrice: '0.1', total: '0.21' }),
      expect.objectContaining({ name: 'Free of price', quantity: '1', unitPrice: null, total: '0' }),
    ]);
  });
});

describe('taking back', () => {
  const refusals = async (...ids: string[]): Promise<(string | null | undefined)[] | undefined> =>
    (await crm.connector.removal?.inspect('deals', ids, soon()))?.map(({ refused }) => refused);

  it('is refused for whatever others made, changed, noted, merged or closed', async () => {
    const fresh = await newDeal(crm);
    const again = await newDeal(crm);
    await pushDeals(crm, 'update', { key: 'k', crmId: again, fields: { amount: '7' } });
    const edited = await newDeal(crm);
    await crm.rep.edit('deals', edited, { amount: '8' });
    const editedBack = await newDeal(crm);
    await crm.rep.edit('deals', editedBack, { amount: '8' });
    await pushDeals(crm, 'update', { key: 'k', crmId: editedBack, fields: { amount: '9' } });
    const noted = await newDeal(crm);
    const note = {
      hs_note_body: 'called',
      hs_timestamp: '2026-11-01T00:00:00Z',
      associations: { deals: [noted] },
    };
    await crm.seed('notes', [note as never]);
    const closed = await newDeal(crm, newKey(), { dealstage: 'closedlost' });
    const [theirs = ''] = await crm.seed('deals', [crm.deals.fields('theirs')]);
    expect(await refusals(fresh, again, edited, editedBack, noted, closed, theirs, '1')).toEqual([
      null,
      null,
      'somebody changed it since',
      'somebody changed it since',
      'somebody wrote a note on it',
      'it is closed',
      'somebody else made it',
      'it is not there any more',
    ]);
  });

  it('archives, says so again when asked again, and says that nothing is known where the call failed', async () => {
    const deal = await newDeal(crm);
    for (let times = 0; times < 2; times++)
      expect(await crm.connector.removal?.remove([deal], soon())).toEqual([
        { crmId: deal, status: 'removed' },
      ]);
    const [read] = await crm.connector.readDeals('deals', [deal], [], soon());
    expect(read?.deleted).toBe(true);
    const kept = await newDeal(crm);
    await crm.trouble('refused-for-good');
    await expect(crm.connector.removal?.remove([kept], soon())).rejects.toMatchObject({
      kind: 'auth-expired',
    });
  });
});

describe('the calls of the day', () => {
  it('are known from the answers to a private app, and not told to an OAuth app', async () => {
    await crm.connector.identify(soon());
    expect(crm.connector.usage?.()).toBeNull();
    const sandbox = await startHubspotSandbox({ port: 0, dailyLimit: 5000 });
    const connector = hubspot.open({
      connectionId: 'test',
      settings: hubspot.settings.parse({ baseUrl: sandbox.url, sandbox: true }),
      credentials: { accessToken: sandbox.credentials.privateAppToken },
      saveCredentials: () => Promise.resolve(),
      clock: manualClock(new Date('2026-11-23T10:00:00Z')),
      log: { debug: () => {}, info: () => {}, warn: () => {} },
    });
    expect(connector.usage?.()).toBeNull();
    await connector.identify(soon());
    await connector.stages(soon());
    const at = Date.parse('2026-11-23T10:00:00Z');
    expect(connector.usage?.()).toMatchObject({ allowed: 5000, at, resetsAt: expect.any(Number) });
    // At midnight of the portal, on whichever side of UTC it is.
    expect(new Date(connector.usage?.()?.resetsAt ?? 0).getTime()).toBe(Date.parse('2026-11-24T05:00:00Z'));
    expect(connector.usage?.()?.used).toBeGreaterThanOrEqual(1);
    await connector.close();
    await sandbox.close();
  });
});
