import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { authorizingApp } from '../../test/salesforce/authorizing-app.ts';
import { openOrg, within, type TestOrg } from '../../test/salesforce/open-org.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { systemClock } from '../platform/clock.ts';
import { newEncryptionKey, openKeyring } from '../platform/crypto/keyring.ts';
import { loadCredentials, saveCredentials } from './connection-store.ts';
import type { Application } from './open-application.ts';

const id = 'salesforce';
const login = 'POST /services/oauth2/token';
let org: TestOrg;
let test: TestDatabase;
let processes: Application[];

beforeAll(async () => {
  org = await openOrg({ settings: { oauthRotateRefreshTokens: true } });
});
afterAll(() => org.close());
beforeEach(async () => {
  test = await createTestDatabase();
  const keyring = openKeyring([newEncryptionKey('first')]);
  const credentials = { ...org.refresh, refreshToken: await freshRefreshToken() };
  const open = () => authorizingApp(test.db, org, { clock: systemClock, logged: [], keyring, credentials });
  processes = [await open(), await open(), await open()];
});
afterEach(async () => {
  for (const { wiring } of processes) await wiring.close();
  await test.drop();
});

/** By the vendor's own endpoints: a code, then its tokens. */
async function freshRefreshToken(): Promise<string> {
  const { clientId, clientSecret, username, password } = org.sandbox.credentials;
  const redirectUri = 'http://localhost:1717/OauthRedirect';
  const asked = { response_type: 'code', client_id: clientId, redirect_uri: redirectUri, username, password };
  const back = await fetch(
    `${org.sandbox.url}/services/oauth2/authorize?${new URLSearchParams(asked).toString()}`,
    {
      redirect: 'manual',
    },
  );
  const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? '';
  return token({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    client_id: clientId,
    client_secret: clientSecret,
  });
}

async function token(form: Record<string, string>): Promise<string> {
  const answer = await fetch(`${org.sandbox.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return ((await answer.json()) as { refresh_token: string }).refresh_token;
}

async function callFromAll(times: number): Promise<void> {
  await Promise.all(
    processes.map(async ({ wiring }) => {
      const { connector } = await wiring.open(id);
      await Promise.all(Array.from({ length: times }, () => connector.stages(within())));
    }),
  );
}

async function storedToken(): Promise<string> {
  const { db, keyring } = processes[0] as Application;
  return ((await loadCredentials(db, keyring, id)) as { refreshToken: string }).refreshToken;
}

describe('several processes whose vendor replaces the refresh token with every renewal', () => {
  it('renew once for all of them, again and again, and never send a replaced one', async () => {
    await org.forget();
    await callFromAll(5);
    expect((await org.calls())[login]).toBe(1);
    for (let round = 2; round <= 5; round++) {
      const before = await storedToken();
      await org.admin('POST', '/revoke-tokens');
      await callFromAll(5);
      expect((await org.calls())[login]).toBe(round);
      expect(await storedToken()).not.toBe(before);
    }
  });

  it('say what was lost when one was killed between the renewal and storing it', async () => {
    const { clientId } = org.sandbox.credentials;
    // The vendor has replaced it, and the process that asked is gone.
    await token({ grant_type: 'refresh_token', refresh_token: await storedToken(), client_id: clientId });
    await test.db.query(
      `UPDATE connection_secrets SET turn_token = gen_random_uuid(), turn_until = clock_timestamp() - interval '1 s',
              renewal_open = true`,
    );
    await expect(processes[0]?.wiring.open(id)).rejects.toMatchObject({
      kind: 'auth-expired',
      details: { plain: expect.stringContaining('the new one is lost with it') },
    });
  });

  it('go on when one was killed before the vendor renewed', async () => {
    await test.db.query(
      `UPDATE connection_secrets SET turn_token = gen_random_uuid(), turn_until = clock_timestamp() - interval '1 s',
              renewal_open = true`,
    );
    await callFromAll(1);
    const [row] = await test.db.query<{ open: boolean }>(
      'SELECT renewal_open AS open FROM connection_secrets',
    );
    expect(row?.open).toBe(false);
  });

  it('do not put a renewed token over the login of a person who connected anew meanwhile', async () => {
    const { db, keyring, wiring } = processes[0] as Application;
    const newer = { ...org.refresh, refreshToken: await freshRefreshToken() };
    await org.fault({ match: { endpoint: login }, when: { times: 1 }, fault: { kind: 'delay', ms: 1_000 } });
    const opening = wiring.open(id);
    await turnTaken();
    await saveCredentials(db, keyring, id, newer, new Date());
    await opening.catch(() => undefined);
    expect(await storedToken()).toBe(newer.refreshToken);
  });

  async function turnTaken(): Promise<void> {
    for (;;) {
      const rows = await test.db.query('SELECT 1 FROM connection_secrets WHERE turn_token IS NOT NULL');
      if (rows.length > 0) return;
    }
  }
});
