import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startForTest, stopSandboxes, type TestAnswer, type TestSandbox } from '../testing.ts';
import { receiveWebhooks, type Receiver } from './receive-webhooks.ts';
import { signatureV1 } from './signature.ts';

let sandbox: TestSandbox;
let receiver: Receiver;
let down: Receiver | undefined;

beforeAll(async () => {
  sandbox = await startForTest({ rateLimit: 'off', webhookBatchMs: 5 });
  receiver = await receiveWebhooks();
});
afterAll(async () => {
  await stopSandboxes();
  await Promise.all([receiver.close(), down?.close()]);
});

function call(method: string, rest: string, body?: unknown, key?: string): Promise<TestAnswer> {
  const { appId, developerApiKey } = sandbox.credentials;
  return sandbox.call(method, `/webhooks/v3/${appId}${rest}?hapikey=${key ?? developerApiKey}`, body);
}

const subscribe = (wanted: object): Promise<TestAnswer> => call('POST', '/subscriptions', wanted);

async function createDeal(properties: object = {}): Promise<string> {
  const body = { properties: { dealname: 'D', dealstage: 'qualifiedtobuy', ...properties } };
  return String((await sandbox.call('POST', '/crm/v3/objects/deals', body)).json['id']);
}

describe('webhook settings by API', () => {
  it('are for the developer of the OAuth app alone', async () => {
    expect((await call('GET', '/subscriptions', undefined, 'wrong')).status).toBe(401);
    const { privateAppId, developerApiKey } = sandbox.credentials;
    const path = (app: number): string => `/webhooks/v3/${app}/subscriptions?hapikey=${developerApiKey}`;
    expect((await sandbox.call('GET', path(privateAppId))).status).toBe(403);
    expect((await sandbox.call('GET', path(1))).status).toBe(404);
  });

  it('make subscriptions that say nothing until they are switched on', async () => {
    const settings = { targetUrl: receiver.url, throttling: { maxConcurrentRequests: 10 } };
    expect((await call('GET', '/settings')).status).toBe(404);
    expect((await call('PUT', '/settings', settings)).json).toMatchObject(settings);
    expect((await call('PUT', '/settings', { ...settings, targetUrl: 'http://a.example' })).status).toBe(400);

    const creation = await subscribe({ eventType: 'deal.creation' });
    expect(creation).toMatchObject({ status: 201, json: { active: false, eventType: 'deal.creation' } });
    const change = await subscribe({
      eventType: 'deal.propertyChange',
      propertyName: 'amount',
      active: true,
    });
    const id = await createDeal({ amount: '7' });
    await receiver.until((events) => events.length > 0);
    expect(receiver.events()).toEqual([
      expect.objectContaining({
        subscriptionType: 'deal.propertyChange',
        propertyValue: '7',
        objectId: Number(id),
        subscriptionId: Number(change.json['id']),
      }),
    ]);

    const inputs = [
      { id: Number(creation.json['id']), active: true },
      { id: 1, active: true },
    ];
    const switched = await call('POST', '/subscriptions/batch/update', { inputs });
    expect(switched).toMatchObject({ status: 207, json: { numErrors: 1, results: [{ active: true }] } });
    await createDeal();
    await receiver.until((events) => events.some((one) => one['subscriptionType'] === 'deal.creation'));
  });

  it('refuse what cannot be subscribed to, and what is there already', async () => {
    for (const wrong of [
      { eventType: 'deal.nothing' },
      { eventType: 'deal.propertyChange' },
      { eventType: 'object.creation' },
      { eventType: 'deal.creation' },
    ])
      expect((await subscribe(wrong)).status).toBe(400);
  });

  it('carry the object type in events of any object, and end with the subscription', async () => {
    const made = await subscribe({ eventType: 'object.creation', objectTypeId: '0-8', active: true });
    const rest = `/subscriptions/${String(made.json['id'])}`;
    await sandbox.call('POST', '/crm/v3/objects/line_items', { properties: { name: 'L' } });
    await receiver.until((events) => events.some((one) => one['objectTypeId'] === '0-8'));
    expect((await call('PATCH', rest, { active: false })).json).toMatchObject({ active: false });
    expect((await call('DELETE', rest)).status).toBe(204);
    expect((await call('GET', rest)).status).toBe(404);
  });
});

describe("a private app's webhooks", () => {
  it('are signed by v1 with the secret of that app', async () => {
    const portal = await startForTest({ webhookBatchMs: 1, webhookApp: 'private' });
    await portal.admin('POST', '/webhooks', { targetUrl: receiver.url, subscriptions: ['company.creation'] });
    await portal.call('POST', '/crm/v3/objects/companies', { properties: { name: 'C' } });
    const { privateAppId, privateAppSecret } = portal.credentials;
    await receiver.until((events) => events.some(({ appId }) => appId === privateAppId));
    const { headers, body } = receiver.requests().at(-1) ?? { headers: {}, body: '' };
    expect(headers['x-hubspot-signature']).toBe(signatureV1(privateAppSecret, body));
    expect(headers).not.toHaveProperty('x-hubspot-signature-v3');
    expect(headers).not.toHaveProperty('x-hubspot-request-timestamp');
  });
});

describe('a receiver that is down for a day', () => {
  it('gets every event again with growing pauses, ten times and no more, freshly stamped', async () => {
    const portal = await startForTest({ webhookBatchMs: 1, rateLimit: 'off' });
    down = await receiveWebhooks(() => 503);
    await portal.admin('POST', '/webhooks', { targetUrl: down.url, subscriptions: ['deal.creation'] });
    const properties = { dealname: 'D', dealstage: 'qualifiedtobuy' };
    await portal.call('POST', '/crm/v3/objects/deals', { properties });
    let stats = await portal.admin('GET', '/webhooks');
    while (stats['abandoned'] === 0) {
      await portal.admin('POST', '/clock', { advanceMs: 2 * 60_000 });
      stats = await portal.admin('GET', '/webhooks');
    }
    expect(stats).toMatchObject({ attempts: 11, delivered: 0, abandoned: 1, pending: 0 });
    const stamps = down.requests().map(({ headers }) => Number(headers['x-hubspot-request-timestamp']));
    expect((stamps.at(-1) ?? NaN) - (stamps[0] ?? 0)).toBeLessThan(24 * 3600_000);
    expect(down.events().map((event) => event['attemptNumber'])).toEqual([...Array(11).keys()]);
    expect(new Set(stamps).size).toBe(11);
  });
});
