import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { systemClock } from '../../src/platform/clock.ts';
import { openOrg, within, type TestOrg } from '../../test/salesforce/open-org.ts';
import { checkLogin } from './check-login.ts';
import { openClient, type SalesforceClient } from './client.ts';
import { Settings } from './settings.ts';

let org: TestOrg;
let client: SalesforceClient;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());
beforeEach(async () => {
  await org.forget();
  client = openClient({
    connectionId: 'test',
    settings: Settings.parse({ loginUrl: org.sandbox.url, sandbox: true }),
    credentials: org.refresh,
    saveCredentials: () => Promise.resolve(),
    clock: systemClock,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  });
});

it('costs one small call, and none while other calls go through', async () => {
  await checkLogin(client, within());
  await checkLogin(client, within());
  expect(await org.calls()).toEqual({
    'POST /services/oauth2/token': 1,
    'GET /services/data/{version}': 1,
  });
});

it('finds that the login was revoked although a session was open', async () => {
  await checkLogin(client, within());
  await org.admin('POST', '/revoke-refresh-tokens');
  await expect(checkLogin(client, within(), 0)).rejects.toMatchObject({
    kind: 'auth-expired',
    details: { vendorCode: 'invalid_grant' },
  });
});
