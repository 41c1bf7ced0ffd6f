import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Connection } from 'jsforce';
import { deal, openOrg, type OpenOrg, type RawAnswer } from '../../test/sandbox/salesforce-org.ts';
import type { SalesforceSandbox } from './start.ts';

const orgs: OpenOrg[] = [];
afterEach(async () => {
  await Promise.all(orgs.splice(0).map((org) => org.close()));
});

async function open(options: Parameters<typeof openOrg>[0] = {}): Promise<OpenOrg> {
  const org = await openOrg(options);
  orgs.push(org);
  return org;
}

const UPSERT = '/services/data/v62.0/composite/sobjects/Opportunity/Tributary_Deal_Id__c';
const fault = (rule: unknown) => ({ rules: [rule] });

function upsert(org: OpenOrg, key: string): Promise<RawAnswer> {
  return org.raw('PATCH', UPSERT, { body: { records: [deal(key)] } });
}

async function counts(org: OpenOrg): Promise<number> {
  return Number((await org.admin('GET', '/counts'))['Opportunity']);
}

describe('faults', () => {
  it('reset after commit: the write is there, no answer came', async () => {
    const org = await open();
    await org.admin(
      'POST',
      '/faults',
      fault({ when: { nth: 1 }, match: { method: 'PATCH' }, fault: { kind: 'reset', at: 'after-commit' } }),
    );
    await expect(upsert(org, 'after')).rejects.toThrow();
    expect(await org.admin('GET', '/writes')).toMatchObject([
      { op: 'create', fields: { Tributary_Deal_Id__c: 'after' } },
    ]);
    expect(
      (await org.admin('GET', '/requests/summary'))['PATCH /composite/sobjects/Opportunity/{extField}'],
    ).toEqual({
      calls: 1,
      records: 1,
      byStatus: { reset: 1 },
    });
    expect((await upsert(org, 'after')).body).toMatchObject([{ success: true, created: false }]);
  });

  it('reset before commit: nothing was written', async () => {
    const org = await open();
    await org.admin(
      'POST',
      '/faults',
      fault({ when: { nth: 1 }, match: { method: 'PATCH' }, fault: { kind: 'reset', at: 'before-commit' } }),
    );
    await expect(upsert(org, 'before')).rejects.toThrow();
    expect(await counts(org)).toBe(0);
  });

  it('status: the vendor’s code and Retry-After, or a gateway’s HTML', async () => {
    const org = await open();
    await org.token();
    await org.admin('POST', '/faults', {
      rules: [
        {
          match: { path: '/data/' },
          when: { nth: 1 },
          fault: { kind: 'status', status: 503, retryAfter: 7 },
        },
        { match: { path: '/data/' }, when: { nth: 1 }, fault: { kind: 'status', status: 502, html: true } },
      ],
    });
    const limits = '/services/data/v62.0/limits';
    const first = await org.raw('GET', limits);
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '7']);
    expect(first.body).toMatchObject([{ errorCode: 'SERVER_UNAVAILABLE' }]);
    const token = await org.token();
    const second = await fetch(org.sandbox.url + limits, { headers: { authorization: `Bearer ${token}` } });
    expect([second.status, second.headers.get('content-type')]).toEqual([502, 'text/html;charset=UTF-8']);
  });

  it('partial: some items fail in the vendor’s per-item shape, the others are stored', async () => {
    const org = await open({ seed: 5 });
    await org.admin(
      'POST',
      '/faults',
      fault({ fault: { kind: 'partial', code: 'UNABLE_TO_LOCK_ROW', probability: 0.5 } }),
    );
    const records = Array.from({ length: 100 }, (_one, index) => deal(`p${index}`));
    const { body } = await org.raw('PATCH', UPSERT, { body: { records } });
    const failed = (body as { success: boolean; errors: { statusCode: string }[] }[]).filter(
      (item) => !item.success,
    );
    expect(failed.length).toBeGreaterThan(20);
    expect(failed.length).toBeLessThan(80);
    expect(new Set(failed.map((item) => item.errors[0]?.statusCode))).toEqual(
      new Set(['UNABLE_TO_LOCK_ROW']),
    );
    expect(await counts(org)).toBe(100 - failed.length);
  });

  it('revoke-token: the token is dead, a new one works', async () => {
    const org = await open();
    const { clientId, clientSecret, loginUrl, refreshToken } = org.sandbox.credentials;
    const connection = new Connection({
      instanceUrl: org.sandbox.url,
      accessToken: await org.token(),
      refreshToken,
      oauth2: { clientId, clientSecret, loginUrl },
      version: '62.0',
    });
    await org.admin(
      'POST',
      '/faults',
      fault({ when: { nth: 1 }, match: { path: '/query' }, fault: { kind: 'revoke-token' } }),
    );
    expect((await connection.query('SELECT Id FROM User')).totalSize).toBe(2);
    const summary = await org.admin('GET', '/requests/summary');
    expect(summary['GET /query']).toMatchObject({ byStatus: { '200': 1, '401': 1 } });
  });

  it('storm: the same seed gives the same weather', async () => {
    const runs: string[] = [];
    for (const seed of [3, 3, 4]) {
      const org = await open();
      await org.token();
      await org.raw('GET', '/services/data/v62.0/limits');
      await org.admin('POST', '/faults/preset/storm', { seed });
      const seen: string[] = [];
      for (let run = 0; run < 60; run += 1) {
        const answer = await org.raw('GET', '/services/data/v62.0/limits').catch(() => undefined);
        seen.push(String(answer?.status ?? 'no JSON'));
      }
      runs.push(seen.join());
    }
    expect(runs[0]).toBe(runs[1]);
    expect(runs[0]).not.toBe(runs[2]);
    expect(runs[0]).toContain('403');
  });

  it('latency and hang keep the client waiting', async () => {
    const org = await open();
    await org.admin('POST', '/latency', { ms: 60 });
    const started = performance.now();
    await org.raw('GET', '/services/data/v62.0/limits');
    expect(performance.now() - started).toBeGreaterThan(55);
    await org.admin(
      'POST',
      '/faults',
      fault({ match: { path: 'composite' }, fault: { kind: 'hang', at: 'after-commit', ms: 30 } }),
    );
    await expect(upsert(org, 'hang')).rejects.toThrow();
    expect(await counts(org)).toBe(1);
  });
});

describe('plays', () => {
  it('win, reopen, lose and change an opportunity as a rep would', async () => {
    const org = await open({ preset: 'renamed-stages' });
    const record = deal('play', { StageName: 'Angebot' });
    const { ids } = (await org.admin('POST', '/seed', { object: 'Opportunity', records: [record] })) as {
      ids: string[];
    };
    const id = ids[0] ?? '';
    const play = async (action: string, more: object = {}) => {
      const { records } = (await org.admin('POST', '/play', { action, id, ...more })) as {
        records: Record<string, unknown>[];
      };
      return records[0]?.['StageName'];
    };
    expect(await play('win')).toBe('Gewonnen');
    expect(await play('reopen')).toBe('Angebot');
    expect(await play('lose')).toBe('Verloren');
    expect(await play('stage', { stage: 'Verhandlung' })).toBe('Verhandlung');
    await play('update', { fields: { Amount: 77 } });
    expect(await org.admin('GET', `/records/Opportunity/${id}`)).toMatchObject({ Amount: 77, Id: id });
    expect((await org.admin('POST', '/play', { action: 'stage', id, stage: 'Nope' }))['error']).toContain(
      'INVALID_OR_NULL',
    );
    expect((await org.admin('POST', '/play', { action: 'win', id: '0065g0000zzzzzz' }))['error']).toContain(
      'no Opportunity',
    );
    const origins = (await org.admin('GET', '/writes')) as unknown as { origin: string; op: string }[];
    expect(origins.map((write) => write.origin)).toEqual(['seed', 'rep', 'rep', 'rep', 'rep', 'rep']);
  });

  it('show on the page', async () => {
    const org = await open();
    await org.admin('POST', '/seed', {
      object: 'Opportunity',
      records: [deal('page', { Tributary_Partner__c: 'Partner <GmbH>', Amount: 5 })],
    });
    const page = await (await fetch(`${org.sandbox.adminUrl}/`)).text();
    expect(page).toContain('Partner &lt;GmbH&gt;');
    expect(page).toContain('5 USD');
  });
});

describe('a data directory', () => {
  it('brings back rows, history, writes, events, tokens and credentials', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'salesforce-'));
    const first = await openOrg({ dataDir });
    const connection = await first.connect();
    const token = connection.accessToken ?? '';
    const [created] = [
      await connection
        .sobject('Opportunity')
        .upsert([deal('kept', { Amount: 1 })] as never, 'Tributary_Deal_Id__c'),
    ].flat();
    const id = created?.id as string;
    await connection.sobject('Opportunity').update({ Id: id, Amount: 2, StageName: 'Closed Won' });
    const before = [
      await first.admin('GET', '/writes'),
      await first.admin('GET', `/records/Opportunity/${id}`),
    ];
    await first.close();

    const second = await open({ dataDir });
    expect([
      await second.admin('GET', '/writes'),
      await second.admin('GET', `/records/Opportunity/${id}`),
    ]).toEqual(before);
    expect(second.sandbox.credentials.clientSecret).toBe(first.sandbox.credentials.clientSecret);
    const old = new Connection({ instanceUrl: second.sandbox.url, accessToken: token, version: '62.0' });
    const history = await old.query(
      `SELECT StageName FROM OpportunityHistory WHERE OpportunityId = '${id}' ORDER BY CreatedDate`,
    );
    expect(history.records).toMatchObject([{ StageName: 'Prospecting' }, { StageName: 'Closed Won' }]);
    const next = await old
      .sobject('Opportunity')
      .upsert([deal('kept', { Amount: 3 }), deal('new')] as never, 'Tributary_Deal_Id__c');
    expect([next].flat()).toMatchObject([{ id, created: false }, { created: true }]);
  });

  it('holds what was answered, even when the process is killed', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'salesforce-'));
    const child = await startInChild(dataDir);
    const { url, credentials } = child.sandbox;
    const form = {
      grant_type: 'client_credentials',
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
    };
    const answer = await fetch(`${url}/services/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    const { access_token: accessToken } = (await answer.json()) as { access_token: string };
    const connection = new Connection({ instanceUrl: url, accessToken, version: '62.0' });
    await connection.sobject('Opportunity').upsert([deal('k1'), deal('k2')] as never, 'Tributary_Deal_Id__c');
    await child.kill();
    const again = await open({ dataDir });
    expect(await counts(again)).toBe(2);
  });

  it('is refused when it belongs to another preset', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'salesforce-'));
    await (await openOrg({ dataDir })).close();
    await expect(openOrg({ dataDir, preset: 'fresh' })).rejects.toThrow('belongs to preset "default"');
  });
});

async function startInChild(dataDir: string): Promise<{ sandbox: SalesforceSandbox; kill(): Promise<void> }> {
  const script = `
    import { startSalesforceSandbox } from ${JSON.stringify(join(import.meta.dirname, 'start.ts'))};
    const { close, ...started } = await startSalesforceSandbox({ port: 0, dataDir: ${JSON.stringify(dataDir)} });
    console.log(JSON.stringify(started));
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.includes('\n')) break;
  }
  return {
    sandbox: JSON.parse(output) as SalesforceSandbox,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
