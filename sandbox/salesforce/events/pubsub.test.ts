import { afterEach, describe, expect, it } from '@jest/globals';
import PubSubApiClient from 'salesforce-pubsub-api-client';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';
import type { SalesforceSandboxOptions } from '../start.ts';

interface Header {
  entityName: string;
  recordIds: string[];
  changeType: string;
  changeOrigin: string;
  transactionKey: string;
  sequenceNumber: number;
  commitUser: string;
  changedFields: string[];
  nulledFields: string[];
}

interface Received {
  replayId: number;
  payload: Record<string, unknown> & { ChangeEventHeader: Header };
}

interface Listener {
  events: Received[];
  errors: { code?: number; metadata?: { get(name: string): unknown[] } }[];
  keepalives: number;
  ended: boolean;
  client: InstanceType<typeof PubSubApiClient>;
  onEvent?: (event: Received) => void;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(options: Partial<SalesforceSandboxOptions> = {}): Promise<OpenOrg> {
  const org = await openOrg(options);
  closing.push(() => org.close());
  return org;
}

async function connect(org: OpenOrg, more: { accessToken?: string; organizationId?: string } = {}) {
  const client = new PubSubApiClient(
    {
      authType: 'user-supplied',
      accessToken: await org.token(),
      instanceUrl: org.sandbox.url.replace('http:', 'https:'),
      organizationId: org.sandbox.credentials.organizationId,
      pubSubEndpoint: org.sandbox.pubsubEndpoint,
      rejectUnauthorizedSsl: false,
      ...more,
    },
    SILENT as never,
  );
  await client.connect();
  closing.push(() => client.close());
  return client;
}

type Start = { from?: number | 'earliest'; topic?: string; count?: number };

async function listen(
  org: OpenOrg,
  { from, topic = '/data/OpportunityChangeEvent', count }: Start = {},
): Promise<Listener> {
  const client = await connect(org);
  const heard: Listener = { events: [], errors: [], keepalives: 0, ended: false, client };
  const callback = (_info: unknown, type: string, data: unknown): void => {
    // Until it has the schema the client hands events on in any order.
    if (type === 'event') {
      heard.events = [...heard.events, data as Received].sort(byReplayId);
      heard.onEvent?.(data as Received);
    }
    if (type === 'error') heard.errors.push(data as Listener['errors'][number]);
    else if (type === 'grpcKeepAlive') heard.keepalives += 1;
    else if (type === 'end') heard.ended = true;
  };
  if (from === 'earliest') client.subscribeFromEarliestEvent(topic, callback, count ?? null);
  else if (from !== undefined) client.subscribeFromReplayId(topic, callback, count ?? null, from);
  else client.subscribe(topic, callback, count ?? null);
  // The stream is open once the server has logged it: what is written from here on must be heard.
  await until(async () => {
    const summary = await org.admin('GET', '/requests/summary');
    return summary['GRPC Subscribe'] !== undefined;
  });
  return heard;
}

function byReplayId(left: Received, right: Received): number {
  return left.replayId - right.replayId;
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nothing happened in time');
}

async function upsert(org: OpenOrg, records: Record<string, unknown>[], client = 'somebody'): Promise<void> {
  const connection = await org.connect({ client });
  await connection.sobject('Opportunity').upsert(records as never, 'Tributary_Deal_Id__c');
}

function header(event: Received | undefined): Header {
  if (event === undefined) throw new Error('no event');
  return event.payload.ChangeEventHeader;
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

  it('are kept for 72 hours: an older replay id is refused', async () => {
    const org = await open();
    await upsert(org, [deal('k1')]);
    const first = await listen(org, { from: 'earliest' });
    await until(() => first.events.length === 1);
    org.clock.advance(73 * 3600 * 1000);
    await upsert(org, [deal('k2')]);
    const late = await listen(org, { from: first.events[0]?.replayId ?? 0 });
    await until(() => late.errors.length > 0);
    expect(late.errors[0]?.metadata?.get('error-code')).toEqual([
      'sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted',
    ]);
    const again = await listen(org, { from: 'earliest' });
    await until(() => again.events.length === 1);
    expect(again.events[0]?.payload['Tributary_Deal_Id__c']).toBe('k2');
  });

  it('keep a quiet stream alive with the newest position, and end one that wants nothing', async () => {
    const org = await open({ streamTiming: { keepaliveMs: 50, idleMs: 1500 } });
    const quiet = await listen(org);
    await until(() => quiet.client !== undefined && quiet.keepalives >= 2);
    const sated = await listen(org, { from: 'earliest', count: 1 });
    await upsert(org, [deal('i1')]);
    await until(() => sated.ended);
    expect(sated.events).toHaveLength(1);
  });
});

describe('the Pub/Sub API', () => {
  it.each([
    ['an unknown topic', { topic: '/data/NopeChangeEvent' }, 5, 'topic.not.found'],
    ['a made-up replay id', { from: 42 }, 3, 'subscription.fetch.replayid.corrupted'],
  ])('refuses %s', async (_what, start, code, name) => {
    const org = await open();
    const heard = await listen(org, start);
    await until(() => heard.errors.length > 0);
    expect(heard.errors[0]?.code).toBe(code);
    expect(heard.errors[0]?.metadata?.get('error-code')).toEqual([`sfdc.platform.eventbus.grpc.${name}`]);
  });

  it('refuses callers with a revoked token or for another org', async () => {
    const org = await open();
    for (const wrong of [{ accessToken: 'x' }, { organizationId: '00D000000000001AAA' }]) {
      const client = await connect(org, wrong);
      const errors: { code?: number }[] = [];
      client.subscribe('/data/OpportunityChangeEvent', ((
        _info: unknown,
        type: string,
        data: { code?: number },
      ) => {
        if (type === 'error') errors.push(data);
      }) as never);
      await until(() => errors.length > 0);
      expect(errors[0]?.code).toBe(16);
    }
  });

  it('lets notification faults drop, double and overtake events', async () => {
    const org = await open();
    const heard = await listen(org);
    await upsert(org, [deal('warm')]);
    await until(() => heard.events.length === 1);
    const order: unknown[] = [];
    heard.onEvent = (event) => order.push(event.payload['Tributary_Deal_Id__c']);
    const rule = (nth: number, effect: string) => ({
      when: { nth },
      fault: { kind: 'notification', effect, probability: 1 },
    });
    await org.admin('POST', '/faults', {
      rules: [rule(1, 'drop'), rule(2, 'duplicate'), rule(3, 'reorder')],
    });
    await upsert(org, [deal('x1'), deal('x2'), deal('x3'), deal('x4')]);
    await until(() => order.length === 4);
    expect(order).toEqual(['x2', 'x2', 'x4', 'x3']);
  });
});
