import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { salesforce } from '../../../connectors/salesforce/definition.ts';
import { authorizingApp, crmsOf } from '../../../test/salesforce/authorizing-app.ts';
import { openOrg, within, type TestOrg } from '../../../test/salesforce/open-org.ts';
import { followLogin, logIn, type Decision } from '../../../test/salesforce/person.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.ts';
import { manualClock } from '../../platform/clock.ts';
import { readLoginEpoch } from '../../mirror/refused-login.ts';
import { registerCallback } from '../connect-crms.ts';
import { loadConnection, loadCredentials } from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import { openOnce } from './authorize-once.ts';
import { beginAuthorization, callbackUrl, finishAuthorization } from './by-console.ts';
import { connectByBrowser } from './connect-by-browser.ts';

const publicUrl = 'https://tributary.example.com';
const callback = callbackUrl(publicUrl, 'salesforce');
let org: TestOrg;
let test: TestDatabase;
let clock: ReturnType<typeof manualClock>;
let app: Application;
let person: Decision;
const logged: string[] = [];

beforeAll(async () => {
  org = await openOrg();
  const { username, password } = org.sandbox.credentials;
  person = { username, password };
  await registerCallback(crmsOf(org), callback);
});
afterAll(() => org.close());
beforeEach(async () => {
  test = await createTestDatabase();
  clock = manualClock(new Date());
  app = await authorizingApp(test.db, org, { clock, logged });
});
afterEach(() => test.drop());

function stored(): Promise<unknown> {
  return loadCredentials(app.db, app.keyring, 'salesforce');
}

/** The person logs in at the address; what the vendor sends back with them. */
async function sentBack(url: string, decision: Decision = person): Promise<Record<string, string>> {
  const location = new URL(await followLogin(url, decision));
  expect(`${location.origin}${location.pathname}`).toBe(callback);
  return Object.fromEntries(location.searchParams);
}

describe('a login through the page', () => {
  it('sends a challenge and no secret, and stores a login that works', async () => {
    const { url } = await beginAuthorization(app, 'salesforce', publicUrl);
    const asked = new URL(url);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: callback,
    });
    expect(url).not.toContain(org.sandbox.credentials.clientSecret);
    const done = await finishAuthorization(app, 'salesforce', await sentBack(url));
    expect(done).toEqual({
      connection: 'salesforce',
      accountId: org.sandbox.credentials.organizationId,
    });
    const credentials = salesforce.credentials.parse(await stored());
    expect(credentials).toMatchObject({ kind: 'refresh' });
    await expect(org.connect({ credentials }).identify(within())).resolves.toMatchObject({
      accountId: done.accountId,
    });
    expect(await readLoginEpoch(app.db, 'salesforce')).toBeGreaterThan(1);
  });

  it('keeps the verifier sealed, and puts neither it nor a token in the log', async () => {
    const { url } = await beginAuthorization(app, 'salesforce', publicUrl);
    const [row] = await app.db.query<{ ciphertext: Buffer; digest: string; text: string }>(
      "SELECT ciphertext, encode(state_digest, 'hex') AS digest, a::text AS text FROM authorizations a",
    );
    const state = new URL(url).searchParams.get('state') ?? '';
    expect(row?.text).not.toContain(state.split('.')[1]);
    expect(row?.ciphertext.toString('latin1')).not.toContain('verifier');
    const back = await sentBack(url);
    await finishAuthorization(app, 'salesforce', back);
    const { refreshToken } = (await stored()) as { refreshToken: string };
    for (const secret of [refreshToken, back['code'] ?? '', state])
      expect(logged.join('')).not.toContain(secret);
  });

  it('serves once, also when the first try failed', async () => {
    const { url } = await beginAuthorization(app, 'salesforce', publicUrl);
    const back = await sentBack(url);
    await finishAuthorization(app, 'salesforce', back);
    await expect(finishAuthorization(app, 'salesforce', back)).rejects.toThrow('used already');

    const second = await sentBack((await beginAuthorization(app, 'salesforce', publicUrl)).url);
    await expect(
      finishAuthorization(app, 'salesforce', { ...second, code: 'aPrx-not-the-code' }),
    ).rejects.toThrow('invalid authorization code');
    await expect(finishAuthorization(app, 'salesforce', second)).rejects.toThrow('used already');
  });

  it('is over after ten minutes', async () => {
    const back = await sentBack((await beginAuthorization(app, 'salesforce', publicUrl)).url);
    const before = await stored();
    clock.advance(10 * 60_000);
    await expect(finishAuthorization(app, 'salesforce', back)).rejects.toThrow('older than ten minutes');
    expect(await stored()).toEqual(before);
  });

  it.each([
    ['another secret', (state: string) => `${state.split('.')[0] ?? ''}.${'A'.repeat(43)}`],
    ['no state', () => ''],
    ['a state of nobody', () => `00000000-0000-4000-8000-000000000000.${'A'.repeat(43)}`],
  ])('is not taken with %s', async (_how, forge) => {
    const back = await sentBack((await beginAuthorization(app, 'salesforce', publicUrl)).url);
    const before = await stored();
    await expect(
      finishAuthorization(app, 'salesforce', { ...back, state: forge(back['state'] ?? '') }),
    ).rejects.toThrow('not ours');
    expect(await stored()).toEqual(before);
  });

  it('that is declined says so in plain words and changes nothing', async () => {
    const before = await stored();
    const back = await sentBack((await beginAuthorization(app, 'salesforce', publicUrl)).url, 'declines');
    expect(back).toMatchObject({ error: 'access_denied' });
    await expect(finishAuthorization(app, 'salesforce', back)).rejects.toThrow(
      /Access was declined, by the person .* Nothing was changed/,
    );
    expect(await stored()).toEqual(before);
  });

  it('to another org than the one of before changes nothing, and is ended there', async () => {
    await app.db.query("UPDATE connections SET pinned_account_id = '00D000000000009EAA'");
    const [before, row] = [await stored(), await loadConnection(app.db, 'salesforce')];
    const back = await sentBack((await beginAuthorization(app, 'salesforce', publicUrl)).url);
    await org.forget();
    await expect(finishAuthorization(app, 'salesforce', back)).rejects.toThrow(
      `You logged in to the account ${org.sandbox.credentials.organizationId}, but the connection "Salesforce (local sandbox)" belongs to 00D000000000009EAA. Nothing was changed.`,
    );
    expect(await stored()).toEqual(before);
    expect(await loadConnection(app.db, 'salesforce')).toEqual(row);
    expect((await org.calls())['POST /services/oauth2/revoke']).toBe(1);
  });
});

describe('a login from the command line', () => {
  const register = async (redirectUri: string): Promise<void> => registerCallback(crmsOf(org), redirectUri);

  it('comes back to a port of this machine, and a stranger there is not heard', async () => {
    let strange = 0;
    let page = '';
    const connected = await connectByBrowser(
      app,
      'salesforce',
      {},
      {
        callbackPort: 0,
        timeoutMs: 20_000,
        show: (url, redirectUri) =>
          void (async () => {
            await register(redirectUri);
            strange = (await fetch(`${redirectUri}?state=guessed&code=stolen`)).status;
            page = (await logIn(url, person)).page;
          })(),
      },
    );
    expect(connected.accountId).toBe(org.sandbox.credentials.organizationId);
    expect(strange).toBe(404);
    await expect(stored()).resolves.toMatchObject({ kind: 'refresh' });
    expect(page).toContain('You can close this window');
  });

  it('refuses an address that is not of Salesforce before anybody is sent there', async () => {
    let shown = false;
    const login = { callbackPort: 0, timeoutMs: 1_000, show: () => void (shown = true) };
    await app.db.query('UPDATE connections SET settings = $1', [{ sandbox: false }]);
    for (const loginUrl of ['https://salesforce.com.evil.example', 'http://login.salesforce.com'])
      await expect(connectByBrowser(app, 'salesforce', { loginUrl }, login)).rejects.toThrow(
        'must be an https address of Salesforce',
      );
    expect(shown).toBe(false);
  });

  it('leaves nothing behind when a first login comes to nothing', async () => {
    await app.db.query('DELETE FROM connections');
    const login = { callbackPort: 0, timeoutMs: 50, show: () => undefined };
    await expect(connectByBrowser(app, 'salesforce', {}, login)).rejects.toThrow('SALESFORCE_CLIENT_ID');
    await expect(connectByBrowser(app, 'salesforce', { clientId: 'app' }, login)).rejects.toThrow(
      'Nobody logged in within',
    );
    expect(await loadConnection(app.db, 'salesforce')).toBeNull();
  });
});

describe('a login for one errand', () => {
  it('acts as whoever logged in, is stored nowhere, and is ended afterwards', async () => {
    const before = await stored();
    await org.forget();
    const opened = await openOnce(app, 'salesforce', {
      login: {
        callbackPort: 0,
        timeoutMs: 20_000,
        show: (url, redirectUri) =>
          void registerCallback(crmsOf(org), redirectUri).then(() => logIn(url, person)),
      },
    });
    expect(opened.identity.actsAs).toBe(org.sandbox.credentials.username);
    await opened.close();
    await expect(opened.connector.identify(within())).rejects.toMatchObject({ kind: 'auth-expired' });
    expect(await stored()).toEqual(before);
    expect((await org.calls())['POST /services/oauth2/revoke']).toBe(1);
  });

  it('acts as another user by the same key where logins are signed, in the same org only', async () => {
    const { username } = org.sandbox.credentials;
    const opened = await openOnce(app, 'salesforce', { username });
    expect(opened.identity.actsAs).toBe(username);
    await opened.close();
    await app.db.query("UPDATE connections SET pinned_account_id = '00D000000000009EAA'");
    await expect(openOnce(app, 'salesforce', { username })).rejects.toThrow('Nothing was changed');
  });
});
