import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';
import {
  bareClient,
  errorCode,
  header,
  listen,
  openStreams,
  until,
  type Listener,
} from '../../../test/sandbox/event-listeners.ts';

const HOUR = 3600 * 1000;
const KEEPALIVE_MS = 270_000;
const IDLE_MS = 60_000;

let org: OpenOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());

// The org stays open until its clients are closed: this client's close() drops the listeners of a stream that goes
// on, and the stream's later failure would end the process.
const closing: { close(): void }[] = [];
afterEach(async () => {
  await org.admin('POST', '/streams', {});
  for (const client of closing.splice(0)) client.close();
  await org.admin('DELETE', '/faults');
});

async function hear(start: Parameters<typeof listen>[1] = {}): Promise<Listener> {
  const heard = await listen(org, start);
  closing.push(heard);
  return heard;
}

async function bare(headers?: Record<string, string>) {
  const client = await bareClient(org, headers);
  closing.push(client);
  return client;
}

let written = 0;
async function write(count = 1): Promise<string[]> {
  const connection = await org.connect({ client: 'somebody' });
  const deals = Array.from({ length: count }, () => deal(`life-${(written += 1)}`));
  await connection.sobject('Opportunity').create(deals as never, { allowRecursive: true });
  return deals.map((one) => String(one['Tributary_Deal_Id__c']));
}

function keysOf(heard: Listener): unknown[] {
  return heard.events.map((event) => event.payload['Tributary_Deal_Id__c']);
}

describe('a stream of the usual client', () => {
  it('is told the newest position within 270 s of sandbox time, from which a later stream goes on', async () => {
    await write();
    const quiet = await hear();
    await org.admin('POST', '/clock', { advanceMs: KEEPALIVE_MS });
    await until(() => quiet.keepalives.length === 1);
    await org.admin('POST', '/clock', { advanceMs: KEEPALIVE_MS });
    await until(() => quiet.keepalives.length === 2);
    const missed = await write();
    const resumed = await hear({ from: quiet.keepalives[1] ?? 0 });
    await until(() => resumed.events.length === 1);
    expect(keysOf(resumed)).toEqual(missed);
    expect(quiet.errors).toEqual([]);
  });

  it('may come back to a position that a keepalive gave while the org was quiet for longer than events are kept', async () => {
    await write();
    org.clock.advance(100 * HOUR);
    const quiet = await hear();
    org.clock.advance(KEEPALIVE_MS);
    await until(() => quiet.keepalives.length === 1);
    org.clock.advance(71 * HOUR);
    const resumed = await hear({ from: quiet.keepalives[0] ?? 0 });
    expect(resumed.errors).toEqual([]);
    const key = await write();
    await until(() => resumed.events.length === 1);
    expect(keysOf(resumed)).toEqual(key);
    org.clock.advance(2 * HOUR);
    const late = await hear({ from: quiet.keepalives[0] ?? 0 });
    expect(errorCode(late.errors[0])).toBe('subscription.fetch.replayid.corrupted');
  });

  it('is closed when the client wants nothing for 60 s of sandbox time', async () => {
    const sated = await hear({ count: 1 });
    await write();
    await until(() => sated.events.length === 1);
    org.clock.advance(IDLE_MS - 5000);
    sated.client.requestAdditionalEvents('/data/OpportunityChangeEvent', 1);
    await until(
      async () => ((await org.admin('GET', '/streams')) as never as { pending: number }[])[0]?.pending === 1,
    );
    await write();
    await until(() => sated.events.length === 2);
    expect(sated.ended).toBe(false);
    org.clock.advance(IDLE_MS);
    await until(() => sated.ended);
    expect(sated.errors).toEqual([]);
  });

  it('is handed 250 events in hundreds, in order and each once', async () => {
    const heard = await hear();
    const keys = await write(250);
    await until(() => heard.events.length >= 250);
    expect(keysOf(heard)).toEqual(keys);
    const again = await hear({ from: heard.events[99]?.replayId ?? 0 });
    await until(() => again.events.length >= 150);
    expect(keysOf(again)).toEqual(keys.slice(100));
    expect(again.events[0]?.id).toBe(heard.events[100]?.id);
  });

  it('fails when the token is revoked in mid-stream', async () => {
    const accessToken = await org.token();
    const heard = await hear({ accessToken });
    await org.admin('POST', '/revoke-tokens');
    await write();
    await until(() => heard.errors.length > 0);
    expect(heard.errors[0]?.code).toBe(16);
    expect(errorCode(heard.errors[0])).toBe('service.auth.error');
    expect(heard.errors[0]?.details).toMatch(/rpcId: [0-9a-f-]{36}$/);
    expect(heard.events).toEqual([]);
  });

  it('starts at the oldest retained event, after 72 hours at a later one', async () => {
    const old = await write();
    org.clock.advance(71 * HOUR);
    const kept = await write();
    const all = await hear({ from: 'earliest' });
    await until(() => keysOf(all).includes(kept[0]));
    expect(keysOf(all).slice(-2)).toEqual([...old, ...kept]);
    org.clock.advance(2 * HOUR);
    const rest = await hear({ from: 'earliest' });
    await until(() => rest.events.length > 0);
    expect(keysOf(rest)).toEqual(kept);
    const expired = await hear({ from: all.events.at(-2)?.replayId ?? 0 });
    expect(expired.errors[0]?.code).toBe(3);
    expect(errorCode(expired.errors[0])).toBe('subscription.fetch.replayid.corrupted');
  });
});

describe('a fetch request', () => {
  const topicName = '/data/OpportunityChangeEvent';

  it('counts towards 100 outstanding events: more is capped, not refused', async () => {
    const before = await hear({ count: 1 });
    const keys = await write(120);
    await until(() => before.events.length === 1);
    const first = before.events[0]?.replayId ?? 0;
    const client = await bare();
    const replayId = Buffer.alloc(8);
    replayId.writeBigUInt64BE(BigInt(first));
    const stream = client.subscribe({ topicName, numRequested: 300, replayPreset: 'CUSTOM', replayId });
    await until(() => stream.count() === 100);
    expect(stream.responses.at(-1)?.pendingNumRequested).toBe(0);
    // A preset in a later request is not heeded: the stream goes on where it is.
    stream.send({ numRequested: 300, replayPreset: 'EARLIEST' });
    await until(() => stream.count() === 119);
    expect(stream.responses.at(-1)?.pendingNumRequested).toBe(81);
    expect(keys).toHaveLength(120);
    expect(stream.error).toBeUndefined();
  });

  it.each([
    ['no events', { topicName, numRequested: 0 }, 3, 'subscription.fetch.requested.events.invalid'],
    ['fewer than none', { topicName, numRequested: -1 }, 3, 'subscription.fetch.requested.events.invalid'],
    ['no topic', { numRequested: 1 }, 3, 'topic.validation.empty'],
    ['an unknown topic', { topicName: '/data/NopeChangeEvent', numRequested: 1 }, 5, 'topic.not.found'],
    [
      'an object that is not selected',
      { topicName: '/data/UserChangeEvent', numRequested: 1 },
      5,
      'topic.not.found',
    ],
    [
      'CUSTOM without an id',
      { topicName, numRequested: 1, replayPreset: 'CUSTOM' as const },
      3,
      'subscription.fetch.replayid.validation.failed',
    ],
    [
      'an id of other bytes',
      { topicName, numRequested: 1, replayPreset: 'CUSTOM' as const, replayId: Buffer.from('abc') },
      3,
      'subscription.fetch.replayid.corrupted',
    ],
    [
      'an id nobody was given',
      { topicName, numRequested: 1, replayPreset: 'CUSTOM' as const, replayId: Buffer.alloc(8, 1) },
      3,
      'subscription.fetch.replayid.corrupted',
    ],
  ])('is refused with %s', async (_what, request, code, name) => {
    const stream = (await bare()).subscribe(request);
    await until(() => stream.error !== undefined);
    expect(stream.error?.code).toBe(code);
    expect(errorCode(stream.error)).toBe(name);
    expect(stream.error?.details).toMatch(/rpcId: [0-9a-f-]{36}$/);
  });

  it('may leave out the topic later, but not name another', async () => {
    const stream = (await bare()).subscribe({ topicName, numRequested: 1 });
    stream.send({ numRequested: 1 });
    await until(async () => (await openStreams(org)).length === 1);
    stream.send({ topicName: '/data/AccountChangeEvent', numRequested: 1 });
    await until(() => stream.error !== undefined);
    expect(stream.error?.code).toBe(3);
    expect(errorCode(stream.error)).toBe('subscription.fetch.topic.mismatch');
  });

  it('may be refused with 7 for an unknown topic, as the org is set', async () => {
    await org.admin('PATCH', '/settings', { pubSubTopicNotFoundStatus: 7 });
    const stream = (await bare()).subscribe({ topicName: '/data/NopeChangeEvent', numRequested: 1 });
    await until(() => stream.error !== undefined);
    await org.admin('PATCH', '/settings', { pubSubTopicNotFoundStatus: 5 });
    expect([stream.error?.code, errorCode(stream.error)]).toEqual([7, 'topic.not.found']);
  });
});

describe('a caller', () => {
  it.each([
    ['without headers', () => ({}), 'service.auth.headers.invalid'],
    ['without a token', () => ({ accesstoken: '' }), 'service.auth.headers.invalid'],
    ['of another org', () => ({ tenantid: '00D000000000001AAA' }), 'service.auth.headers.invalid'],
    [
      'of another instance',
      () => ({ instanceurl: 'https://else.my.salesforce.com' }),
      'service.auth.headers.invalid',
    ],
    ['with a bad token', () => ({ accesstoken: '00D!nope' }), 'service.auth.error'],
  ])('%s is refused with 16', async (what, wrong, name) => {
    const good = {
      accesstoken: await org.token(),
      instanceurl: org.sandbox.url,
      tenantid: org.sandbox.credentials.organizationId,
    };
    const client = await bare(what === 'without headers' ? {} : { ...good, ...wrong() });
    const stream = client.subscribe({ topicName: '/data/OpportunityChangeEvent', numRequested: 1 });
    await until(() => stream.error !== undefined);
    expect([stream.error?.code, errorCode(stream.error)]).toEqual([16, name]);
    const topic = await client.call('GetTopic', { topicName: '/data/OpportunityChangeEvent' });
    expect([topic.code, errorCode(topic as never)]).toEqual([16, name]);
  });

  it('is one too many when the org has as many streams as it may have', async () => {
    await org.admin('PATCH', '/settings', { pubSubMaxStreams: 1 });
    await hear();
    const stream = (await bare()).subscribe({ topicName: '/data/OpportunityChangeEvent', numRequested: 1 });
    await until(() => stream.error !== undefined);
    await org.admin('PATCH', '/settings', { pubSubMaxStreams: 2000 });
    expect(errorCode(stream.error)).toBe('concurrent.client.limit.exceeded');
  });

  it('is cut off when the org has been sent all events of its 24 hours, and served again the next day', async () => {
    org.clock.advance(25 * HOUR);
    await org.admin('PATCH', '/settings', { pubSubDailyDeliveries: 3 });
    const heard = await hear();
    // First one alone: this client loses what it is still fetching the schema for when the stream fails.
    await write();
    await until(() => heard.events.length === 1);
    await write(4);
    await until(() => heard.errors.length > 0);
    expect(errorCode(heard.errors[0])).toBe('subscription.limit.exceeded');
    expect(heard.events).toHaveLength(3);
    org.clock.advance(25 * HOUR);
    const resumed = await hear({ from: heard.events[2]?.replayId ?? 0 });
    await until(() => resumed.events.length === 2);
    await org.admin('PATCH', '/settings', { pubSubDailyDeliveries: 0 });
    expect(header(resumed.events[0]).changeType).toBe('CREATE');
  });

  it('gets the schema that GetTopic names, and is refused others', async () => {
    const client = await bare();
    const topic = await client.call('GetTopic', { topicName: '/data/AccountChangeEvent' });
    expect(topic).toMatchObject({
      topicName: '/data/AccountChangeEvent',
      canSubscribe: true,
      canPublish: false,
    });
    const schema = (await client.call('GetSchema', {
      schemaId: (topic as Record<string, unknown>)['schemaId'],
    })) as Record<string, string>;
    expect(JSON.parse(schema['schemaJson'] ?? '')).toMatchObject({
      type: 'record',
      name: 'AccountChangeEvent',
    });
    const nope = await client.call('GetTopic', { topicName: '/data/NopeChangeEvent' });
    expect([nope.code, errorCode(nope as never)]).toEqual([5, 'topic.not.found']);
    expect(errorCode((await client.call('GetSchema', { schemaId: '' })) as never)).toBe(
      'schema.validation.failed',
    );
    expect((await client.call('GetSchema', { schemaId: 'x' })).code).toBe(5);
  });
});
