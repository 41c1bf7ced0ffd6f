import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, OAuth2 } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

const REDIRECT = 'http://localhost:4000/oauth2/callback';
let org: OpenOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());
beforeEach(() => org.admin('PATCH', '/settings', { oauthRequirePkce: false, oauthSecretForCode: true }));

function app(options: { useVerifier?: boolean; clientSecret?: string } = {}): OAuth2 {
  const { clientId, clientSecret, loginUrl } = org.sandbox.credentials;
  return new OAuth2({ clientId, clientSecret, loginUrl, redirectUri: REDIRECT, ...options });
}

/** Opens the address as a browser would that is not to follow. */
async function visit(url: string, more: Record<string, string> = {}) {
  const target = new URL(url);
  for (const [name, value] of Object.entries(more)) target.searchParams.set(name, value);
  const answer = await fetch(target, { redirect: 'manual' });
  const location = answer.headers.get('location');
  return {
    status: answer.status,
    text: await answer.text(),
    to: location === null ? undefined : location.split('?')[0],
    parameters: location === null ? {} : Object.fromEntries(new URL(location).searchParams),
  };
}

function person(): { username: string; password: string } {
  const { username, password } = org.sandbox.credentials;
  return { username, password };
}

async function codeFor(client: OAuth2): Promise<string> {
  const { parameters } = await visit(client.getAuthorizationUrl(), person());
  return String(parameters['code']);
}

async function refusal(work: Promise<unknown>): Promise<{ name: string; message: string }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as Error,
  );
  return { name: error?.name ?? 'none', message: error?.message ?? '' };
}

describe('the authorization endpoint', () => {
  it('sends who logs in back to the app with a code and the app’s own state', async () => {
    const { status, to, parameters } = await visit(app().getAuthorizationUrl({ state: 'a b&c' }), person());
    expect({ status, to }).toEqual({ status: 302, to: REDIRECT });
    expect(parameters).toEqual({ code: expect.stringMatching(/^aPrx/), state: 'a b&c' });
  });

  it('shows people a page that leads to the same redirect, keeping what the app asked for', async () => {
    const { status, text } = await visit(
      app().getAuthorizationUrl({ state: '"><script>', login_hint: 'me@x' }),
    );
    expect(status).toBe(200);
    expect(text).not.toContain('"><script>');
    expect(text).toContain('value="me@x"');
    const hidden = [...text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const form = Object.fromEntries(
      hidden.map(([, name, value]) => [String(name), unescapeHtml(String(value))]),
    );
    const sent = await fetch(`${org.sandbox.url}/services/oauth2/authorize`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ ...form, ...person(), decision: 'allow' }),
    });
    expect(sent.status).toBe(302);
    const back = new URL(String(sent.headers.get('location')));
    expect(back.searchParams.get('state')).toBe('"><script>');
    expect(back.searchParams.has('code')).toBe(true);
  });

  it('shows the page again after a wrong password', async () => {
    const { status, text, to } = await visit(app().getAuthorizationUrl(), { ...person(), password: 'wrong' });
    expect({ status, to }).toEqual({ status: 400, to: undefined });
    expect(text).toContain('role="alert"');
    expect(text).not.toContain('wrong');
  });

  it.each([
    ['a denial', { decision: 'deny' }, 'access_denied'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['an unknown scope', { scope: 'api everything' }, 'invalid_scope'],
    ['a challenge that is no SHA-256', { code_challenge: 'short' }, 'invalid_request'],
    [
      'a plain challenge',
      { code_challenge: 'a'.repeat(43), code_challenge_method: 'plain' },
      'invalid_request',
    ],
    ['a page that may not be shown', { prompt: 'none' }, 'login_required'],
    ['an immediate answer', { immediate: 'true' }, 'immediate_unsuccessful'],
  ])('tells the app of %s', async (_what, more: Record<string, string>, error) => {
    const { status, to, parameters } = await visit(app().getAuthorizationUrl({ state: 's' }), more);
    expect({ status, to }).toEqual({ status: 302, to: REDIRECT });
    expect(parameters).toMatchObject({ error, state: 's' });
    expect(parameters['error_description']).not.toBe('');
  });

  it.each([
    ['an unknown app', { client_id: 'nobody' }, 'error=invalid_client_id&'],
    ['an unknown address', { redirect_uri: 'https://evil.example/' }, 'error=redirect_uri_mismatch&'],
    ['nearly the right address', { redirect_uri: `${REDIRECT}/` }, 'error=redirect_uri_mismatch&'],
  ])('sends nobody anywhere for %s', async (_what, more: Record<string, string>, start) => {
    const { status, to, text } = await visit(app().getAuthorizationUrl(), { ...person(), ...more });
    expect({ status, to }).toEqual({ status: 400, to: undefined });
    expect(text).toContain(start);
  });

  it('demands a challenge where the app does', async () => {
    await org.admin('PATCH', '/settings', { oauthRequirePkce: true });
    const { parameters } = await visit(app().getAuthorizationUrl(), person());
    expect(parameters).toMatchObject({
      error: 'invalid_request',
      error_description: 'missing required code challenge',
    });
    const proved = await visit(app({ useVerifier: true }).getAuthorizationUrl(), person());
    expect(proved.parameters).toHaveProperty('code');
  });
});

function unescapeHtml(text: string): string {
  return text.replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)));
}

describe('a code', () => {
  it('becomes an access and a refresh token, once', async () => {
    const client = app();
    const code = await codeFor(client);
    const tokens = (await client.requestToken(code)) as unknown as Record<string, string>;
    expect(Object.keys(tokens).sort()).toEqual(
      [
        'access_token',
        'id',
        'instance_url',
        'issued_at',
        'refresh_token',
        'scope',
        'signature',
        'token_type',
      ].sort(),
    );
    expect(await refusal(client.requestToken(code))).toEqual({
      name: 'invalid_grant',
      message: 'expired authorization code',
    });
  });

  it('lasts fifteen minutes by the sandbox clock', async () => {
    const client = app();
    const [soon, late] = [await codeFor(client), await codeFor(client)];
    org.clock.advance(14 * 60_000);
    expect(await client.requestToken(soon)).toHaveProperty('access_token');
    org.clock.advance(60_000);
    expect((await refusal(client.requestToken(late))).message).toBe('expired authorization code');
  });

  it('is worth nothing to another app or with another address', async () => {
    const client = app();
    expect((await refusal(client.requestToken('aPrxInvented'))).message).toBe('invalid authorization code');
    const code = await codeFor(client);
    expect(await refusal(app({ clientSecret: 'wrong' }).requestToken(code))).toEqual({
      name: 'invalid_client',
      message: 'invalid client credentials',
    });
    client.redirectUri = 'http://localhost:1717/OauthRedirect';
    expect((await refusal(client.requestToken(code))).name).toBe('redirect_uri_mismatch');
  });

  it('needs the verifier its challenge was made from', async () => {
    const client = app({ useVerifier: true });
    expect(await client.requestToken(await codeFor(client))).toHaveProperty('access_token');
    const stolen = await codeFor(client);
    expect(await refusal(app().requestToken(stolen))).toEqual({
      name: 'invalid_grant',
      message: 'invalid code verifier',
    });
    expect((await refusal(client.requestToken(stolen))).message).toBe('expired authorization code');
  });

  it('asks for no secret where the app does without', async () => {
    const { clientId, loginUrl } = org.sandbox.credentials;
    const open = new OAuth2({ clientId, loginUrl, redirectUri: REDIRECT, useVerifier: true });
    expect((await refusal(open.requestToken(await codeFor(open)))).name).toBe('invalid_client');
    await org.admin('PATCH', '/settings', { oauthSecretForCode: false });
    expect(await open.requestToken(await codeFor(open))).toHaveProperty('access_token');
  });

  it('brings no refresh token when the scope leaves it out', async () => {
    const client = app();
    const { parameters } = await visit(client.getAuthorizationUrl({ scope: 'api' }), person());
    const tokens = await client.requestToken(String(parameters['code']));
    expect(tokens).toMatchObject({ scope: 'api' });
    expect(tokens).not.toHaveProperty('refresh_token');
  });

  it('logs a whole jsforce connection in and keeps it alive', async () => {
    const connection = new Connection({ oauth2: app(), version: '62.0' });
    await connection.authorize(await codeFor(app()));
    const first = connection.accessToken;
    org.clock.advance(3 * 3600 * 1000);
    const [users, , described] = await Promise.all([
      connection.query('SELECT Id FROM User'),
      connection.describeGlobal(),
      connection.sobject('Account').describe(),
    ]);
    expect(users.totalSize).toBe(2);
    expect(described.name).toBe('Account');
    expect(connection.accessToken).not.toBe(first);
  });
});
