import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startForTest, stopSandboxes, type TestSandbox } from '../../sandbox/hubspot/testing.ts';
import type { Needs } from '../../src/crm/provisioning.ts';
import { loadMapping } from '../../src/mapping/load.ts';
import { needsOf } from '../../src/mapping/needs.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createAccessTokens } from './auth.ts';
import { createCaller } from './call.ts';
import { checkLogin } from './check-login.ts';
import { createHubspotClient } from './client.ts';
import { HubspotSettings, type HubspotCredentials } from './config.ts';
import { scopeReader } from './granted-scopes.ts';
import { createCallLimits } from './limits.ts';
import { inspectScopes } from './scopes.ts';
import { oauthVersions, type OauthVersion } from './versions.ts';

const mapping = fileURLToPath(new URL('../../mappings/hubspot/mapping.yaml', import.meta.url));
const enough = [
  'oauth',
  ...['deals', 'companies', 'contacts'].flatMap((name) => [
    `crm.objects.${name}.read`,
    `crm.objects.${name}.write`,
  ]),
];
let needs: Needs;
let full: TestSandbox;
let poor: TestSandbox;
const closing: (() => void)[] = [];

beforeAll(async () => {
  needs = needsOf(await loadMapping(mapping, 'hubspot'));
  full = await startForTest({ rateLimit: 'off', scopes: enough });
  poor = await startForTest({
    rateLimit: 'off',
    scopes: enough.filter((scope) => scope !== 'crm.objects.deals.write' && !scope.includes('contacts')),
  });
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
afterAll(stopSandboxes);

const soon = () => ({ deadline: Date.now() + 10_000 });

function callerOf(portal: TestSandbox, credentials: HubspotCredentials, oauthVersion: OauthVersion = 'v3') {
  const settings = HubspotSettings.parse({ baseUrl: portal.url, sandbox: true, oauthVersion });
  const client = createHubspotClient(portal.url);
  closing.push(() => client.close());
  const context = {
    connectionId: 'test',
    settings,
    credentials,
    saveCredentials: () => Promise.resolve(),
    clock: systemClock,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  };
  const tokens = createAccessTokens(client, context);
  const limits = createCallLimits(undefined, settings, credentials);
  return createCaller({ client, tokens, limits, scopes: scopeReader(client, context, tokens) });
}

function waysIn({ credentials }: TestSandbox): [string, HubspotCredentials, OauthVersion][] {
  const { clientId, clientSecret, refreshToken, privateAppToken, serviceKey } = credentials;
  const oauth = { clientId, clientSecret, refreshToken };
  return [
    ...oauthVersions.map((version): [string, HubspotCredentials, OauthVersion] => [
      `OAuth ${version}`,
      oauth,
      version,
    ]),
    ['a private app', { accessToken: privateAppToken, clientSecret }, 'v3'],
    ['a service key', { accessToken: serviceKey }, 'v3'],
  ];
}

describe('the scopes of a token', () => {
  it('are enough when they cover what the mapping needs, however one logs in', async () => {
    for (const [, credentials, version] of waysIn(full)) {
      const found = await inspectScopes(callerOf(full, credentials, version), needs, soon());
      expect(found).toMatchObject([{ check: 'scopes', ok: true, nextStep: null }]);
    }
  });

  it('are named one by one when they are missing, with what fails without them', async () => {
    for (const [way, credentials, version] of waysIn(poor)) {
      const found = await inspectScopes(callerOf(poor, credentials, version), needs, soon());
      expect([way, found.map(({ check }) => check)]).toEqual([
        way,
        [
          'scope crm.objects.deals.write',
          'scope crm.objects.contacts.read',
          'scope crm.objects.contacts.write',
          'scope crm.schemas.contacts.read',
        ],
      ]);
      expect(found[0]).toMatchObject({
        ok: false,
        found: expect.stringContaining('no partner deal arrives in HubSpot'),
        nextStep: expect.stringContaining('crm.objects.deals.write'),
      });
    }
  });

  it('are asked for by what the mapping has switched on', async () => {
    const sections = { ...needs.sections, owner: { rule: 'x' }, lineItems: { mode: 'read', write: true } };
    const { privateAppToken } = full.credentials;
    const call = callerOf(full, { accessToken: privateAppToken });
    const found = await inspectScopes(call, { ...needs, sections }, soon());
    expect(found.map(({ check }) => check)).toEqual([
      'scope crm.objects.owners.read',
      'scope crm.objects.line_items.read',
      'scope crm.objects.line_items.write',
    ]);
  });

  it('are still told when the token was revoked meanwhile', async () => {
    const { clientId, clientSecret, refreshToken } = full.credentials;
    const call = callerOf(full, { clientId, clientSecret, refreshToken });
    await inspectScopes(call, needs, soon());
    await full.admin('POST', '/revoke-tokens');
    expect(await inspectScopes(call, needs, soon())).toMatchObject([{ ok: true, check: 'scopes' }]);
    expect(await call.grantedScopes(soon())).toEqual(enough);
  });
});

describe('looking whether a login works', () => {
  it('costs one small call, and none while other calls go through', async () => {
    const call = callerOf(full, { accessToken: full.credentials.privateAppToken });
    await full.admin('DELETE', '/requests');
    await checkLogin(call, soon());
    await checkLogin(call, soon());
    const summary = await full.admin<Record<string, { calls: number }>>('GET', '/requests/summary');
    expect(summary).toMatchObject({ 'GET /account-info/v3/details': { calls: 1 } });
    expect(Object.keys(summary)).toHaveLength(1);
  });

  it('finds that the app was uninstalled although a token was at hand', async () => {
    const gone = await startForTest({ rateLimit: 'off' });
    const { clientId, clientSecret, refreshToken } = gone.credentials;
    const call = callerOf(gone, { clientId, clientSecret, refreshToken });
    await checkLogin(call, soon());
    await gone.admin('POST', '/uninstall');
    await expect(checkLogin(call, soon(), 0)).rejects.toMatchObject({ kind: 'auth-expired' });
  });

  it('understands both bodies that a refused refresh token was seen with, in every version', async () => {
    for (const badRefreshBody of ['status', 'oauth'] as const) {
      const portal = await startForTest({ rateLimit: 'off', badRefreshBody });
      const { clientId, clientSecret } = portal.credentials;
      for (const version of oauthVersions) {
        const call = callerOf(portal, { clientId, clientSecret, refreshToken: 'na1-revoked' }, version);
        await expect(checkLogin(call, soon())).rejects.toMatchObject({
          kind: 'auth-expired',
          details: { plain: expect.stringContaining('no longer accepts the refresh token') },
        });
      }
    }
  });
});
