import { mkdtempSync, rmSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startHubspotSandbox } from './start.ts';
import { startForTest, stopSandboxes, type TestSandbox } from './testing.ts';

const directories: string[] = [];
afterEach(async () => {
  await stopSandboxes();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hubspot-sandbox-'));
  directories.push(directory);
  return directory;
}

const deal = { dealname: 'Kept', dealstage: 'qualifiedtobuy', tributary_deal_id: 'K-1' };

async function create(sandbox: TestSandbox, properties: Record<string, string> = deal): Promise<string> {
  return String((await sandbox.call('POST', '/crm/v3/objects/deals', { properties })).json['id']);
}

const upsert = (key: string) => ({
  inputs: [
    { id: key, idProperty: 'tributary_deal_id', properties: { dealname: key, dealstage: 'qualifiedtobuy' } },
  ],
});

describe('a sandbox with a data directory', () => {
  it('finds records, histories, associations, properties, tokens and webhooks again after a kill', async () => {
    const dataDir = temporaryDirectory();
    const before = await startForTest({ dataDir });
    const id = await create(before);
    await before.admin('POST', '/play', { action: 'win', id });
    const company = await before.call('POST', '/crm/v3/objects/companies', { properties: { name: 'Acme' } });
    const companyId = String(company.json['id']);
    await before.call('PUT', `/crm/v4/objects/deals/${id}/associations/default/companies/${companyId}`);
    await before.call('POST', '/crm/v3/properties/deals', {
      name: 'later',
      label: 'Later',
      type: 'string',
      fieldType: 'text',
      groupName: 'dealinformation',
      hasUniqueValue: true,
    });
    await before.admin('POST', '/webhooks', {
      targetUrl: 'http://127.0.0.1:9/',
      subscriptions: ['deal.merge'],
    });
    const spare = await create(before, { ...deal, tributary_deal_id: 'K-2' });
    await before.call('DELETE', `/crm/v3/objects/deals/${spare}`);
    const token = await oauthToken(before);
    const wanted = await before.admin('GET', `/records/deals/${id}`);
    const writes = await before.admin('GET', '/writes');
    // A kill in mid-write leaves half a line.
    appendFileSync(join(dataDir, 'journal.jsonl'), '{"kind":"records","at":1,"chan');

    const after = await startForTest({ dataDir });
    expect(after.credentials.privateAppToken).toBe(before.credentials.privateAppToken);
    expect(await after.admin('GET', `/records/deals/${id}`)).toEqual(wanted);
    expect(await after.admin('GET', '/writes')).toEqual(writes);
    expect(await after.admin('GET', '/counts')).toMatchObject({ contacts: 0, companies: 1, deals: 1 });
    const history = `/crm/v3/objects/deals/${id}?propertiesWithHistory=dealstage`;
    const read = await after.call('GET', history, undefined, token);
    expect(JSON.stringify(read.json['propertiesWithHistory'])).toMatch(
      /closedwon.*CRM_UI.*qualifiedtobuy.*INTEGRATION/,
    );
    expect((await after.call('GET', '/crm/v3/properties/deals/later')).status).toBe(200);
    expect(await after.admin('GET', '/webhooks')).toMatchObject({ targetUrl: 'http://127.0.0.1:9/' });
    const again = await after.call('POST', '/crm/v3/objects/deals/batch/upsert', upsert('K-1'));
    expect(again.json['results']).toMatchObject([{ id, new: false }]);
    expect(Number(await create(after, { ...deal, tributary_deal_id: 'K-3' }))).toBeGreaterThan(Number(spare));
  });

  it('refuses a preset that does not exist', async () => {
    await expect(startHubspotSandbox({ port: 0, preset: 'nope' })).rejects.toThrow(
      'no HubSpot preset "nope"',
    );
  });
});

async function oauthToken(sandbox: TestSandbox): Promise<string> {
  const { clientId, clientSecret, refreshToken } = sandbox.credentials;
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: clientId,
    client_secret: clientSecret,
    refresh_token: refreshToken,
  });
  const answer = await fetch(`${sandbox.url}/oauth/v3/token`, { method: 'POST', body });
  return ((await answer.json()) as { access_token: string }).access_token;
}

describe('faults', () => {
  const UPSERT = 'POST /crm/v3/objects/deals/batch/upsert';

  it('reset the connection before or after the commit, and the write log knows which', async () => {
    const sandbox = await startForTest();
    for (const at of ['before-commit', 'after-commit'] as const) {
      await sandbox.admin('DELETE', '/faults');
      await sandbox.admin('POST', '/faults', {
        rules: [{ match: { endpoint: UPSERT }, when: { nth: 1 }, fault: { kind: 'reset', at } }],
      });
      await expect(sandbox.call('POST', '/crm/v3/objects/deals/batch/upsert', upsert(at))).rejects.toThrow();
    }
    const writes = await sandbox.admin<{ fields: Record<string, string>; op: string }[]>('GET', '/writes');
    expect(writes.map(({ op, fields }) => [op, fields['tributary_deal_id']])).toEqual([
      ['create', 'after-commit'],
    ]);
    const summary = await sandbox.admin('GET', '/requests/summary');
    expect(summary[UPSERT]).toEqual({ calls: 2, records: 1, byStatus: { reset: 2 } });
    const retried = await sandbox.call('POST', '/crm/v3/objects/deals/batch/upsert', upsert('after-commit'));
    expect(retried.json['results']).toMatchObject([{ new: false }]);
  });

  it('answer in the vendor’s shape: 429, HTML, a revoked token, failing items', async () => {
    const sandbox = await startForTest();
    const token = await oauthToken(sandbox);
    const meet = async (fault: object, body: unknown = upsert('F-1'), as?: string) => {
      await sandbox.admin('DELETE', '/faults');
      await sandbox.admin('POST', '/faults', { rules: [{ when: { times: 1 }, fault }] });
      return sandbox.call('POST', '/crm/v3/objects/deals/batch/upsert', body, as);
    };
    const limited = await meet({ kind: 'status', status: 429, retryAfter: 3 });
    expect(limited).toMatchObject({ status: 429, json: { policyName: 'TEN_SECONDLY_ROLLING' } });
    expect(limited.headers.get('retry-after')).toBe('3');
    const html = await meet({ kind: 'status', status: 502, html: true });
    expect(html.headers.get('content-type')).toContain('text/html');
    expect((await meet({ kind: 'revoke-token' }, undefined, token)).status).toBe(401);
    expect((await sandbox.call('GET', '/crm/v3/owners', undefined, token)).status).toBe(401);
    expect((await sandbox.call('GET', '/crm/v3/owners')).status).toBe(200);
    const traced = { inputs: upsert('F-2').inputs.map((input) => ({ ...input, objectWriteTraceId: 't' })) };
    const partial = await meet({ kind: 'partial', code: 'TRY_AGAIN', probability: 1 }, traced);
    expect(partial).toMatchObject({
      status: 207,
      json: { results: [], errors: [{ category: 'TRY_AGAIN', context: { objectWriteTraceId: ['t'] } }] },
    });
    expect(await sandbox.admin('GET', '/writes')).toEqual([]);
  });
});

describe('limits', () => {
  it('count per app, show where the caller stands, and answer 429', async () => {
    const sandbox = await startForTest({
      privateAppBurst: 3,
      retryAfter: 'always',
      rateLimitBody: 'documented',
    });
    const read = (token?: string) => sandbox.call('GET', '/crm/v3/pipelines/deals', undefined, token);
    const first = await read();
    const header = (name: string) => first.headers.get(`x-hubspot-ratelimit-${name}`);
    expect([header('max'), header('remaining'), header('interval-milliseconds')]).toEqual([
      '3',
      '2',
      '10000',
    ]);
    expect(header('daily-remaining')).toBe('624999');
    await read();
    await read();
    const refused = await read();
    expect(refused).toMatchObject({
      status: 429,
      json: { errorType: 'RATE_LIMIT', policyName: 'TEN_SECONDLY_ROLLING', status: 'error' },
    });
    expect(refused.headers.get('retry-after')).toBe('10');
    const other = await read(await oauthToken(sandbox));
    expect(other.status).toBe(200);
    expect(other.headers.get('x-hubspot-ratelimit-daily')).toBeNull();
    expect(other.headers.get('x-hubspot-ratelimit-max')).toBe('110');
    await sandbox.admin('POST', '/clock', { advanceMs: 10_000 });
    expect((await read()).status).toBe(200);
    await sandbox.admin('POST', '/limits', { daily: 5 });
    expect(await read()).toMatchObject({ status: 429, json: { policyName: 'DAILY' } });
  });

  it('allow five searches a second, with the daily headers only', async () => {
    const sandbox = await startForTest({ clock: { now: () => new Date('2026-03-01T12:00:00Z') } });
    const answers = [];
    for (let turn = 0; turn < 6; turn += 1) {
      answers.push(await sandbox.call('POST', '/crm/v3/objects/deals/search', {}));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(answers[5]?.json).toMatchObject({ policyName: 'SECONDLY' });
    expect(answers[0]?.headers.get('x-hubspot-ratelimit-daily')).toBe('625000');
    expect(answers[0]?.headers.get('x-hubspot-ratelimit-max')).toBeNull();
  });
});

describe('search', () => {
  it('does not know a write until its index has caught up', async () => {
    const sandbox = await startForTest({
      searchLagMs: 5000,
      rateLimit: 'off',
      clock: { now: () => new Date('2026-03-01T12:00:00Z') },
    });
    const id = await create(sandbox);
    const find = async (value: string) => {
      const filters = [{ propertyName: 'dealname', operator: 'EQ', value }];
      const answer = await sandbox.call('POST', '/crm/v3/objects/deals/search', {
        filterGroups: [{ filters }],
      });
      return answer.json['total'];
    };
    expect(await find('Kept')).toBe(0);
    await sandbox.admin('POST', '/clock', { advanceMs: 5000 });
    expect(await find('Kept')).toBe(1);
    await sandbox.call('PATCH', `/crm/v3/objects/deals/${id}`, { properties: { dealname: 'Renamed' } });
    expect([await find('Kept'), await find('Renamed')]).toEqual([1, 0]);
    await sandbox.admin('POST', '/clock', { advanceMs: 5001 });
    expect([await find('Kept'), await find('Renamed')]).toEqual([0, 1]);
  });
});

describe('a rep', () => {
  it('wins, reopens where the deal was, loses, and cannot do what the pipeline forbids', async () => {
    const sandbox = await startForTest({ preset: 'renamed-stages' });
    const id = await create(sandbox, { ...deal, pipeline: '74218011', dealstage: '146218802' });
    const play = async (action: string, more: object = {}) => {
      const answer = await sandbox.admin<{
        records?: { properties: Record<string, string> }[];
        error?: string;
      }>('POST', '/play', { action, id, ...more });
      return answer.records?.[0]?.properties ?? answer.error;
    };
    expect(await play('win')).toMatchObject({ dealstage: '146218803', hs_is_closed_won: 'true' });
    expect(await play('reopen')).toMatchObject({ dealstage: '146218802', hs_is_closed: 'false' });
    expect(await play('lose')).toMatchObject({ dealstage: '146218805', hs_is_closed_lost: 'true' });
    expect(await play('stage', { stage: 'closedwon' })).toContain('not a valid pipeline stage ID');
    expect(await play('update', { fields: { amount: 'x' } })).toContain('not a valid number');
    const page = await (await fetch(sandbox.adminUrl)).text();
    expect(page).toContain('Kept');
    expect(page).toContain('Verloren');
  });
});
