import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';
import {
  header,
  listen,
  OPPORTUNITIES,
  until,
  type Listener,
  type Received,
} from '../../../test/sandbox/event-listeners.ts';

let org: OpenOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());

const closing: { close(): void }[] = [];
afterEach(async () => {
  await org.admin('POST', '/streams', {});
  for (const client of closing.splice(0)) client.close();
});

async function hear(topic = OPPORTUNITIES): Promise<Listener> {
  const heard = await listen(org, { topic });
  closing.push(heard);
  return heard;
}

let made = 0;
async function create(count: number, fields: Record<string, unknown> = {}): Promise<string[]> {
  const connection = await org.connect();
  const deals = Array.from({ length: count }, () => deal(`content-${(made += 1)}`, fields));
  const saved = await connection.sobject('Opportunity').create(deals as never);
  return (saved as unknown as { id: string }[]).map((one) => one.id);
}

async function update(ids: string[], fields: Record<string, unknown>): Promise<void> {
  const connection = await org.connect({ client: 'somebody' });
  const records = ids.map((Id) => ({ Id, ...fields }));
  const saved = await connection.sobject('Opportunity').update(records as never);
  expect((saved as unknown as { success: boolean }[]).every((one) => one.success)).toBe(true);
}

async function events(heard: Listener, count: number): Promise<Received[]> {
  await until(() => heard.events.length >= count);
  return heard.events;
}

describe('the bitmaps, decoded by the usual client', () => {
  it.each([
    [{ Amount: 7 }, ['Amount', 'ExpectedRevenue'], []],
    [{ NextStep: null, Description: 'x' }, ['Description', 'NextStep'], ['NextStep']],
    [{ LeadSource: null, Type: null }, ['Type', 'LeadSource'], ['Type', 'LeadSource']],
    [{ CloseDate: '2027-06-30', IsPrivate: true }, ['CloseDate', 'IsPrivate'], []],
  ])('are exactly what %j changes', async (fields, changed, nulled) => {
    const ids = await create(1, { Amount: 1, NextStep: 'call', LeadSource: 'Web', Type: 'New Customer' });
    const heard = await hear();
    await update(ids, fields);
    const [event] = await events(heard, 1);
    const { changedFields, nulledFields } = header(event);
    const told = changedFields.filter((name) => !/^LastModified|^Fiscal|^Has/.test(name));
    expect(new Set(told)).toEqual(new Set(changed));
    expect(new Set(nulledFields)).toEqual(new Set(nulled));
    for (const name of Object.keys(event?.payload ?? {})) {
      if (name === 'ChangeEventHeader' || changedFields.some((one) => one.split('.')[0] === name)) continue;
      expect(event?.payload[name]).toBeNull();
    }
  });

  it('give dates and times as milliseconds', async () => {
    const ids = await create(1);
    const heard = await hear();
    await update(ids, { CloseDate: '2027-06-30' });
    const [event] = await events(heard, 1);
    expect(event?.payload['CloseDate']).toBe(Date.parse('2027-06-30T00:00:00Z'));
    expect(event?.payload['LastModifiedDate']).toBe(header(event).commitTimestamp);
  });
});

describe('one transaction', () => {
  it('tells of each record once, with what it became in the end, under the caller’s origin', async () => {
    const heard = await hear();
    const answer = await org.raw('POST', '/services/data/v62.0/composite', {
      headers: { 'sforce-call-options': 'client=somebody' },
      body: {
        allOrNone: true,
        compositeRequest: [
          {
            method: 'POST',
            url: '/services/data/v62.0/sobjects/Opportunity',
            referenceId: 'made',
            body: { Name: 'Twice', StageName: 'Prospecting', CloseDate: '2027-01-31' },
          },
          {
            method: 'PATCH',
            url: '/services/data/v62.0/sobjects/Opportunity/@{made.id}',
            referenceId: 'changed',
            body: { NextStep: 'call' },
          },
        ],
      },
    });
    expect(answer.status).toBe(200);
    const ids = await create(1);
    const [first, second] = await events(heard, 2);
    expect(header(first)).toMatchObject({
      changeType: 'CREATE',
      changedFields: [],
      changeOrigin: 'com/salesforce/api/rest/62.0;client=somebody',
    });
    expect(first?.payload).toMatchObject({ Name: 'Twice', NextStep: 'call' });
    expect(header(second).recordIds).toEqual(ids);
  });

  it.each(['before', 'after'])(
    'holds what a flow (%s save) does to the record: one event, under the caller’s origin',
    async (save) => {
      const ids = await create(1);
      const heard = await hear();
      const flow = { name: 'stamp', object: 'Opportunity', save, set: { Description: `by a flow ${save}` } };
      await org.admin('PATCH', '/settings', { flows: [flow] });
      await update(ids, { NextStep: 'call' });
      await org.admin('PATCH', '/settings', { flows: [] });
      await update(ids, { NextStep: 'mail' });
      const [first, second] = await events(heard, 2);
      expect(header(first)).toMatchObject({
        recordIds: ids,
        changeOrigin: 'com/salesforce/api/rest/62.0;client=somebody',
      });
      expect(header(first).changedFields).toEqual(expect.arrayContaining(['NextStep', 'Description']));
      expect(first?.payload).toMatchObject({ NextStep: 'call', Description: `by a flow ${save}` });
      expect(header(second).changedFields).not.toContain('Description');
    },
  );

  it('puts records that changed alike into one event, unless the org is set otherwise', async () => {
    const ids = await create(3);
    const heard = await hear();
    await update(ids, { NextStep: 'mail' });
    const [together] = await events(heard, 1);
    expect(header(together).recordIds).toEqual(ids);
    await org.admin('PATCH', '/settings', { cdcMergeRecords: false });
    await update(ids, { NextStep: 'visit' });
    await events(heard, 4);
    await org.admin('PATCH', '/settings', { cdcMergeRecords: true });
    const apart = heard.events.slice(1).map(header);
    expect(apart.map((one) => one.recordIds)).toEqual(ids.map((id) => [id]));
    expect(apart.map((one) => one.sequenceNumber)).toEqual([1, 2, 3]);
    expect(new Set(apart.map((one) => one.transactionKey)).size).toBe(1);
  });

  it('of too many changes tells of the first ones, then overflows once for the object', async () => {
    const ids = await create(4);
    const heard = await hear();
    // Every updated field counts: two records of two changed fields fit into five, the third does not.
    await org.admin('PATCH', '/settings', { cdcOverflowThreshold: 5, cdcMergeRecords: false });
    await update(ids, { NextStep: 'a', Description: 'b' });
    await events(heard, 3);
    await org.admin('PATCH', '/settings', { cdcOverflowRecordIds: 'empty-id' });
    await update(ids, { NextStep: 'c', Description: 'd' });
    await events(heard, 6);
    await org.admin('PATCH', '/settings', {
      cdcOverflowThreshold: 100_000,
      cdcMergeRecords: true,
      cdcOverflowRecordIds: 'none',
    });
    const told = heard.events.map((event) => [header(event).changeType, ...header(event).recordIds]);
    expect(told).toEqual([
      ['UPDATE', ids[0]],
      ['UPDATE', ids[1]],
      ['GAP_OVERFLOW'],
      ['UPDATE', ids[0]],
      ['UPDATE', ids[1]],
      ['GAP_OVERFLOW', '000000000000000AAA'],
    ]);
    expect(header(heard.events[2])).toMatchObject({ entityName: 'Opportunity', sequenceNumber: 3 });
  });
});

describe('gaps', () => {
  it('take the place of events that would be too large', async () => {
    const heard = await hear();
    await org.admin('PATCH', '/settings', { cdcMaxEventBytes: 10_000 });
    const ids = await create(1, { Description: 'x'.repeat(20_000) });
    await update(ids, { NextStep: 'small' });
    await update(ids, { Description: 'y'.repeat(20_000) });
    await events(heard, 3);
    await org.admin('PATCH', '/settings', { cdcMaxEventBytes: 1_048_576 });
    expect(heard.events.map((event) => header(event).changeType)).toEqual([
      'GAP_CREATE',
      'UPDATE',
      'GAP_UPDATE',
    ]);
    expect(header(heard.events[2])).toMatchObject({ recordIds: ids, changedFields: [] });
    expect(heard.events[2]?.payload['Description']).toBeNull();
  });

  it.each(['GAP_CREATE', 'GAP_UPDATE', 'GAP_DELETE', 'GAP_UNDELETE', 'GAP_OVERFLOW'])(
    'come on demand: %s',
    async (changeType) => {
      const ids = await create(1);
      const heard = await hear();
      await org.admin('POST', '/events', { changeType, recordIds: ids });
      const [event] = await events(heard, 1);
      expect(header(event)).toMatchObject({
        changeType,
        entityName: 'Opportunity',
        recordIds: changeType === 'GAP_OVERFLOW' ? [] : ids,
      });
      expect(event?.payload['Name']).toBeNull();
    },
  );

  it('and updates may be about all records at once', async () => {
    const heard = await hear();
    await org.admin('POST', '/events', { changeType: 'UPDATE', fields: { NextStep: null } });
    const [event] = await events(heard, 1);
    expect(header(event)).toMatchObject({ recordIds: ['006*'], nulledFields: ['NextStep'] });
  });
});

describe('channels', () => {
  it('of an administrator’s own carry the objects chosen for them', async () => {
    await org.admin('PATCH', '/settings', { cdcChannels: { Accounts__chn: ['Account'] } });
    const heard = await hear('/data/Accounts__chn');
    await create(1);
    await (await org.connect()).sobject('Account').create({ Name: 'Chosen' });
    const [event] = await events(heard, 1);
    expect(header(event).entityName).toBe('Account');
    expect(event?.payload['Name']).toBe('Chosen');
  });
});
