import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';
import { errorCode, listen, until, type Listener } from '../../../test/sandbox/event-listeners.ts';

let org: OpenOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());

const closing: { close(): void }[] = [];
afterEach(async () => {
  await org.admin('DELETE', '/faults');
  await org.admin('POST', '/streams', {});
  for (const client of closing.splice(0)) client.close();
});

let written = 0;
async function write(count: number): Promise<string[]> {
  const deals = Array.from({ length: count }, () => deal(`disturbed-${(written += 1)}`));
  await (await org.connect()).sobject('Opportunity').create(deals as never);
  return deals.map((one) => String(one['Tributary_Deal_Id__c']));
}

/** A listener that knows the schema, so that it hands events on as they come. */
async function warm(): Promise<{ heard: Listener; order: unknown[] }> {
  const heard = await listen(org);
  closing.push(heard);
  await write(1);
  await until(() => heard.events.length === 1);
  const order: unknown[] = [];
  heard.onEvent = (event) => order.push(event.payload['Tributary_Deal_Id__c']);
  return { heard, order };
}

async function rule(fault: object, when: object = {}, seed?: number): Promise<void> {
  await org.admin('POST', '/faults', { rules: [{ when, fault }], ...(seed === undefined ? {} : { seed }) });
}

const notify = (effect: string, more: object = {}) => ({
  kind: 'notification',
  effect,
  probability: 1,
  ...more,
});

describe('notification faults', () => {
  it('drop, double and reorder the events they strike', async () => {
    const { order } = await warm();
    await rule(notify('drop'), { nth: 1 });
    await rule(notify('duplicate'), { nth: 2 });
    await rule(notify('reorder'), { nth: 4 });
    const [, second, third, fourth, fifth] = await write(5);
    await until(() => order.length === 5);
    expect(order).toEqual([second, second, third, fifth, fourth]);
  });

  it('hold events back by the sandbox clock, without changing their order', async () => {
    const { order } = await warm();
    await rule(notify('delay', { ms: 3_600_000 }));
    const keys = await write(3);
    org.clock.advance(3_500_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(order).toEqual([]);
    org.clock.advance(100_000);
    await until(() => order.length === 3);
    expect(order).toEqual(keys);
  });

  it('strike the same events again with the same seed', async () => {
    const struck: number[][] = [];
    for (const seed of [5, 5, 6]) {
      const { order } = await warm();
      await rule({ kind: 'notification', effect: 'drop', probability: 0.4 }, {}, seed);
      const keys = await write(40);
      await org.admin('DELETE', '/faults');
      const [last] = await write(1);
      await until(() => order.includes(last));
      // Another listener would draw from the same rule.
      await org.admin('POST', '/streams', {});
      struck.push(keys.flatMap((key, index) => (order.includes(key) ? [] : [index])));
    }
    expect(struck[0]?.length).toBeGreaterThan(5);
    expect(struck[1]).toEqual(struck[0]);
    expect(struck[2]).not.toEqual(struck[0]);
  });
});

describe('stream faults', () => {
  it('end a stream with a code after so many events', async () => {
    await rule({ kind: 'stream', code: 'service.unavailable', afterEvents: 3 }, { times: 1 });
    const { heard, order } = await warm();
    const keys = await write(4);
    await until(() => heard.errors.length > 0);
    expect(order).toEqual(keys.slice(0, 2));
    expect(heard.errors[0]?.code).toBe(14);
    expect(errorCode(heard.errors[0])).toBe('service.unavailable');
    const again = await listen(org, { from: heard.events.at(-1)?.replayId ?? 0 });
    closing.push(again);
    await until(() => again.events.length === 2);
    expect(again.events.map((event) => event.payload['Tributary_Deal_Id__c'])).toEqual(keys.slice(2));
  });

  it('break a connection without any of the vendor’s trailers', async () => {
    await rule({ kind: 'stream', afterEvents: 2 });
    const { heard } = await warm();
    await write(1);
    await until(() => heard.errors.length > 0);
    expect(heard.errors[0]?.code).toBe(14);
    expect(errorCode(heard.errors[0])).toBeUndefined();
  });

  it.each([
    ['concurrent.client.limit.exceeded', 8],
    ['service.auth.error', 16],
    ['service.auth.headers.invalid', 16],
    ['service.unavailable', 14],
    ['subscription.fetch.replayid.corrupted', 3],
    ['subscription.fetch.replayid.validation.failed', 3],
    ['subscription.fetch.requested.events.invalid', 3],
    ['subscription.fetch.topic.mismatch', 3],
    ['subscription.limit.exceeded', 8],
    ['topic.not.found', 5],
  ])('end open streams on demand with %s', async (code, status) => {
    const heard = await listen(org);
    closing.push(heard);
    expect(await org.admin('POST', '/streams', { code })).toEqual({ ended: 1 });
    await until(() => heard.errors.length > 0);
    expect([heard.errors[0]?.code, errorCode(heard.errors[0])]).toEqual([status, code]);
    expect(heard.errors[0]?.details).toMatch(/rpcId: [0-9a-f-]{36}$/);
  });

  it('refuse a call with the code of a status rule, else as unavailable', async () => {
    for (const [code, expected] of [
      ['sfdc.platform.eventbus.grpc.subscription.limit.exceeded', 'subscription.limit.exceeded'],
      ['SERVER_UNAVAILABLE', 'service.unavailable'],
    ]) {
      await org.admin('DELETE', '/faults');
      await rule({ kind: 'status', status: 503, code });
      const heard = await listen(org, { accessToken: await token() });
      closing.push(heard);
      await until(() => heard.errors.length > 0);
      expect(errorCode(heard.errors[0])).toBe(expected);
    }
  });
});

/** A token from before the fault rule: it would strike the token endpoint too. */
async function token(): Promise<string> {
  const rules = (await org.admin('GET', '/faults')) as unknown as object[];
  await org.admin('DELETE', '/faults');
  const made = await org.token();
  await org.admin('POST', '/faults', {
    rules: rules.map((one) => {
      const { fault } = one as { fault: object };
      return { fault };
    }),
  });
  return made;
}
