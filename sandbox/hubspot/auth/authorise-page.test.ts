import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startForTest, stopSandboxes, type TestSandbox } from '../testing.ts';

let sandbox: TestSandbox;
const redirectUri = 'http://localhost:4321/connected?from=hubspot';
const scope = 'oauth crm.objects.deals.read';

beforeAll(async () => {
  sandbox = await startForTest({ rateLimit: 'off' });
});
afterAll(stopSandboxes);

type Fields = Record<string, string>;

function asked(more: Fields = {}): Fields {
  const { clientId } = sandbox.credentials;
  return { client_id: clientId, redirect_uri: redirectUri, scope, state: 'a b&c', ...more };
}

/** What the browser is sent to after a click on the page. */
async function decide(decision: string, more: Fields = {}): Promise<URL> {
  const body = new URLSearchParams({ ...asked(more), decision });
  const answer = await fetch(`${sandbox.url}/oauth/authorize`, { method: 'POST', body, redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? '');
}

async function form(
  path: string,
  fields: Fields,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const { clientId, clientSecret } = sandbox.credentials;
  const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...fields });
  const answer = await fetch(sandbox.url + path, { method: 'POST', body });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

async function code(more: Fields = {}): Promise<string> {
  return (await decide('grant', more)).searchParams.get('code') ?? '';
}

const exchange = (codeGiven: string, more: Fields = {}): ReturnType<typeof form> =>
  form('/oauth/v3/token', {
    grant_type: 'authorization_code',
    code: codeGiven,
    redirect_uri: redirectUri,
    ...more,
  });

describe('the authorisation page', () => {
  it('sends the admin back with a code and the state, untouched', async () => {
    const page = await fetch(`${sandbox.url}/oauth/authorize?${new URLSearchParams(asked())}`);
    expect(await page.text()).toContain('crm.objects.deals.read');
    const back = await decide('grant');
    expect(back.searchParams.get('from')).toBe('hubspot');
    expect(back.searchParams.get('state')).toBe('a b&c');
    expect((await decide('deny')).searchParams.get('error')).toBe('access_denied');
  });

  it('sends nobody anywhere for an unknown app, a wrong address or a scope the app has not', async () => {
    for (const wrong of [
      { client_id: 'x' },
      { redirect_uri: 'http://evil.example/' },
      { scope: 'oauth crm.objects.quotes.write' },
    ]) {
      const answer = await fetch(`${sandbox.url}/oauth/authorize?${new URLSearchParams(asked(wrong))}`);
      expect(answer.status).toBe(400);
    }
  });

  it('takes only the addresses of the app where it has a list of them', async () => {
    const strict = await startForTest({ redirectUris: ['https://app.example/back'] });
    const query = (uri: string): URLSearchParams =>
      new URLSearchParams({ ...asked(), client_id: strict.credentials.clientId, redirect_uri: uri });
    const status = async (uri: string): Promise<number> =>
      (await fetch(`${strict.url}/oauth/authorize?${query(uri)}`)).status;
    expect(await status('https://app.example/back')).toBe(200);
    expect(await status('https://app.example/back/')).toBe(400);
  });
});

describe('the code', () => {
  it('becomes a token with the scopes agreed to, once', async () => {
    const given = await code({ optional_scope: 'crm.objects.deals.write crm.objects.quotes.read' });
    const first = await exchange(given);
    expect(first).toMatchObject({ status: 200, json: { token_use: 'access_token', expires_in: 1800 } });
    expect(first.json['scopes']).toEqual(['oauth', 'crm.objects.deals.read', 'crm.objects.deals.write']);
    expect((await exchange(given)).json).toMatchObject({ status: 'BAD_AUTH_CODE' });
  });

  it('is worth nothing for another address, without its PKCE proof, or after ten minutes', async () => {
    const verifier = 'v'.repeat(50);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
    expect((await exchange(await code(), { redirect_uri: 'http://localhost:4321/' })).status).toBe(400);
    expect((await exchange(await code(pkce))).status).toBe(400);
    expect((await exchange(await code(pkce), { code_verifier: verifier })).status).toBe(200);
    const late = await code();
    await sandbox.admin('POST', '/clock', { advanceMs: 10 * 60_000 });
    expect((await exchange(late)).status).toBe(400);
  });

  it('gives a token that may do what was agreed to and no more, until the app is taken out', async () => {
    const { json } = await exchange(await code());
    const token = String(json['access_token']);
    expect((await sandbox.call('GET', '/crm/v3/objects/deals', undefined, token)).status).toBe(200);
    const refused = await sandbox.call('GET', '/crm/v3/objects/companies', undefined, token);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('crm.objects.companies.read');
    const told = await form('/oauth/v3/token/introspect', { token });
    expect(told.json).toMatchObject({ active: true, scopes: ['oauth', 'crm.objects.deals.read'] });
    const renewal = { grant_type: 'refresh_token', refresh_token: String(json['refresh_token']) };
    expect((await form('/oauth/v3/token', renewal)).json['scopes']).toHaveLength(2);
    await sandbox.admin('POST', '/uninstall');
    expect((await form('/oauth/v3/token', renewal)).status).toBe(400);
    expect((await sandbox.call('GET', '/crm/v3/objects/deals', undefined, token)).status).toBe(401);
  });
});

describe('static tokens', () => {
  it('are a private app or a service key, and say what they may do', async () => {
    const { privateAppToken, serviceKey, portalId } = sandbox.credentials;
    for (const tokenKey of [privateAppToken, serviceKey]) {
      expect((await sandbox.call('GET', '/crm/v3/objects/deals', undefined, tokenKey)).status).toBe(200);
      const path = '/oauth/v2/private-apps/get/access-token-info';
      const { json } = await sandbox.call('POST', path, { tokenKey });
      expect(json).toMatchObject({ hubId: portalId, scopes: expect.arrayContaining(['oauth']) });
    }
  });

  it('of the app itself open no records', async () => {
    const asking = { grant_type: 'client_credentials', scope: 'developer.webhooks_journal.read oauth' };
    const { json } = await form('/oauth/2026-03/token', asking);
    const token = String(json['access_token']);
    expect((await sandbox.call('GET', '/account-info/v3/details', undefined, token)).status).toBe(401);
    expect((await form('/oauth/2026-03/token', { ...asking, scope: 'nothing' })).status).toBe(400);
  });
});
