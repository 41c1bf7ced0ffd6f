import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deal, openOrg, type OpenOrg } from '../../../../test/sandbox/salesforce-org.ts';
import { clientOf, type Client } from '../../../../test/sandbox/salesforce-client.ts';

let org: OpenOrg;
let client: Client;
beforeAll(async () => {
  org = await openOrg();
  client = clientOf(org);
});
afterAll(() => org.close());
afterEach(() => org.admin('PATCH', '/settings', { flows: [], triggers: [] }));

const set = (settings: object) => org.admin('PATCH', '/settings', settings);

async function newEvents(work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const list = async () => (await org.admin('GET', '/events')) as unknown as Record<string, unknown>[];
  const before = (await list()).length;
  await work();
  return (await list()).slice(before);
}

describe('a flow inside the write’s transaction', () => {
  it('changes the record before it is saved', async () => {
    await set({
      flows: [
        {
          name: 'Next',
          object: 'Opportunity',
          when: [{ field: 'StageName', op: 'changed' }],
          set: { NextStep: 'call' },
        },
      ],
    });
    const id = await client.addDeal('before-save');
    expect(await client.read('Opportunity', id)).toMatchObject({ NextStep: 'call' });
    await client.change('Opportunity', id, { NextStep: 'wait' });
    expect(await client.read('Opportunity', id)).toMatchObject({ NextStep: 'wait' });
  });

  it('changes it after it was saved, in the one change event of the caller', async () => {
    await set({
      flows: [
        {
          name: 'Tidy',
          object: 'Opportunity',
          save: 'after',
          when: [{ field: 'Amount', op: 'changed' }],
          set: { NextStep: 'checked', Description: { field: 'Name' } },
        },
      ],
    });
    const id = await client.addDeal('after-save');
    const events = await newEvents(async () => {
      const connection = await org.connect({ client: 'deal-desk' });
      await connection.sobject('Opportunity').update({ Id: id, Amount: 500 });
    });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      changeType: 'UPDATE',
      changeOrigin: 'com/salesforce/api/rest/62.0;client=deal-desk',
      recordIds: [id],
    });
    expect(JSON.stringify(events[0])).toMatch(/Amount.*NextStep|NextStep.*Amount/);
    expect(await client.read('Opportunity', id)).toMatchObject({
      NextStep: 'checked',
      Description: 'Deal after-save',
    });
  });

  it('changes a parent once for all records of the request', async () => {
    await set({
      flows: [
        {
          name: 'Count',
          object: 'Opportunity',
          on: ['create'],
          save: 'after',
          target: { parent: 'AccountId' },
          set: { NumberOfEmployees: { plus: 1 } },
        },
      ],
    });
    const account = await client.add('Account', { Name: 'Counted', NumberOfEmployees: 10 });
    const events = await newEvents(() =>
      client.many(
        'POST',
        [1, 2, 3].map((n) => deal(`count-${n}`, { AccountId: account })),
      ),
    );
    expect(await client.read('Account', account)).toMatchObject({ NumberOfEmployees: 13 });
    expect(
      events.filter((event) => event['object'] === 'Account' || event['entityName'] === 'Account'),
    ).toHaveLength(1);
  });

  it('fails the record with the flow’s own words when it faults, or when what it writes is refused', async () => {
    await set({
      flows: [
        { name: 'Broken', object: 'Opportunity', fail: 'An error occurred when executing a flow interview.' },
      ],
    });
    const refused = await client.create('Opportunity', deal('fault'));
    expect(refused).toMatchObject({ status: 400, body: [{ errorCode: 'CANNOT_EXECUTE_FLOW_TRIGGER' }] });
    await set({
      flows: [{ name: 'Wrong', object: 'Opportunity', save: 'after', set: { StageName: 'No such stage' } }],
    });
    const [item] = await client.many('POST', [deal('fault-2')]);
    expect(item?.errors[0]).toMatchObject({
      statusCode: 'CANNOT_EXECUTE_FLOW_TRIGGER',
      message: expect.stringContaining('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'),
    });
    expect(await client.query("SELECT Id FROM Opportunity WHERE Tributary_Deal_Id__c LIKE 'fault%'")).toEqual(
      [],
    );
  });
});

describe('a trigger', () => {
  const throwing = {
    name: 'DealTrigger',
    object: 'Opportunity',
    when: [{ field: 'Name', op: 'contains', value: 'poison' }],
  };
  const poisoned = (key: string) => deal(key, { Name: `poison ${key}` });

  it('that throws fails every row of its chunk and no other object’s', async () => {
    await set({ triggers: [throwing] });
    const account = { attributes: { type: 'Account' }, Name: 'Beside the trigger' };
    const items = await client.many('POST', [deal('t1'), poisoned('t2'), deal('t3'), account]);
    expect(items.map((item) => item.success)).toEqual([false, false, false, true]);
    for (const item of items.slice(0, 3)) {
      expect(item.errors[0]).toMatchObject({
        statusCode: 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        message: expect.stringContaining('DealTrigger: execution of BeforeInsert'),
        fields: [],
      });
    }
    expect(
      await client.query("SELECT Id FROM Opportunity WHERE Tributary_Deal_Id__c IN ('t1','t2','t3')"),
    ).toEqual([]);
  });

  it('that puts an error on a row lets the vendor run the others again', async () => {
    await set({
      triggers: [{ ...throwing, moment: 'after', effect: 'add-error', message: 'Not today', field: 'Name' }],
    });
    const items = await client.many('POST', [deal('r1'), poisoned('r2'), deal('r3')]);
    expect(items.map((item) => item.success)).toEqual([true, false, true]);
    expect(items[1]?.errors).toEqual([
      { statusCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: 'Not today', fields: ['Name'] },
    ]);
    const found = await client.query(
      "SELECT Id FROM Opportunity WHERE Tributary_Deal_Id__c IN ('r1','r2','r3')",
    );
    expect(found.map((row) => row['Id']).sort()).toEqual([items[0]?.id, items[2]?.id].sort());
  });

  it('that fails another row in each run is given up after three', async () => {
    await set({ triggers: [{ ...throwing, effect: 'add-error', rows: 'first', message: 'First' }] });
    const items = await client.many('POST', ['g1', 'g2', 'g3', 'g4', 'g5'].map(poisoned));
    const messages = items.map((item) => String(item.errors[0]?.['message']));
    expect(messages.slice(0, 3)).toEqual(['First', 'First', 'First']);
    expect(new Set(messages.slice(3))).toEqual(
      new Set(['Too many batch retries in the presence of Apex triggers and partial failures.']),
    );
    expect(await client.query("SELECT Id FROM Opportunity WHERE Tributary_Deal_Id__c LIKE 'g%'")).toEqual([]);
  });

  it('refuses deletes, too', async () => {
    const id = await client.addDeal('kept');
    await set({ triggers: [{ name: 'Keep', object: 'Opportunity', on: ['delete'] }] });
    expect(await client.remove('Opportunity', id)).toMatchObject({
      status: 400,
      body: [{ errorCode: 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY' }],
    });
    expect(await client.query(`SELECT Id FROM Opportunity WHERE Id = '${id}'`)).toHaveLength(1);
  });
});
