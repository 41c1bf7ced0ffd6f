import { afterAll, describe, expect, it } from '@jest/globals';
import { receiveWebhooks } from '../webhooks/receive-webhooks.ts';
import { startForTest, stopSandboxes, type TestSandbox } from '../testing.ts';

afterAll(stopSandboxes);

async function createDeal(sandbox: TestSandbox, more: object = {}): Promise<string> {
  const properties = { dealname: 'D', dealstage: 'qualifiedtobuy', ...more };
  return String((await sandbox.call('POST', '/crm/v3/objects/deals', { properties })).json['id']);
}

async function read(sandbox: TestSandbox, id: string, names: string): Promise<Record<string, unknown>> {
  const path = `/crm/v3/objects/deals/${id}?properties=${names}&propertiesWithHistory=${names}`;
  return (await sandbox.call('GET', path)).json;
}

describe("HubSpot's own workflows", () => {
  it('edit a deal after it was made or changed, under a source of their own', async () => {
    const sandbox = await startForTest({ webhookBatchMs: 5 });
    const receiver = await receiveWebhooks();
    await sandbox.admin('POST', '/webhooks', {
      targetUrl: receiver.url,
      subscriptions: ['deal.propertyChange:hs_next_step', 'deal.propertyChange:amount'],
    });
    await sandbox.admin('POST', '/workflows', [
      { id: '17', set: { hs_next_step: 'call' } },
      { id: '18', on: ['amount'], set: { hs_priority: 'high', hs_next_step: 'call again' } },
    ]);
    const id = await createDeal(sandbox);
    const made = (await read(sandbox, id, 'hs_next_step')) as {
      properties: Record<string, string>;
      propertiesWithHistory: Record<string, { sourceType: string; sourceId: string }[]>;
    };
    expect(made.properties['hs_next_step']).toBe('call');
    expect(made.propertiesWithHistory['hs_next_step']?.[0]).toMatchObject({
      sourceType: 'AUTOMATION_PLATFORM',
      sourceId: expect.stringContaining('17'),
    });
    await sandbox.call('PATCH', `/crm/v3/objects/deals/${id}`, { properties: { amount: '5' } });
    await receiver.until((events) => events.some((one) => one['propertyValue'] === 'call again'));
    const byWhom = receiver
      .events()
      .map((one) => `${String(one['propertyName'])} ${String(one['changeSource'])}`);
    expect(byWhom).toEqual([
      'hs_next_step AUTOMATION_PLATFORM',
      'amount INTEGRATION',
      'hs_next_step AUTOMATION_PLATFORM',
    ]);
    await receiver.close();
  });

  it('do not set off each other, and leave a record alone whose values would not do', async () => {
    const sandbox = await startForTest();
    await sandbox.admin('POST', '/workflows', [
      { id: '1', set: { amount: '1' } },
      { id: '2', on: ['amount'], set: { description: 'set off' } },
      { id: '3', set: { dealstage: 'nowhere', closed_won_reason: 'x' } },
    ]);
    const { properties } = await read(
      sandbox,
      await createDeal(sandbox),
      'amount,description,closed_won_reason',
    );
    expect(properties).toMatchObject({ amount: '1', description: null, closed_won_reason: null });
  });
});

describe("HubSpot's own Salesforce integration", () => {
  it('adds properties that only it writes, where it is installed', async () => {
    const without = await startForTest();
    expect((await without.call('GET', '/crm/v3/properties/deals/hs_salesforceopportunityid')).status).toBe(
      404,
    );
    expect(await without.admin('POST', '/salesforce-sync', { id: '1', opportunityId: '006' })).toHaveProperty(
      'error',
    );

    const sandbox = await startForTest({ salesforceSync: 'hs_salesforceopportunityid' });
    const id = await createDeal(sandbox);
    const write = { properties: { hs_salesforceopportunityid: '006000000000001AAA' } };
    expect((await sandbox.call('PATCH', `/crm/v3/objects/deals/${id}`, write)).status).toBe(400);
    await sandbox.admin('POST', '/salesforce-sync', { id, opportunityId: '006000000000001AAA' });
    const { properties } = await read(sandbox, id, 'hs_salesforceopportunityid');
    expect(properties).toMatchObject(write.properties);
  });
});

describe('currencies', () => {
  it('are what the portal has switched on, for deals and in its settings', async () => {
    const sandbox = await startForTest();
    const deal = async (code: string): Promise<number> => {
      const properties = { dealname: 'D', dealstage: 'qualifiedtobuy', deal_currency_code: code };
      return (await sandbox.call('POST', '/crm/v3/objects/deals', { properties })).status;
    };
    expect([await deal('EUR'), await deal('CHF')]).toEqual([201, 400]);
    await sandbox.admin('POST', '/currencies', { enabled: ['CHF'] });
    expect([await deal('EUR'), await deal('CHF'), await deal('USD')]).toEqual([400, 201, 201]);
    const rates = await sandbox.call('GET', '/settings/v3/currencies/exchange-rates/current');
    expect(rates.json['results']).toMatchObject([{ fromCurrencyCode: 'CHF', toCurrencyCode: 'USD' }]);
    const details = await sandbox.call('GET', '/account-info/v3/details');
    expect(details.json['additionalCurrencies']).toEqual(['CHF']);
  });
});

describe('a search', () => {
  it('may have as many filters as the guide or the later changelog says', async () => {
    const filter = { propertyName: 'dealname', operator: 'HAS_PROPERTY' };
    const filters = (count: number): object => ({ filterGroups: [{ filters: Array(count).fill(filter) }] });
    const path = '/crm/v3/objects/deals/search';
    const guide = await startForTest({ rateLimit: 'off' });
    expect((await guide.call('POST', path, filters(6))).status).toBe(200);
    expect((await guide.call('POST', path, filters(7))).status).toBe(400);
    const later = await startForTest({ rateLimit: 'off', searchFilters: 'changelog' });
    expect((await later.call('POST', path, filters(10))).status).toBe(200);
    expect((await later.call('POST', path, filters(11))).status).toBe(400);
  });
});
