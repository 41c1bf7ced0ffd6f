import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closeServer, listen } from '../../admin/listen.ts';
import { readBody } from '../../admin/read-body.ts';
import { startForTest, stopSandboxes, type TestSandbox } from '../testing.ts';
import { signatureV3 } from './signature.ts';

interface Delivery {
  timestamp: string;
  signature: string;
  body: string;
  events: Record<string, unknown>[];
}

const receivers: Server[] = [];
afterEach(async () => {
  await stopSandboxes();
  await Promise.all(receivers.splice(0).map(closeServer));
});

/** A receiver that answers what `answers` says, in turn, and 200 afterwards. */
async function receive(answers: number[] = []): Promise<{ url: string; got: Delivery[] }> {
  const got: Delivery[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((raw) => {
      const body = raw.toString();
      got.push({
        timestamp: String(request.headers['x-hubspot-request-timestamp']),
        signature: String(request.headers['x-hubspot-signature-v3']),
        body,
        events: JSON.parse(body) as Record<string, unknown>[],
      });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  receivers.push(server);
  const port = await listen(server, '127.0.0.1', 0);
  return { url: `http://127.0.0.1:${port}/hook?from=hubspot%2Fapp`, got };
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function createDeal(sandbox: TestSandbox, more: Record<string, string> = {}): Promise<string> {
  const properties = { dealname: 'Hooked', dealstage: 'qualifiedtobuy', amount: '5', ...more };
  return String((await sandbox.call('POST', '/crm/v3/objects/deals', { properties })).json['id']);
}

const eventsOf = (got: Delivery[]) => got.flatMap(({ events }) => events);

describe('webhooks', () => {
  it('tell what an app and a rep did, signed over the raw body', async () => {
    const sandbox = await startForTest({ webhookBatchMs: 5 });
    const { url, got } = await receive();
    await sandbox.admin('POST', '/webhooks', { targetUrl: url });
    const id = await createDeal(sandbox);
    await until(() => eventsOf(got).length >= 6);
    await sandbox.admin('POST', '/play', { action: 'win', id });
    await until(() =>
      eventsOf(got).some(
        ({ propertyName, propertyValue }) => propertyName === 'dealstage' && propertyValue === 'closedwon',
      ),
    );
    const { clientSecret, appId, portalId, privateAppId } = sandbox.credentials;
    for (const { body, timestamp, signature } of got) {
      expect(signature).toBe(signatureV3(clientSecret, { method: 'POST', uri: url, body }, timestamp));
    }
    const all = eventsOf(got);
    expect(all.find(({ subscriptionType }) => subscriptionType === 'deal.creation')).toMatchObject({
      appId,
      portalId,
      objectId: Number(id),
      changeFlag: 'CREATED',
      changeSource: 'INTEGRATION',
      sourceId: String(privateAppId),
      attemptNumber: 0,
    });
    const won = all.find(({ propertyValue }) => propertyValue === 'closedwon');
    expect(won).toMatchObject({ subscriptionType: 'deal.propertyChange', changeSource: 'CRM_UI' });
    expect(won?.['sourceId']).toMatch(/^userId:\d+$/);
    expect(typeof won?.['occurredAt']).toBe('number');
  });

  it('are tried again with a fresh stamp after an error, by the sandbox clock', async () => {
    const sandbox = await startForTest({ webhookBatchMs: 1, webhookRetryBaseMs: 60_000 });
    const { url, got } = await receive([500, 404]);
    await sandbox.admin('POST', '/webhooks', { targetUrl: url, subscriptions: ['deal.creation'] });
    await createDeal(sandbox);
    await until(() => got.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(got).toHaveLength(1);
    while (got.length < 3) await sandbox.admin('POST', '/clock', { advanceMs: 60_000 });
    expect(got.map(({ events }) => events[0]?.['attemptNumber'])).toEqual([0, 1, 2]);
    expect(new Set(got.map(({ events }) => events[0]?.['eventId'])).size).toBe(1);
    expect(new Set(got.map(({ timestamp }) => timestamp)).size).toBe(3);
    let stats = await sandbox.admin('GET', '/webhooks');
    while (stats['pending'] !== 0) stats = await sandbox.admin('GET', '/webhooks');
    expect(stats).toMatchObject({ delivered: 1, attempts: 3, abandoned: 0 });
  });

  it('carry at most a hundred events each', async () => {
    const sandbox = await startForTest({ webhookBatchMs: 30, rateLimit: 'off' });
    const { url, got } = await receive();
    await sandbox.admin('POST', '/webhooks', {
      targetUrl: url,
      subscriptions: ['deal.creation', 'deal.deletion'],
    });
    const inputs = Array.from({ length: 100 }, (_, index) => ({
      properties: { dealname: `D${index}`, dealstage: 'qualifiedtobuy' },
    }));
    for (let turn = 0; turn < 3; turn += 1) {
      await sandbox.call('POST', '/crm/v3/objects/deals/batch/create', { inputs });
    }
    await until(() => eventsOf(got).length === 300);
    expect(Math.max(...got.map(({ events }) => events.length))).toBeLessThanOrEqual(100);
  });

  it('can be lost and doubled by a fault, and say nothing of seeded records', async () => {
    const sandbox = await startForTest({ webhookBatchMs: 1 });
    const { url, got } = await receive();
    await sandbox.admin('POST', '/webhooks', {
      targetUrl: url,
      subscriptions: ['deal.creation', 'deal.deletion', 'deal.restore', 'deal.merge'],
    });
    await sandbox.admin('POST', '/faults', {
      rules: [
        { match: { path: 'creation' }, fault: { kind: 'notification', effect: 'drop', probability: 1 } },
        { match: { path: 'deletion' }, fault: { kind: 'notification', effect: 'duplicate', probability: 1 } },
      ],
    });
    const { ids } = await sandbox.admin<{ ids: string[] }>('POST', '/seed', {
      object: 'deals',
      records: [{ dealname: 'Seeded', dealstage: 'qualifiedtobuy' }],
    });
    const id = await createDeal(sandbox);
    await sandbox.admin('POST', '/play', [
      { action: 'delete', id },
      { action: 'undelete', id },
      { action: 'merge', id, into: ids[0] },
    ]);
    await until(() => eventsOf(got).length === 4);
    const types = eventsOf(got).map(({ subscriptionType }) => subscriptionType);
    expect(types.sort()).toEqual(['deal.deletion', 'deal.deletion', 'deal.merge', 'deal.restore']);
    const merged = eventsOf(got).find(({ subscriptionType }) => subscriptionType === 'deal.merge');
    expect(merged).toMatchObject({ primaryObjectId: Number(ids[0]), mergedObjectIds: [Number(id)] });
    const survivor = await sandbox.call('GET', `/crm/v3/objects/deals/${id}`);
    expect(Number(survivor.json['id'])).toBe(merged?.['newObjectId']);
  });
});
