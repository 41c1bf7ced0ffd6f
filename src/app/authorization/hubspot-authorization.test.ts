import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { hubspot } from '../../../connectors/hubspot/definition.ts';
import { oauthVersions } from '../../../connectors/hubspot/versions.ts';
import { stopSandboxes } from '../../../sandbox/hubspot/testing.ts';
import { authorizingPortal, openPortal, type TestPortal } from '../../../test/hubspot/authorizing-portal.ts';
import { authorize, followAuthorization } from '../../../test/hubspot/person.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.ts';
import { readLoginEpoch } from '../../mirror/refused-login.ts';
import { loadConnection, loadCredentials } from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import { openOnce } from './authorize-once.ts';
import { beginAuthorization, callbackUrl, finishAuthorization } from './by-console.ts';
import { connectByBrowser } from './connect-by-browser.ts';

const publicUrl = 'https://tributary.example.com';
const id = 'hubspot';
const callback = callbackUrl(publicUrl, id);
let portal: TestPortal;
let test: TestDatabase;
let app: Application;
let logged: string[];

beforeAll(async () => {
  portal = await openPortal();
});
afterAll(stopSandboxes);
beforeEach(async () => {
  test = await createTestDatabase();
  logged = [];
  const { clientId, clientSecret } = portal.login;
  app = await authorizingPortal(test.db, portal, {
    logged,
    credentials: { kind: 'unconnected', clientId, clientSecret },
  });
});
afterEach(async () => {
  await app.wiring.close();
  await test.drop();
});

const soon = () => ({ deadline: Date.now() + 10_000 });
const stored = () => loadCredentials(app.db, app.keyring, id);
const begin = async (): Promise<string> => (await beginAuthorization(app, id, publicUrl)).url;

/** The administrator decides at the page; what HubSpot sends back with them. */
async function sentBack(url: string, decision: 'grant' | 'deny' = 'grant'): Promise<Record<string, string>> {
  const location = new URL(await followAuthorization(url, decision));
  expect(`${location.origin}${location.pathname}`).toBe(callback);
  return Object.fromEntries(location.searchParams);
}

describe('letting the app into a HubSpot portal', () => {
  it('asks for the scopes that are needed, sends no secret, and stores a login that works', async () => {
    const url = await begin();
    const asked = new URL(url).searchParams;
    expect(asked.get('scope')?.split(' ')).toEqual(
      expect.arrayContaining(['oauth', 'crm.objects.deals.write', 'crm.schemas.companies.read']),
    );
    expect(asked.get('optional_scope')).toContain('crm.objects.owners.read');
    expect(`${url}`).not.toMatch(/schemas\.\w+\.write/);
    expect(url).not.toContain(portal.login.clientSecret);
    const done = await finishAuthorization(app, id, await sentBack(url));
    expect(done).toEqual({ connection: id, accountId: String(portal.credentials.portalId) });
    const credentials = hubspot.credentials.parse(await stored());
    expect(credentials).toMatchObject({ refreshToken: expect.any(String) });
    expect(await readLoginEpoch(app.db, id)).toBeGreaterThan(1);
    const { identity } = await app.wiring.open(id);
    expect(identity.accountId).toBe(done.accountId);
    const secrets = [
      portal.login.clientSecret,
      'refreshToken' in credentials ? credentials.refreshToken : '',
    ];
    for (const secret of secrets) expect(logged.join('')).not.toContain(secret);
  });

  it.each(oauthVersions)(
    'works through the token endpoints of %s, which name the portal',
    async (version) => {
      await app.db.query('UPDATE connections SET settings = settings || $1::jsonb', [
        { oauthVersion: version },
      ]);
      await portal.forget();
      await finishAuthorization(app, id, await sentBack(await begin()));
      await app.wiring.open(id);
      const paths = Object.keys(await portal.calls()).filter((call) => call.includes('/oauth/'));
      expect(paths).toContain(`POST /oauth/${version}/token`);
      expect(paths.filter((call) => !call.includes(`/oauth/${version}/`))).toEqual([
        'GET /oauth/authorize',
        'POST /oauth/authorize',
      ]);
    },
  );

  it('takes a state of ours once, and no other', async () => {
    const back = await sentBack(await begin());
    const before = await stored();
    await expect(finishAuthorization(app, id, { ...back, state: 'guessed' })).rejects.toThrow('not ours');
    expect(await stored()).toEqual(before);
    await finishAuthorization(app, id, back);
    await expect(finishAuthorization(app, id, back)).rejects.toThrow('used already');
  });

  it('comes to nothing with an address of return that is not exactly the one asked with', async () => {
    const target = await sentBack(await begin());
    const flow = hubspot.authorization;
    const settings = hubspot.settings.parse({ baseUrl: portal.url, sandbox: true });
    const { clientId, clientSecret } = portal.login;
    const answer = {
      app: { clientId, clientSecret },
      code: target['code'] ?? '',
      verifier: '',
      lasting: true,
    };
    await expect(
      flow?.redeem(settings, { ...answer, redirectUri: `${callback}/` }, soon()),
    ).rejects.toMatchObject({
      kind: 'auth-expired',
      details: { nextStep: expect.stringContaining('exactly') },
    });
  });

  it('that is declined says so and changes nothing', async () => {
    const before = await stored();
    const back = await sentBack(await begin(), 'deny');
    await expect(finishAuthorization(app, id, back)).rejects.toThrow(
      /Access was declined.*Nothing was changed/,
    );
    expect(await stored()).toEqual(before);
  });

  it('into another portal than the pinned one changes nothing, and its token is ended', async () => {
    await app.db.query("UPDATE connections SET pinned_account_id = '4711'");
    const [before, row] = [await stored(), await loadConnection(app.db, id)];
    const back = await sentBack(await begin());
    await portal.forget();
    await expect(finishAuthorization(app, id, back)).rejects.toThrow(
      `You logged in to the account ${portal.credentials.portalId}, but the connection "HubSpot (local sandbox)" belongs to 4711. Nothing was changed.`,
    );
    expect(await stored()).toEqual(before);
    expect(await loadConnection(app.db, id)).toEqual(row);
    expect((await portal.calls())['POST /oauth/v3/token/revoke']).toBe(1);
  });

  it('is not for the token of a private app, and says what to do instead', async () => {
    const { privateAppToken } = portal.credentials;
    await authorizingPortal(test.db, portal, {
      keyring: app.keyring,
      credentials: { accessToken: privateAppToken },
    });
    await expect(begin()).rejects.toThrow(
      /nobody logs in with\. Put another token into HUBSPOT_PRIVATE_APP_TOKEN/,
    );
  });

  it('needs the client secret before anybody is sent to HubSpot', async () => {
    const { clientId } = portal.login;
    await authorizingPortal(test.db, portal, {
      keyring: app.keyring,
      credentials: { kind: 'unconnected', clientId },
    });
    await expect(begin()).rejects.toThrow('the client secret of the HubSpot app is not known');
  });
});

describe('connecting HubSpot from the command line', () => {
  it('comes back to a port of this machine', async () => {
    let page = Promise.resolve('');
    const connected = await connectByBrowser(
      app,
      id,
      {},
      { callbackPort: 0, timeoutMs: 20_000, show: (url) => void (page = authorize(url)) },
    );
    expect(connected.accountId).toBe(String(portal.credentials.portalId));
    expect(await page).toContain('You can close this window');
    expect(await stored()).toMatchObject({ refreshToken: expect.any(String) });
  });

  it('for one errand stores nothing, may create properties, and ends its own token only', async () => {
    await finishAuthorization(app, id, await sentBack(await begin()));
    const before = await stored();
    await portal.forget();
    let asked = '';
    const show = (url: string): void => {
      asked = url;
      void authorize(url);
    };
    const opened = await openOnce(app, id, { login: { callbackPort: 0, timeoutMs: 20_000, show } });
    expect(asked).toContain('crm.schemas.deals.write');
    await opened.close();
    await expect(opened.connector.identify(soon())).rejects.toMatchObject({ kind: 'auth-expired' });
    expect(await stored()).toEqual(before);
    expect((await portal.calls())['POST /oauth/v3/token/revoke']).toBe(1);
    await expect(app.wiring.open(id)).resolves.toMatchObject({ id });
  });
});
