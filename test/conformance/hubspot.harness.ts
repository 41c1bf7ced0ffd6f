import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hubspot } from '../../connectors/hubspot/definition.ts';
import { apiAreas, type ApiVersion } from '../../connectors/hubspot/versions.ts';
import { startHubspotSandbox, type HubspotSandbox } from '../../sandbox/hubspot/start.ts';
import type { ChangeHint, Connector } from '../../src/crm/connector.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { until } from '../salesforce/open-org.ts';
import { waitSeconds, type CrmUnderTest, type Trouble } from './crm-under-test.ts';

const writes = { path: '/batch/(upsert|update|create)' };
const logins = { path: '^/oauth/' };
const badRefresh = { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' };

const faults: Readonly<Record<Exclude<Trouble, 'session-ended'>, { match: object; fault: object }>> = {
  'lost-answer': { match: writes, fault: { kind: 'reset', at: 'after-commit' } },
  silence: { match: writes, fault: { kind: 'hang', at: 'after-commit', ms: 60_000 } },
  throttled: { match: writes, fault: { kind: 'status', status: 429, retryAfter: waitSeconds } },
  down: { match: writes, fault: { kind: 'status', status: 503, html: true } },
  'login-refused': { match: logins, fault: { kind: 'status', status: 400, body: badRefresh } },
  'refused-for-good': { match: { path: '^/crm/' }, fault: { kind: 'status', status: 401 } },
};

/** @param version of the API: the paths of HubSpot's own client, or the dated ones for everything that has them */
export async function openHubspotCrm(version: ApiVersion = 'v3'): Promise<CrmUnderTest> {
  const sandbox = await startHubspotSandbox({ port: 0, rateLimit: 'off', searchLagMs: 0 });
  const connector = connectTo(sandbox, version);
  const admin = adminOf(sandbox);
  const record = async (object: string, id: string): Promise<Shown> =>
    (await admin('GET', `/records/${object}/${id}`)) as Shown;
  const play = async (...plays: object[]): Promise<void> => void (await admin('POST', '/play', plays));
  const kind = (object: string, keyField: string, text: string, more = {}): CrmUnderTest['deals'] => ({
    ...{ object, keyField, text },
    fields: (name) => ({ [text]: name, ...more }),
  });
  return {
    capabilities: hubspot.capabilities,
    connector,
    deals: kind('deals', 'tributary_deal_id', 'dealname', {
      pipeline: 'default',
      dealstage: 'appointmentscheduled',
    }),
    accounts: kind('companies', 'tributary_account_key', 'name'),
    contacts: { ...kind('contacts', 'email', 'firstname'), key: (name) => `${name}@conformance.example` },
    refused: { amount: 'twelve' },
    pollPage: 200,
    unknownId: '1',
    dealsMerge: true,
    refusedForGood: 'auth-expired',
    async trouble(what) {
      if (what === 'session-ended' || what === 'login-refused') await admin('POST', '/revoke-tokens', {});
      if (what !== 'session-ended') await admin('POST', '/faults', { rules: [faults[what]] });
    },
    calm: async () => void (await admin('DELETE', '/faults')),
    count: async (object) => ((await admin('GET', '/counts')) as Record<string, number>)[object] ?? 0,
    held: async (object, id, field) => (await record(object, id)).properties[field],
    async calls() {
      const summary = (await admin('GET', '/requests/summary')) as Record<string, { calls: number }>;
      const sum = (isLogin: boolean): number =>
        Object.entries(summary)
          .filter(([path]) => path.includes('/oauth/') === isLogin)
          .reduce((all, [, { calls }]) => all + calls, 0);
      return { api: sum(false), logins: sum(true) };
    },
    forget: async () => void (await admin('DELETE', '/requests')),
    seed: async (object, records) =>
      ((await admin('POST', '/seed', { object, records })) as { ids: string[] }).ids,
    rep: {
      edit: (object, id, fields) => play({ action: 'update', object, id, fields }),
      win: (id) => play({ action: 'win', id }),
      reopen: (id) => play({ action: 'reopen', id }),
      remove: (object, id) => play({ action: 'delete', object, id }),
      merge: (object, id, into) => play({ action: 'merge', object, id, into }),
    },
    hangingOn: async (dealId) =>
      Object.values((await record('deals', dealId)).associations)
        .flat()
        .flatMap(({ id, typeIds }) => typeIds.map(() => id))
        .toSorted(),
    hear: (happens) => hear(sandbox, admin, happens),
    async close() {
      await connector.close();
      await sandbox.close();
    },
  };
}

interface Shown {
  properties: Record<string, unknown>;
  associations: Record<string, { id: string; typeIds: number[] }[]>;
}

type Admin = (method: string, path: string, body?: unknown) => Promise<unknown>;

function connectTo(sandbox: HubspotSandbox, version: ApiVersion): Connector {
  const apiVersions = Object.fromEntries(apiAreas.map((area) => [area, version]));
  const { clientId, clientSecret, refreshToken, appId } = sandbox.credentials;
  return hubspot.open({
    connectionId: 'conformance',
    settings: hubspot.settings.parse({
      baseUrl: sandbox.url,
      sandbox: true,
      appId: String(appId),
      apiVersions,
    }),
    credentials: { clientId, clientSecret, refreshToken },
    saveCredentials: () => Promise.resolve(),
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {} },
  });
}

function adminOf(sandbox: HubspotSandbox): Admin {
  return async (method, path, body) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await fetch(sandbox.adminUrl + path, init);
    const json: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(json)}`);
    return json;
  };
}

/** By webhooks, of which only genuine ones count. */
async function hear(
  { credentials }: HubspotSandbox,
  admin: Admin,
  happens: () => Promise<string[]>,
): Promise<readonly ChangeHint[]> {
  const hints: ChangeHint[] = [];
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const rawBody = Buffer.concat(chunks);
      const url = `http://${request.headers.host ?? ''}${request.url ?? ''}`;
      const headers = request.headers as Record<string, string | undefined>;
      const asked = { method: request.method ?? '', url, headers, rawBody };
      if (hubspot.webhook?.refuse(asked, [credentials.clientSecret], new Date()) === null)
        hints.push(...hubspot.webhook.parse(rawBody, String(credentials.appId)).hints);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const targetUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
  await admin('POST', '/webhooks', {
    targetUrl,
    subscriptions: ['deal.deletion', 'deal.propertyChange:dealname'],
  });
  const ids = await happens();
  await until(
    () => ids.filter((id) => !hints.some(({ crmId }) => crmId === id)),
    (missing) => missing.length === 0,
  );
  await admin('POST', '/webhooks', { targetUrl: '' });
  await new Promise((resolve) => receiver.close(resolve));
  return hints;
}
