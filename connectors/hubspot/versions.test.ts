import { afterAll, describe, expect, it } from '@jest/globals';
import { startForTest, stopSandboxes } from '../../sandbox/hubspot/testing.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { hubspotAreas } from '../../src/platform/config/formats.ts';
import { silentLogger } from '../../src/platform/logging.ts';
import type { HubspotSettings } from './config.ts';
import { openHubspot } from './open.ts';
import { hubspot } from './definition.ts';
import {
  accountPath,
  apiAreas,
  associationBatchPath,
  associationLabelsPath,
  objectBatchPath,
  ownersPath,
  pathAt,
  pipelinesPath,
  propertiesPath,
  propertyGroupsPath,
  searchPath,
  tokenPath,
  webhookSettingsPath,
  webhookSubscriptionsPath,
  type ApiArea,
} from './versions.ts';

const dated: Record<ApiArea, [path: string, dated: string][]> = {
  account: [[accountPath, '/account-info/2026-03/details']],
  objects: [
    [objectBatchPath('deals', 'upsert'), '/crm/objects/2026-03/deals/batch/upsert'],
    [objectBatchPath('0-3', 'read', true), '/crm/objects/2026-03/0-3/batch/read?archived=true'],
    // A custom object may bear any name: it is no search.
    [objectBatchPath('search', 'read'), '/crm/objects/2026-03/search/batch/read'],
  ],
  search: [[searchPath('companies'), '/crm/objects/2026-03/companies/search']],
  associations: [
    [
      associationBatchPath('deals', 'companies', 'create'),
      '/crm/associations/2026-03/deals/companies/batch/create',
    ],
    [associationLabelsPath('deals', 'companies', 7), '/crm/associations/2026-03/deals/companies/labels/7'],
  ],
  properties: [
    [propertiesPath('deals', 'amount'), '/crm/properties/2026-03/deals/amount'],
    [propertyGroupsPath('deals'), '/crm/properties/2026-03/deals/groups'],
  ],
  pipelines: [[pipelinesPath('deals'), '/crm/pipelines/2026-03/deals']],
  owners: [[ownersPath(false, '9'), '/crm/owners/2026-03?limit=500&archived=false&after=9']],
  webhooks: [
    [webhookSettingsPath('1'), '/webhooks/2026-03/1/settings'],
    [webhookSubscriptionsPath('1', '2'), '/webhooks/2026-03/1/subscriptions/2'],
  ],
};

afterAll(stopSandboxes);

describe('the version of a path', () => {
  it.each(apiAreas)('is chosen for %s alone', (area) => {
    for (const other of apiAreas)
      for (const [path, expected] of dated[other]) {
        expect(pathAt(path, { [area]: '2026-03' })).toBe(other === area ? expected : path);
        expect(pathAt(path, { [other]: 'v3' })).toBe(path);
      }
  });

  it('is another matter for logins, which have their own setting', () => {
    const all = Object.fromEntries(apiAreas.map((area) => [area, '2026-03'] as const));
    expect(pathAt(tokenPath('v1'), all)).toBe('/oauth/v1/token');
  });

  it('is what HubSpot is called by', async () => {
    const sandbox = await startForTest({ rateLimit: 'off' });
    const connector = openHubspot({
      connectionId: 'test',
      settings: hubspot.settings.parse({
        ...{ baseUrl: sandbox.url, sandbox: true },
        apiVersions: { properties: '2026-03' },
      }) as HubspotSettings,
      credentials: { accessToken: sandbox.credentials.privateAppToken },
      saveCredentials: () => Promise.resolve(),
      clock: systemClock,
      log: silentLogger,
    });
    await connector.describe('deals', { deadline: Date.now() + 10_000 });
    await connector.stages({ deadline: Date.now() + 10_000 });
    await connector.close();
    const asked = Object.keys(await sandbox.admin<Record<string, unknown>>('GET', '/requests/summary'));
    expect(asked.filter((path) => /properties|pipelines/.test(path)).toSorted()).toEqual([
      expect.stringMatching(/^GET \/crm\/properties\/2026-03/),
      expect.stringMatching(/^GET \/crm\/v3\/pipelines/),
    ]);
  });

  it('must be one that HubSpot has, of an area that there is', () => {
    const parse = (apiVersions: object): boolean => hubspot.settings.safeParse({ apiVersions }).success;
    expect(parse({ objects: '2026-03', search: 'v3' })).toBe(true);
    expect(parse({ objects: '2031-03' })).toBe(false);
    expect(parse({ objekts: '2026-03' })).toBe(false);
    expect(hubspotAreas).toEqual(apiAreas);
  });
});
