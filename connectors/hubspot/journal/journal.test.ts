import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startForTest, stopSandboxes, type TestSandbox } from '../../../sandbox/hubspot/testing.ts';
import type { ChangeHint, Connector } from '../../../src/crm/connector.ts';
import type { StreamGap, StreamRefusal } from '../../../src/crm/stream.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { hubspot } from '../definition.ts';
import { startScriptedPortal, type Reply, type ScriptedPortal } from '../scripted-portal.ts';
import { hostProblem } from './fetch-file.ts';

let sandbox: TestSandbox;
const opened: Connector[] = [];
const scripted: ScriptedPortal[] = [];
beforeAll(async () => {
  sandbox = await startForTest({ rateLimit: 'off' });
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  for (const one of scripted.splice(0)) await one.close();
});
afterAll(stopSandboxes);

function connect(baseUrl = sandbox.url, credentials?: object): Connector {
  const { clientId, clientSecret, refreshToken } = sandbox.credentials;
  const connector = hubspot.open({
    connectionId: 'test',
    settings: hubspot.settings.parse({
      ...{ baseUrl, sandbox: true, notifications: 'journal', journalPollSeconds: 0.02 },
    }),
    credentials: hubspot.credentials.parse(credentials ?? { clientId, clientSecret, refreshToken }),
    saveCredentials: () => Promise.resolve(),
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
  });
  opened.push(connector);
  return connector;
}

interface Heard {
  hints: ChangeHint[];
  /** Gaps and positions in the order in which they came. */
  log: (StreamGap | { position: string })[];
  outcome: StreamRefusal | null;
}

/** Listens until `enough` of what was heard. */
async function hear(
  connector: Connector,
  position: string | null,
  enough: (heard: Heard) => boolean,
  positionAt: Date | null = position === null ? null : new Date(),
): Promise<Heard> {
  const heard: Heard = { hints: [], log: [], outcome: null };
  const stop = new AbortController();
  const look = (): void => {
    if (enough(heard)) stop.abort();
  };
  heard.outcome =
    (await connector.listen?.({
      ...{ position, positionAt, signal: stop.signal },
      store: async (hints, reached) => {
        heard.hints.push(...hints);
        heard.log.push({ position: reached });
        look();
      },
      gap: async (gap) => {
        heard.log.push(gap);
        look();
      },
    })) ?? null;
  return heard;
}

const stored = ({ log }: Heard): string[] => log.flatMap((one) => ('position' in one ? [one.position] : []));

async function createDeal(): Promise<string> {
  const properties = { dealname: 'D', dealstage: 'qualifiedtobuy' };
  return String((await sandbox.call('POST', '/crm/v3/objects/deals', { properties })).json['id']);
}

describe('the journal of a portal', () => {
  it('is asked to hold deals, and tells what became of them', async () => {
    const begun = await hear(connect(), null, (heard) => stored(heard).length === 1);
    const [start] = stored(begun);
    const id = await createDeal();
    await sandbox.call('PATCH', `/crm/v3/objects/deals/${id}`, { properties: { amount: '5' } });
    const company = String(
      (await sandbox.call('POST', '/crm/v3/objects/companies', { properties: { name: 'C' } })).json['id'],
    );
    await sandbox.call('PUT', `/crm/v4/objects/deals/${id}/associations/default/companies/${company}`);
    await sandbox.call('DELETE', `/crm/v3/objects/deals/${id}`);
    const { hints } = await hear(connect(), start ?? null, ({ hints: all }) =>
      all.some(({ change }) => change === 'deleted'),
    );
    expect(new Set(hints.map(({ crmId }) => crmId))).toEqual(new Set([id]));
    expect(hints.map(({ change }) => change)).toEqual(
      expect.arrayContaining(['created', 'updated', 'deleted']),
    );
    // The association names no field: nothing may be taken for an echo.
    expect(hints.some(({ change, fields }) => change === 'updated' && fields.length === 0)).toBe(true);
    expect(hints.some(({ fields }) => fields.includes('amount'))).toBe(true);
    expect(hints.every(({ ours }) => !ours)).toBe(true);
  });

  it('with an expired position tells of the gap before it stores another one', async () => {
    await createDeal();
    const { log } = await hear(
      connect(),
      '7e57ab1e-0000-4000-8000-000000000000',
      (heard) => stored(heard).length > 0,
    );
    expect(log[0]).toEqual({ reason: expect.stringMatching(/expired/) });
  });

  it('that was empty so long that it may have lost its beginning has a gap', async () => {
    const old = new Date(Date.now() - 72 * 3_600_000);
    const { log } = await hear(connect(), 'earliest', ({ log: all }) => all.length > 1, old);
    expect(log[0]).toEqual({ reason: expect.stringMatching(/expired/) });
  });

  it('is not there for a private app: polls stand in, and the person reads why', async () => {
    const { outcome } = await hear(connect(sandbox.url, { accessToken: 'pat' }), null, () => false);
    expect(outcome?.plain).toMatch(/private app/);
  });
});

describe('an answer of the journal', () => {
  const account = { portalId: 41, companyCurrency: 'USD' };
  const deal = { type: 'crmObject', action: 'UPDATE', portalId: 41, objectTypeId: '0-3', objectId: 7 };

  /** A portal whose journal has one entry, behind any other offset than `next`. */
  async function withFile(file: Reply | ((url: string) => string)): Promise<ScriptedPortal> {
    const portal = await startScriptedPortal(({ path }) => {
      if (path.startsWith('/account-info')) return { status: 200, json: account };
      if (path.startsWith('/webhooks-journal/subscriptions')) return { status: 200, json: { results: [] } };
      if (path.startsWith('/file')) return typeof file === 'function' ? { status: 500 } : file;
      if (path.includes('/offset/next/')) return { status: 204 };
      const url = typeof file === 'function' ? file(portal.url) : `${portal.url}/file`;
      return { status: 200, json: { url, currentOffset: 'next', expiresAt: '2026-01-01T00:00:00Z' } };
    });
    scripted.push(portal);
    return portal;
  }

  it.each([
    ['another port of this machine', (url: string) => url.replace(/\d+$/, '1')],
    ['a cloud’s metadata', () => 'http://169.254.169.254/latest/meta-data'],
    ['a name that only looks like HubSpot', () => 'https://hubapi.com.example/file'],
  ])('that points at %s is not followed', async (_what, address) => {
    const portal = await withFile(address);
    const { outcome, log } = await hear(connect(portal.url), 'before', () => false);
    expect(outcome?.plain).toMatch(/was not fetched/);
    expect(outcome?.nextStep).toMatch(/HUBSPOT_JOURNAL_FILE_HOSTS/);
    expect(log).toEqual([]);
  });

  it('that leads to a redirect is not followed', async () => {
    const portal = await withFile({ status: 302, headers: { location: '/file2' } });
    await expect(hear(connect(portal.url), 'before', () => false)).rejects.toThrow(/could not be fetched/);
    expect(portal.calls.map(({ path }) => path)).not.toContain('/file2');
  });

  it('is fetched without our token', async () => {
    const portal = await withFile({ status: 200, json: { journalEvents: [deal] } });
    const { hints } = await hear(connect(portal.url), 'before', ({ hints: all }) => all.length > 0);
    expect(hints).toEqual([expect.objectContaining({ crmId: '7', change: 'updated' })]);
    const file = portal.calls.find(({ path }) => path === '/file');
    expect(file?.authorization).toBeUndefined();
  });

  it('passes over other portals, and reports what cannot be read before it goes on', async () => {
    const events = [{ ...deal, portalId: 42, objectId: 8 }, deal, { ...deal, objectId: undefined }, 'x'];
    const portal = await withFile({ status: 200, json: { journalEvents: events } });
    const at = new Date('2026-11-01T00:00:00Z');
    const { hints, log } = await hear(connect(portal.url), 'before', (heard) => stored(heard).length > 0, at);
    expect(hints.map(({ crmId }) => crmId)).toEqual(['7']);
    expect(log).toEqual([
      { reason: '2 events of the webhooks journal could not be read', since: at },
      { position: 'next' },
    ]);
  });

  it('that is no journal file is a gap, and is not asked for ever', async () => {
    const portal = await withFile({ status: 200, text: '<html>' });
    const { log } = await hear(connect(portal.url), 'before', (heard) => stored(heard).length > 0);
    expect(log).toEqual([
      expect.objectContaining({ reason: expect.stringMatching(/a file .* could not be read/) }),
      { position: 'next' },
    ]);
  });

  it('with the news that the app was taken out is believed only when the login says so too', async () => {
    const gone = { ...deal, type: 'appLifecycle', action: 'APP_UNINSTALL' };
    const portal = await withFile({ status: 200, json: { journalEvents: [gone, { ...deal, objectId: 9 }] } });
    const asked = (): number => portal.calls.filter(({ path }) => path.startsWith('/account-info')).length;
    const { outcome } = await hear(connect(portal.url), 'before', (heard) => stored(heard).length > 0);
    expect(outcome).toBeNull();
    expect(asked()).toBeGreaterThan(0);
  });
});

it.each([
  ['https://api.hubapi.com/f', null],
  ['https://f.hubspotusercontent-na1.net/f', null],
  ['https://files.example.com/f', null],
  ['http://api.hubapi.com/f', /not an https/],
  ['https://api.hubapi.com:8443/f', /not an https/],
  ['https://user:word@api.hubapi.com/f', /password/],
  ['https://evilhubapi.com/f', /not one of HubSpot/],
  ['https://127.0.0.1/f', /not one of HubSpot/],
  ['file:///etc/passwd', /not an https/],
])('of real portals, the address %s is judged by its host', (address, problem) => {
  const hosts = { baseUrl: 'https://api.hubapi.com', sandbox: false, allowed: ['files.example.com'] };
  const found = hostProblem(address, hosts);
  if (problem === null) expect(found).toBeNull();
  else expect(found).toMatch(problem);
});
