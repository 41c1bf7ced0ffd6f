import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { StreamingExtension } from 'jsforce/lib/api/streaming.js';
import { deal, openOrg, type OpenOrg } from '../../../../test/sandbox/salesforce-org.ts';
import { until } from '../../../../test/sandbox/event-listeners.ts';

let org: OpenOrg;
let connection: Connection;
beforeAll(async () => {
  org = await openOrg();
  connection = await org.connect({ client: 'somebody' });
});
afterAll(() => org.close());

const OPPORTUNITIES = '/data/OpportunityChangeEvent';
const closing: { disconnect(): unknown }[] = [];
afterEach(async () => {
  for (const client of closing.splice(0)) await client.disconnect();
});

interface Told {
  payload: Record<string, unknown> & { ChangeEventHeader: Record<string, unknown> };
  event: { replayId: number };
}

/** Follows a channel with jsforce's own client (faye). */
async function follow(channel: string, replayId?: number): Promise<Told[]> {
  const told: Told[] = [];
  const extensions = replayId === undefined ? [] : [new StreamingExtension.Replay(channel, replayId)];
  const client = connection.streaming.createClient(extensions);
  closing.push(client as never);
  await client.subscribe(channel, (message: Told) => told.push(message));
  return told;
}

/** One POST of the bare protocol. */
async function post(message: object, token?: string): Promise<Record<string, unknown>[]> {
  const answer = await fetch(`${org.sandbox.url}/cometd/62.0`, {
    method: 'POST',
    headers: {
      authorization: `OAuth ${token ?? connection.accessToken ?? ''}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(message),
  });
  return (await answer.json()) as Record<string, unknown>[];
}

async function shakeHands(): Promise<string> {
  const [reply] = await post({
    channel: '/meta/handshake',
    version: '1.0',
    supportedConnectionTypes: ['long-polling'],
  });
  closing.push({ disconnect: () => post({ channel: '/meta/disconnect', clientId: reply?.['clientId'] }) });
  return String(reply?.['clientId']);
}

let written = 0;
async function write(): Promise<string> {
  const key = `comet-${(written += 1)}`;
  await connection.sobject('Opportunity').create(deal(key, { NextStep: 'call' }) as never);
  return key;
}

describe('a change event over CometD', () => {
  it('holds the changed fields only, and times as text', async () => {
    const told = await follow(OPPORTUNITIES);
    const key = await write();
    await until(() => told.length === 1);
    const id = (told[0]?.payload.ChangeEventHeader['recordIds'] as string[])[0] ?? '';
    await connection
      .sobject('Opportunity')
      .update({ Id: id, NextStep: null, CloseDate: '2027-08-01' } as never);
    await until(() => told.length === 2);
    const [created, updated] = told;
    expect(created?.payload).toMatchObject({
      Tributary_Deal_Id__c: key,
      NextStep: 'call',
      CreatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(Object.keys(updated?.payload ?? {}).sort()).toEqual(
      expect.arrayContaining(['ChangeEventHeader', 'CloseDate', 'LastModifiedDate', 'NextStep']),
    );
    expect(updated?.payload).toMatchObject({ NextStep: null, CloseDate: '2027-08-01' });
    expect(updated?.payload).not.toHaveProperty('Name');
    expect(Object.keys(updated?.payload.ChangeEventHeader ?? {}).sort()).toEqual(
      [
        'changeOrigin',
        'changeType',
        'commitNumber',
        'commitTimestamp',
        'commitUser',
        'entityName',
        'recordIds',
        'sequenceNumber',
        'transactionKey',
      ].sort(),
    );
  });

  it('is told again from a replay id on, or from the oldest retained one', async () => {
    const told = await follow(OPPORTUNITIES);
    const keys = [await write(), await write(), await write()];
    await until(() => told.length === 3);
    const later = await follow(OPPORTUNITIES, told[0]?.event.replayId ?? 0);
    const all = await follow(OPPORTUNITIES, -2);
    await until(() => later.length === 2 && all.length >= 3);
    expect(later.map((one) => one.payload['Tributary_Deal_Id__c'])).toEqual(keys.slice(1));
    expect(all.at(-1)?.payload['Tributary_Deal_Id__c']).toBe(keys[2]);
  });
});

describe('jsforce’s streaming', () => {
  it('hears of records that a PushTopic finds, and of no others', async () => {
    await connection.sobject('PushTopic').create({
      Name: 'Acme',
      Query: "SELECT Id, Name FROM Account WHERE Name = 'Acme' OR Name = 'Acme Ltd'",
      ApiVersion: '54.0',
      NotifyForFields: 'Referenced',
      NotifyForOperationDelete: false,
    } as never);
    const heard: { event: Record<string, unknown>; sobject: Record<string, unknown> }[] = [];
    const client = connection.streaming.createClient([]);
    closing.push(client as never);
    await client.subscribe('/topic/Acme', (message: never) => heard.push(message));
    const { id } = await connection.sobject('Account').create({ Name: 'Acme' });
    await connection.sobject('Account').create({ Name: 'Other' });
    await connection.sobject('Account').update({ Id: id as string, Phone: '1' } as never);
    await connection.sobject('Account').update({ Id: id as string, Name: 'Acme Ltd' } as never);
    await connection.sobject('Account').destroy(id as string);
    await until(() => heard.length === 2);
    expect(heard).toMatchObject([
      { event: { type: 'created', replayId: 1 }, sobject: { Id: id, Name: 'Acme' } },
      { event: { type: 'updated', replayId: 2 }, sobject: { Id: id, Name: 'Acme Ltd' } },
    ]);
  });

  it('hears what is pushed on a generic channel', async () => {
    await connection.sobject('StreamingChannel').create({ Name: '/u/Test' } as never);
    const heard: { payload: string }[] = [];
    const client = connection.streaming.createClient([]);
    closing.push(client as never);
    await client.subscribe('/u/Test', (message: never) => heard.push(message));
    const pushed = await connection.streaming.channel('/u/Test').push({ payload: 'hello', userIds: [] });
    expect(pushed).toEqual({ fanoutCount: -1, userOnlineStatus: {} });
    await until(() => heard.length === 1);
    expect(heard[0]).toMatchObject({ payload: 'hello', event: { replayId: 1 } });
  });
});

describe('the protocol', () => {
  it('shakes hands with what the vendor offers, and refuses a bad token by name', async () => {
    const [good] = await post({ channel: '/meta/handshake', version: '1.0', id: '1' });
    expect(good).toMatchObject({ successful: true, id: '1', ext: { replay: true, 'payload.format': true } });
    await post({ channel: '/meta/disconnect', clientId: good?.['clientId'] });
    const [bad] = await post({ channel: '/meta/handshake', version: '1.0' }, 'nope');
    expect(bad).toMatchObject({
      successful: false,
      error: '403::Handshake denied',
      ext: { sfdc: { failureReason: '401::Authentication invalid' } },
      advice: { reconnect: 'none' },
    });
  });

  it('refuses a replay id that is none, and a channel that is not there', async () => {
    const clientId = await shakeHands();
    const [invalid] = await post({
      channel: '/meta/subscribe',
      clientId,
      subscription: OPPORTUNITIES,
      ext: { replay: { [OPPORTUNITIES]: 7 } },
    });
    expect(invalid?.['error']).toBe(
      '400::The replayId {7} you provided was invalid. Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.',
    );
    const [unknown] = await post({
      channel: '/meta/subscribe',
      clientId,
      subscription: '/data/NopeChangeEvent',
    });
    expect(unknown).toMatchObject({ successful: false, subscription: '/data/NopeChangeEvent' });
  });

  it('forgets a client that stays away for 40 s of sandbox time, and holds a connect for 110 s', async () => {
    const clientId = await shakeHands();
    const connect = { channel: '/meta/connect', clientId, connectionType: 'long-polling' };
    expect(await post(connect)).toMatchObject([{ successful: true, advice: { timeout: 110_000 } }]);
    const held = post(connect);
    await new Promise((resolve) => setTimeout(resolve, 50));
    org.clock.advance(110_000);
    expect(await held).toMatchObject([{ successful: true }]);
    org.clock.advance(40_000);
    expect(await post(connect)).toMatchObject([
      { successful: false, error: '403::Unknown client', advice: { reconnect: 'handshake' } },
    ]);
  });

  it('tells a client whose token was revoked to give up', async () => {
    const token = await org.token();
    const [shaken] = await post({ channel: '/meta/handshake', version: '1.0' }, token);
    const connect = { channel: '/meta/connect', clientId: shaken?.['clientId'] };
    await post(connect, token);
    await org.admin('POST', '/revoke-tokens');
    connection = await org.connect({ client: 'somebody' });
    expect(await post(connect, token)).toMatchObject([
      { successful: false, error: '401::Authentication invalid', advice: { reconnect: 'none' } },
    ]);
  });

  it('stops telling when the org was told all events of its day, and takes only so many clients', async () => {
    org.clock.advance(25 * 3600 * 1000);
    connection = await org.connect({ client: 'somebody' });
    await org.admin('PATCH', '/settings', { pubSubDailyDeliveries: 1 });
    const told = await follow(OPPORTUNITIES);
    await write();
    await until(() => told.length === 1);
    const clientId = await shakeHands();
    const [refused] = await post({ channel: '/meta/subscribe', clientId, subscription: OPPORTUNITIES });
    expect(refused?.['error']).toBe('403::Organization total events daily limit exceeded');
    await org.admin('PATCH', '/settings', { pubSubDailyDeliveries: 0, cometdMaxClients: 0 });
    const [full] = await post({ channel: '/meta/handshake', version: '1.0' });
    await org.admin('PATCH', '/settings', { cometdMaxClients: 2000 });
    expect(full).toMatchObject({ error: '403::Handshake denied', ext: { sfdc: {} } });
  });
});
