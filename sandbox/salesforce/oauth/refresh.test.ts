import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());
beforeEach(() =>
  org.admin('PATCH', '/settings', {
    oauthRotateRefreshTokens: false,
    oauthRefreshTokenDays: 0,
    orgLocked: false,
  }),
);

type Answer = { status: number; body: Record<string, string> };

async function post(on: OpenOrg, path: string, form: Record<string, string>): Promise<Answer> {
  const answer = await fetch(`${on.sandbox.url}/services/oauth2/${path}`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, string> };
}

function refresh(on: OpenOrg, token: string): Promise<Answer> {
  const { clientId, clientSecret } = on.sandbox.credentials;
  return post(on, 'token', {
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: clientId,
    client_secret: clientSecret,
  });
}

/** A refresh token of its own, from the code flow. */
async function newToken(on: OpenOrg): Promise<string> {
  const { clientId, clientSecret, username, password } = on.sandbox.credentials;
  const redirect_uri = 'http://localhost:4000/oauth2/callback';
  const request = { response_type: 'code', client_id: clientId, redirect_uri, username, password };
  const url = `${on.sandbox.url}/services/oauth2/authorize?${new URLSearchParams(request).toString()}`;
  const location = (await fetch(url, { redirect: 'manual' })).headers.get('location');
  const code = new URL(String(location)).searchParams.get('code') ?? '';
  const form = {
    grant_type: 'authorization_code',
    code,
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uri,
  };
  return String((await post(on, 'token', form)).body['refresh_token']);
}

async function works(on: OpenOrg, accessToken: string | undefined): Promise<boolean> {
  const headers = { authorization: `Bearer ${accessToken ?? ''}` };
  return (await fetch(`${on.sandbox.url}/services/data/v62.0/limits`, { headers })).ok;
}

const EXPIRED = { error: 'invalid_grant', error_description: 'expired access/refresh token' };

describe('a refresh token', () => {
  it('gives each of several refreshes at once an access token of its own', async () => {
    const token = await newToken(org);
    const answers = await Promise.all([1, 2, 3].map(() => refresh(org, token)));
    const tokens = answers.map(({ body }) => body['access_token']);
    expect(new Set(tokens).size).toBe(3);
    expect(await Promise.all(tokens.map((one) => works(org, one)))).toEqual([true, true, true]);
    expect(answers[0]?.body).not.toHaveProperty('refresh_token');
  });

  it('is replaced at each use where the app rotates it; whoever sends the old one again ends both', async () => {
    await org.admin('PATCH', '/settings', { oauthRotateRefreshTokens: true });
    const first = await newToken(org);
    const second = (await refresh(org, first)).body;
    expect(second['refresh_token']).toMatch(/^5Aep861/);
    const third = (await refresh(org, String(second['refresh_token']))).body;
    expect(third['refresh_token']).not.toBe(second['refresh_token']);
    expect(await refresh(org, first)).toEqual({ status: 400, body: EXPIRED });
    expect((await refresh(org, String(third['refresh_token']))).body).toEqual(EXPIRED);
    expect(await works(org, third['access_token'])).toBe(false);
  });

  it('expires after days without use where the app says so', async () => {
    await org.admin('PATCH', '/settings', { oauthRefreshTokenDays: 7 });
    const token = await newToken(org);
    for (const days of [6, 6]) {
      org.clock.advance(days * 24 * 3600 * 1000);
      expect((await refresh(org, token)).status).toBe(200);
    }
    org.clock.advance(7 * 24 * 3600 * 1000);
    expect((await refresh(org, token)).body).toEqual(EXPIRED);
  });

  it('ends with its access tokens when it is revoked, by POST or GET, and leaves others alone', async () => {
    const [one, other] = [await newToken(org), await newToken(org)];
    const [access, otherAccess] = [(await refresh(org, one)).body, (await refresh(org, other)).body];
    const url = `${org.sandbox.url}/services/oauth2/revoke?token=${encodeURIComponent(one)}`;
    expect((await fetch(url)).status).toBe(200);
    expect((await refresh(org, one)).body).toEqual(EXPIRED);
    expect(await works(org, access['access_token'])).toBe(false);
    expect(await works(org, otherAccess['access_token'])).toBe(true);
    expect((await post(org, 'revoke', { token: other })).status).toBe(200);
    expect(await works(org, otherAccess['access_token'])).toBe(false);
    expect((await fetch(url)).status).toBe(400);
  });

  it('outlives the revocation of one of its access tokens', async () => {
    const token = await newToken(org);
    const access = String((await refresh(org, token)).body['access_token']);
    expect((await post(org, 'revoke', { token: access })).status).toBe(200);
    expect(await works(org, access)).toBe(false);
    expect((await refresh(org, token)).status).toBe(200);
  });

  it('is of no use to a user who was deactivated, nor while the org is locked', async () => {
    const { username } = org.sandbox.credentials;
    const token = await newToken(org);
    const access = (await refresh(org, token)).body['access_token'];
    await org.admin('POST', '/users', { username, active: false });
    expect((await refresh(org, token)).body).toEqual({
      error: 'inactive_user',
      error_description: 'user is inactive',
    });
    expect(await works(org, access)).toBe(false);
    await org.admin('POST', '/users', { username, active: true });
    await org.admin('PATCH', '/settings', { orgLocked: true });
    expect((await refresh(org, token)).body['error']).toBe('inactive_org');
    await org.admin('PATCH', '/settings', { orgLocked: false });
    expect((await refresh(org, token)).status).toBe(200);
  });

  it('ends with all others when an administrator says so', async () => {
    const own = await openOrg();
    const token = await newToken(own);
    await own.admin('POST', '/revoke-refresh-tokens');
    expect((await refresh(own, token)).body).toEqual(EXPIRED);
    expect((await refresh(own, own.sandbox.credentials.refreshToken)).body).toEqual(EXPIRED);
    await own.close();
  });

  it('can be looked into by its app', async () => {
    const { clientId, clientSecret, username } = org.sandbox.credentials;
    const token = await newToken(org);
    const ask = (one: string) =>
      post(org, 'introspect', { token: one, client_id: clientId, client_secret: clientSecret });
    expect((await ask(token)).body).toMatchObject({ active: true, username, token_type: 'refresh_token' });
    const access = String((await refresh(org, token)).body['access_token']);
    expect((await ask(access)).body).toMatchObject({
      active: true,
      token_type: 'access_token',
      exp: expect.any(Number),
    });
    await post(org, 'revoke', { token });
    expect((await ask(access)).body).toEqual({ active: false });
    expect((await post(org, 'introspect', { token })).body['error']).toBe('invalid_client_id');
  });
});

describe('a restart', () => {
  it('keeps refresh tokens, rotations and revocations', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'oauth-restart-'));
    try {
      const first = await openOrg({ dataDir, settings: { oauthRotateRefreshTokens: true } });
      const [kept, revoked, rotated] = [await newToken(first), await newToken(first), await newToken(first)];
      const access = (await refresh(first, rotated)).body;
      await post(first, 'revoke', { token: revoked });
      await first.close();
      const second = await openOrg({ dataDir });
      expect(await works(second, access['access_token'])).toBe(true);
      expect((await refresh(second, kept)).status).toBe(200);
      expect((await refresh(second, revoked)).body).toEqual(EXPIRED);
      expect((await refresh(second, rotated)).body).toEqual(EXPIRED);
      expect((await refresh(second, String(access['refresh_token']))).body).toEqual(EXPIRED);
      await second.close();
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

describe('an access token', () => {
  it('lasts as long as the session settings say, longer for being used only where they allow it', async () => {
    await org.admin('PATCH', '/settings', { sessionTimeoutMinutes: 10, sessionExtendedByUse: true });
    const used = String((await refresh(org, await newToken(org))).body['access_token']);
    for (const minutes of [6, 6, 6]) {
      org.clock.advance(minutes * 60_000);
      expect(await works(org, used)).toBe(true);
    }
    await org.admin('PATCH', '/settings', { sessionExtendedByUse: false });
    org.clock.advance(6 * 60_000);
    expect(await works(org, used)).toBe(true);
    org.clock.advance(4 * 60_000);
    expect(await works(org, used)).toBe(false);
  });

  it('that is wrong or missing gets one word from the identity service, and JSON from the data API', async () => {
    const { organizationId } = org.sandbox.credentials;
    const identity = `/id/${organizationId}/005000000000001AAA`;
    const said = async (path: string, token?: string) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const answer = await fetch(org.sandbox.url + path, { headers });
      return `${answer.status} ${await answer.text()}`;
    };
    expect(await said('/services/oauth2/userinfo', 'wrong')).toBe('403 Bad_OAuth_Token');
    expect(await said('/services/oauth2/userinfo')).toBe('403 Missing_OAuth_Token');
    expect(await said(identity, 'wrong')).toBe('403 Bad_OAuth_Token');
    const right = await org.token();
    expect(await said('/id/00D000000000000AAA/005000000000001AAA', right)).toBe('403 Wrong_Org');
    for (const path of ['/services/data/v62.0/jobs/ingest', '/services/data/v62.0/sobjects'])
      expect(await said(path, 'wrong')).toBe(
        '401 [{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]',
      );
  });

  it('shows its user’s identity in the formats the service has', async () => {
    const connection = await org.connect();
    const { id } = await connection.identity();
    const path = id.replace('https://login.salesforce.com', org.sandbox.url);
    const read = async (query: string) =>
      (await fetch(`${path}?oauth_token=${String(connection.accessToken)}${query}`)).text();
    expect(JSON.parse(await read('&version=latest'))).toMatchObject({
      user_type: 'STANDARD',
      urls: { rest: expect.stringMatching(/\/services\/data\/v\d\d\.0\/$/) },
    });
    expect(await read('&format=xml')).toContain(`<user><id>${id}</id>`);
    expect(new URLSearchParams(await read('&format=urlencoded')).get('urls.query')).toContain('{version}');
  });
});
