/** What the portal has without us: deals of the same customer, copies that carry a partner's tag, renewals. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openHubspotCrm } from '../../test/conformance/hubspot.harness.ts';
import { soon, type CrmUnderTest } from '../../test/conformance/crm-under-test.ts';
import { newDeal } from '../../test/conformance/writing.ts';

let crm: CrmUnderTest;
beforeAll(async () => {
  crm = await openHubspotCrm();
});
afterAll(() => crm?.close());

const stage = { pipeline: 'default', dealstage: 'qualifiedtobuy' };

async function seedDeal(fields: Record<string, unknown>): Promise<string> {
  const [id = ''] = await crm.seed('deals', [{ dealname: 'Deal', ...stage, ...fields } as never]);
  return id;
}

describe('deals of the same customer', () => {
  it('are open ones of its company or contact, with their owners, the reason, and whose registration they are', async () => {
    const [byName = '', bySite = '', other = ''] = await crm.seed('companies', [
      { name: 'Globex' },
      { name: 'Globex Holding', domain: 'globex.example' },
      { name: 'Initech' },
    ]);
    const [contact = ''] = await crm.seed('contacts', [{ email: 'hank@globex.example' }]);
    const at = (company: string) => ({ associations: { companies: [company] } });
    const named = await seedDeal({ dealname: 'Named', hubspot_owner_id: '81000012', ...at(byName) });
    const sited = await seedDeal({ dealname: 'Sited', tributary_deal_id: 'deal-77', ...at(bySite) });
    await seedDeal({ dealname: 'Over', ...at(byName), dealstage: 'closedlost' });
    await seedDeal({ dealname: 'Other', ...at(other) });
    const known = await seedDeal({ dealname: 'Known', associations: { contacts: [contact] } });
    await crm.forget();
    const found = await crm.connector.findConflicts?.(
      'deals',
      'tributary_deal_id',
      { company: 'globex', domain: 'globex.example', email: 'Hank@globex.example' },
      soon(),
    );
    const common = { object: 'deals', condition: 'Qualified To Buy', owner: null, registration: null };
    expect(found?.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { ...common, crmId: known, name: 'Known', because: 'its contact has the address Hank@globex.example' },
      {
        ...common,
        ...{ crmId: named, name: 'Named', because: 'its company is named globex' },
        owner: 'dan.okafor@vendor.example',
      },
      {
        ...common,
        ...{ crmId: sited, name: 'Sited', because: 'its company has the website globex.example' },
        registration: 'deal-77',
      },
    ]);
    expect((await crm.calls()).api).toBeLessThanOrEqual(8);
  });

  it('are none where nobody knows the customer, for two calls', async () => {
    await crm.forget();
    const nobody = { company: 'Nobody', email: 'no@nobody.example' };
    expect(await crm.connector.findConflicts?.('deals', 'tributary_deal_id', nobody, soon())).toEqual([]);
    expect((await crm.calls()).api).toBe(2);
  });
});

describe('deals without a registration', () => {
  const renewals = { field: 'dealtype', values: ['existingbusiness'] };
  const common = { object: 'deals', keyField: 'tributary_deal_id', withCurrency: true };
  const lately = () => ({ from: new Date(Date.now() - 600_000), to: new Date(Date.now() + 60_000) });

  it('are those that carry a partner or are of the kinds of renewals, each once, by one search', async () => {
    const [company = ''] = await crm.seed('companies', [{ name: 'Umbrella' }]);
    const amount = { amount: '12.50', deal_currency_code: 'EUR', closedate: '2026-12-31' };
    const hangs = { associations: { companies: [company] } };
    const both = { tributary_partner: 'North', dealtype: 'existingbusiness' };
    const renewal = await seedDeal({
      dealname: 'Again',
      ...both,
      ...amount,
      ...hangs,
      dealstage: 'closedwon',
    });
    const copy = await seedDeal({ dealname: 'Copy', tributary_partner: 'North' });
    await seedDeal({ dealname: 'Ours', tributary_partner: 'North', tributary_deal_id: 'deal-9' });
    await seedDeal({ dealname: 'New', dealtype: 'newbusiness' });
    await newDeal(crm);
    await crm.forget();
    const wanted = { ...common, tagField: 'tributary_partner', renewals, window: lately() };
    const found = await crm.connector.findUnregistered?.(wanted, soon());
    expect(found?.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      {
        ...{ crmId: renewal, name: 'Again', tag: 'North', renewal: true, accountId: company },
        ...{ closed: true, won: true, amount: '12.50', currency: 'EUR', closeDate: '2026-12-31' },
      },
      {
        ...{ crmId: copy, name: 'Copy', tag: 'North', renewal: false, accountId: null },
        ...{ closed: false, won: false, amount: null, currency: expect.anything(), closeDate: null },
      },
    ]);
    expect((await crm.calls()).api).toBeLessThanOrEqual(3);
  });

  it('are asked for only as the mapping wants it, and all of them, however many', async () => {
    const many = Array.from({ length: 210 }, (_one, index) => ({
      ...{ dealname: `Many ${index}`, tributary_partner: 'South', ...stage },
    }));
    await crm.seed('deals', many);
    const tagged = { ...common, tagField: 'tributary_partner', renewals: null, window: lately() };
    const found = (await crm.connector.findUnregistered?.(tagged, soon())) ?? [];
    expect(found.filter(({ tag }) => tag === 'South')).toHaveLength(210);
    await crm.forget();
    const nothing = { ...tagged, tagField: null };
    expect(await crm.connector.findUnregistered?.(nothing, soon())).toEqual([]);
    expect((await crm.calls()).api).toBe(0);
  });
});
