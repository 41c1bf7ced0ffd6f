import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startForTest, stopSandboxes, type TestAnswer, type TestSandbox } from '../testing.ts';

let sandbox: TestSandbox;
let token = '';
const ROOT = '/webhooks-journal';

beforeAll(async () => {
  sandbox = await startForTest({ rateLimit: 'off' });
  token = await developerToken();
});
afterAll(stopSandboxes);

async function developerToken(): Promise<string> {
  const { clientId, clientSecret } = sandbox.credentials;
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: ['read', 'subscriptions.read', 'subscriptions.write']
      .map((name) => `developer.webhooks_journal.${name}`)
      .join(' '),
  });
  const answer = await fetch(`${sandbox.url}/oauth/v3/token`, { method: 'POST', body });
  return ((await answer.json()) as { access_token: string }).access_token;
}

const call = (method: string, rest: string, body?: unknown): Promise<TestAnswer> =>
  sandbox.call(method, ROOT + rest, body, token);
const read = (rest: string): Promise<TestAnswer> => call('GET', `/journal/2026-03${rest}`);

async function subscribe(wanted: object): Promise<TestAnswer> {
  const { portalId } = sandbox.credentials;
  return call('POST', '/subscriptions/2026-03', { portalId, objectIds: [], ...wanted });
}

type File = { offset: string; journalEvents: Record<string, unknown>[]; publishedAt: string };

async function fileOf({ json }: TestAnswer): Promise<File> {
  return (await (await fetch(String(json['url']))).json()) as File;
}

async function createDeal(): Promise<string> {
  const properties = { dealname: 'D', dealstage: 'qualifiedtobuy' };
  return String((await sandbox.call('POST', '/crm/v3/objects/deals', { properties })).json['id']);
}

const rename = (id: string, dealname: string): Promise<TestAnswer> =>
  sandbox.call('PATCH', `/crm/v3/objects/deals/${id}`, { properties: { dealname } });

describe('the webhooks journal', () => {
  it('is empty, and says so, until something happened that was subscribed to', async () => {
    await createDeal();
    expect((await read('/earliest')).status).toBe(204);
    expect((await read('/latest')).status).toBe(204);
  });

  it('tells in files, in order, what was subscribed to; the last file is followed by nothing yet', async () => {
    const actions = ['CREATE', 'UPDATE', 'DELETE'];
    const wanted = {
      subscriptionType: 'OBJECT',
      objectTypeId: '0-3',
      actions,
      properties: ['amount', 'dealname'],
    };
    expect((await subscribe(wanted)).json).toMatchObject({ ...wanted, appId: sandbox.credentials.appId });
    const id = await createDeal();
    await rename(id, 'Renamed');
    await sandbox.call('PATCH', `/crm/v3/objects/deals/${id}`, {
      properties: { description: 'not asked for' },
    });
    await sandbox.call('DELETE', `/crm/v3/objects/deals/${id}`);
    const seen: string[] = [];
    let answer = await read('/earliest');
    while (answer.status === 200) {
      const file = await fileOf(answer);
      expect(file.offset).toBe(answer.json['currentOffset']);
      for (const event of file.journalEvents) {
        expect(event).toMatchObject({ objectTypeId: '0-3', objectId: Number(id) });
        seen.push(String(event['action']));
      }
      answer = await read(`/offset/${file.offset}/next`);
    }
    expect(answer.status).toBe(204);
    expect(seen).toEqual(['CREATE', 'UPDATE', 'DELETE']);
  });

  it('gives several files at once, and names offsets it does not have', async () => {
    const all = await read('/batch/earliest/100');
    const offsets = (all.json['results'] as { currentOffset: string }[]).map((one) => one.currentOffset);
    expect(offsets).toHaveLength(3);
    const last = (await read('/batch/latest/2')).json['results'] as { currentOffset: string }[];
    expect(last.map((one) => one.currentOffset)).toEqual(offsets.slice(1));
    const next = (await read(`/batch/${offsets[0]}/next/1`)).json['results'] as { currentOffset: string }[];
    expect(next.map((one) => one.currentOffset)).toEqual([offsets[1]]);
    const some = await call('POST', '/journal/2026-03/batch/read', { inputs: [offsets[2], 'gone'] });
    expect(some).toMatchObject({ status: 207, json: { numErrors: 1 } });
    expect((await read('/offset/gone/next')).status).toBe(404);
    expect((await call('GET', '/journal-local/2026-03/earliest?installPortalId=1')).status).toBe(204);
  });

  it('lets a file be read with its address alone, for a while, and keeps files for three days', async () => {
    const { url } = (await read('/latest')).json;
    expect((await fetch(`${String(url)}0`)).status).toBe(403);
    await sandbox.admin('POST', '/clock', { advanceMs: 16 * 60_000 });
    expect((await fetch(String(url))).status).toBe(403);
    const offset = String((await read('/latest')).json['currentOffset']);
    await sandbox.admin('POST', '/clock', { advanceMs: 3 * 24 * 3600_000 });
    token = await developerToken();
    expect((await read('/earliest')).status).toBe(204);
    expect((await read(`/offset/${offset}/next`)).status).toBe(404);
  });

  it('tells of associations, and that the app was taken out', async () => {
    const actions = ['ASSOCIATION_ADDED'];
    await subscribe({
      subscriptionType: 'ASSOCIATION',
      objectTypeId: '0-3',
      actions,
      associatedObjectTypeIds: ['0-2'],
    });
    await subscribe({ subscriptionType: 'APP_LIFECYCLE_EVENT', eventTypeId: '4-1916193', properties: [] });
    const deal = await createDeal();
    const properties = { name: 'C' };
    const company = String(
      (await sandbox.call('POST', '/crm/v3/objects/companies', { properties })).json['id'],
    );
    await sandbox.call('PUT', `/crm/v4/objects/deals/${deal}/associations/default/companies/${company}`);
    const joined = (await fileOf(await read('/latest'))).journalEvents;
    expect(joined).toEqual([
      expect.objectContaining({
        action: 'ASSOCIATION_ADDED',
        fromObjectId: Number(deal),
        toObjectId: Number(company),
        associationTypeId: 341,
        isPrimary: false,
      }),
    ]);
    await sandbox.admin('POST', '/uninstall');
    token = await developerToken();
    expect((await fileOf(await read('/latest'))).journalEvents).toMatchObject([{ action: 'APP_UNINSTALL' }]);
  });

  it('is closed to tokens of a portal and to wrong subscriptions', async () => {
    expect((await sandbox.call('GET', `${ROOT}/journal/2026-03/earliest`)).status).toBe(403);
    const wrong = { subscriptionType: 'OBJECT', objectTypeId: 'deals', actions: ['CREATE'], properties: [] };
    expect((await subscribe(wrong)).status).toBe(400);
    expect((await subscribe({ ...wrong, objectTypeId: '0-3', portalId: 1 })).status).toBe(400);
    const list = (await call('GET', '/subscriptions/2026-03')).json['results'] as { id: number }[];
    expect(list).toHaveLength(3);
    expect((await call('DELETE', `/subscriptions/2026-03/${list[0]?.id}`)).status).toBe(204);
    const portal = `/subscriptions/2026-03/portals/${sandbox.credentials.portalId}`;
    expect((await call('DELETE', portal)).status).toBe(204);
    expect((await call('GET', '/subscriptions/2026-03')).json['results']).toEqual([]);
  });
});
