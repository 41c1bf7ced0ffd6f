import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openOrg, opportunity, within, type TestOrg } from '../../test/salesforce/open-org.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg({ settings: { dataStorageMb: 1000, pubSubDailyDeliveries: 40, bulkDailyBatches: 7 } });
});
afterAll(() => org.close());

describe('the limits of an org', () => {
  it('are read in one call, and agree with what its answers say of the calls', async () => {
    await org.admin('POST', '/limits', { dailyApiRequests: 5_000 });
    const { connector } = org;
    await connector.describe('Account', within());
    await org.forget();
    const limits = await connector.limits?.(within());
    expect(await org.calls()).toEqual({ 'GET /limits': 1 });
    const { used, allowed } = connector.usage?.() ?? { used: 0, allowed: 0 };
    expect(limits?.calls).toEqual({ max: allowed, remaining: allowed - used });
    expect(limits).toMatchObject({
      bulkBatches: { max: 7, remaining: 7 },
      events: { max: 40, remaining: 40 },
      dataMb: { max: 1000 },
    });
  });

  it('are what the org enforces: at no room for records a new one is refused, and one that is there is changed', async () => {
    const [id = ''] = await org.seed('Opportunity', opportunity());
    await org.admin('PATCH', '/settings', { dataStorageMb: 0 });
    expect((await org.connector.limits?.(within()))?.dataMb).toEqual({ max: 0, remaining: 0 });
    const request = { kind: 'deal', object: 'Opportunity', keyField: 'Tributary_Deal_Id__c' } as const;
    const [created] = await org.connector.push(
      { ...request, operation: 'upsert', records: [{ key: 'new', fields: opportunity() }] },
      within(),
    );
    expect(created).toMatchObject({ status: 'failed', error: { kind: 'invalid-record' } });
    const [changed] = await org.connector.push(
      { ...request, operation: 'update', records: [{ key: 'old', crmId: id, fields: { Name: 'Changed' } }] },
      within(),
    );
    expect(changed).toMatchObject({ status: 'written' });
  });

  it('are refused to a user who may not view the setup, with the remedy left to the engine', async () => {
    const users = await org.records('User');
    const { username } = org.sandbox.credentials;
    const user = users.find(({ Username }) => Username === username);
    const standard = (await org.records('Profile')).find(({ Name }) => Name === 'Standard User');
    await org.play('update', String(user?.['Id']), {
      object: 'User',
      fields: { ProfileId: standard?.['Id'] },
    });
    await expect(org.connector.limits?.(within())).rejects.toMatchObject({ kind: 'invalid-record' });
  });
});
