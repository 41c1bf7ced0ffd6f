import { afterEach, describe, expect, it } from '@jest/globals';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';
import {
  header,
  listen as listenTo,
  until,
  type Listener,
  type Start,
} from '../../../test/sandbox/event-listeners.ts';

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(): Promise<OpenOrg> {
  const org = await openOrg();
  closing.push(
    () => org.close(),
    () => org.admin('POST', '/streams', {}),
  );
  return org;
}

async function listen(org: OpenOrg, start: Start = {}): Promise<Listener> {
  const heard = await listenTo(org, start);
  closing.splice(1, 0, () => heard.close());
  return heard;
}

async function upsert(org: OpenOrg, records: Record<string, unknown>[], client = 'somebody'): Promise<void> {
  const connection = await org.connect({ client });
  await connection.sobject('Opportunity').upsert(records as never, 'Tributary_Deal_Id__c');
}

describe('change events, heard by the vendor’s own client', () => {
  it('tell of a create and an update by another client, with the right fields', async () => {
    const org = await open();
    const heard = await listen(org);
    await upsert(org, [deal('e1', { Amount: 10, NextStep: 'call' })]);
    await upsert(org, [deal('e1', { Amount: 20, StageName: 'Closed Won', NextStep: null })], 'other');
    await until(() => heard.events.length === 2);
    const [created, updated] = heard.events;
    expect(header(created)).toMatchObject({
      entityName: 'Opportunity',
      changeType: 'CREATE',
      changeOrigin: 'com/salesforce/api/rest/62.0;client=somebody',
      changedFields: [],
    });
    expect(created?.payload).toMatchObject({
      Tributary_Deal_Id__c: 'e1',
      Amount: 10,
      IsWon: false,
      CloseDate: Date.parse('2027-03-31T00:00:00Z'),
    });
    expect(header(updated).changeOrigin).toBe('com/salesforce/api/rest/62.0;client=other');
    expect([...header(updated).changedFields].sort()).toEqual(
      [
        'Amount',
        'ExpectedRevenue',
        'ForecastCategory',
        'ForecastCategoryName',
        'IsClosed',
        'IsWon',
        'LastModifiedDate',
        'NextStep',
        'Probability',
        'StageName',
      ].sort(),
    );
    expect(header(updated).nulledFields).toEqual(['NextStep']);
    expect(updated?.payload).toMatchObject({ Amount: 20, IsWon: true, StageName: 'Closed Won', Name: null });
    expect((updated?.replayId ?? 0) > (created?.replayId ?? 0)).toBe(true);
    expect(heard.errors).toEqual([]);
  });

  it('resume after a stored replay id, and from the beginning', async () => {
    const org = await open();
    await upsert(org, [deal('r1')]);
    const first = await listen(org, { from: 'earliest' });
    await until(() => first.events.length === 1);
    await upsert(org, [deal('r2')]);
    await upsert(org, [deal('r3')]);
    const resumed = await listen(org, { from: first.events[0]?.replayId ?? 0 });
    await until(() => resumed.events.length === 2);
    expect(resumed.events.map((event) => event.payload['Tributary_Deal_Id__c'])).toEqual(['r2', 'r3']);
  });

  it('name the parts of a compound field', async () => {
    const org = await open();
    const connection = await org.connect();
    const heard = await listen(org, { topic: '/data/ContactChangeEvent' });
    const { id } = await connection
      .sobject('Contact')
      .create({ FirstName: 'Ada', LastName: 'L', MailingCity: 'Bern', Phone: '1' });
    await connection
      .sobject('Contact')
      .update({ Id: id as string, LastName: 'Lovelace', MailingCity: null, Phone: null } as never);
    await until(() => heard.events.length === 2);
    expect(heard.events[0]?.payload).toMatchObject({
      Name: { FirstName: 'Ada', LastName: 'L' },
      MailingAddress: { City: 'Bern' },
    });
    expect([...header(heard.events[1]).changedFields].sort()).toEqual([
      'LastModifiedDate',
      'MailingAddress.City',
      'Name.LastName',
      'Phone',
    ]);
    expect(header(heard.events[1]).nulledFields).toEqual(['Phone', 'MailingAddress.City']);
  });

  it('come for every object through the common channel, several records of one change in one event', async () => {
    const org = await open();
    const connection = await org.connect();
    const heard = await listen(org, { topic: '/data/ChangeEvents' });
    await connection.sobject('Account').create({ Name: 'A' });
    await upsert(org, [deal('c1'), deal('c2')]);
    const ids = (await connection.query<{ Id: string }>('SELECT Id FROM Opportunity')).records.map(
      (record) => record.Id,
    );
    await connection.sobject('Opportunity').destroy(ids);
    await until(() => heard.events.length === 4);
    expect(heard.events.map((event) => `${header(event).changeType} ${header(event).entityName}`)).toEqual([
      'CREATE Account',
      'CREATE Opportunity',
      'CREATE Opportunity',
      'DELETE Opportunity',
    ]);
    expect(header(heard.events[3]).recordIds).toEqual(ids);
    expect(header(heard.events[1]).transactionKey).toBe(header(heard.events[2]).transactionKey);
    expect([header(heard.events[1]).sequenceNumber, header(heard.events[2]).sequenceNumber]).toEqual([1, 2]);
  });

  it('bear no origin when a rep did it, and are not sent for seeds', async () => {
    const org = await open();
    const heard = await listen(org);
    const { ids } = (await org.admin('POST', '/seed', { object: 'Opportunity', records: [deal('s1')] })) as {
      ids: string[];
    };
    for (const action of ['win', 'delete', 'undelete'])
      await org.admin('POST', '/play', { action, id: ids[0] });
    await until(() => heard.events.length === 3);
    expect(heard.events.map((event) => header(event).changeType)).toEqual(['UPDATE', 'DELETE', 'UNDELETE']);
    expect(header(heard.events[0])).toMatchObject({ changeOrigin: '', recordIds: ids });
  });

  it('are never more than were asked for', async () => {
    const org = await open();
    const heard = await listen(org, { count: 2 });
    await upsert(org, [deal('f1'), deal('f2'), deal('f3')]);
    await until(() => heard.events.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard.events).toHaveLength(2);
    heard.client.requestAdditionalEvents('/data/OpportunityChangeEvent', 5);
    await until(() => heard.events.length === 3);
  });
});
