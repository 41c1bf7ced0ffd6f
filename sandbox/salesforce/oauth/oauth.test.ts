import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { importPKCS8, SignJWT } from 'jose';
import { Connection } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());

async function request(path: string, form: Record<string, string>) {
  const answer = await fetch(`${org.sandbox.url}/services/oauth2/${path}`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, string> };
}

interface Claims {
  iss?: string;
  sub?: string;
  aud?: string;
  seconds?: number;
  key?: string;
  alg?: string;
}

async function assertion({ iss, sub, aud, seconds = 180, key, alg = 'RS256' }: Claims = {}): Promise<string> {
  const { clientId, username, loginUrl, privateKey } = org.sandbox.credentials;
  return new SignJWT({})
    .setProtectedHeader({ alg })
    .setIssuer(iss ?? clientId)
    .setSubject(sub ?? username)
    .setAudience(aud ?? loginUrl)
    .setExpirationTime(Math.floor(org.clock.ms() / 1000) + seconds)
    .sign(await importPKCS8(key ?? privateKey, alg));
}

async function byJwt(claims: Claims = {}) {
  return request('token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: await assertion(claims),
  });
}

describe('the token endpoint', () => {
  it('answers a refresh token with what jsforce needs', async () => {
    const { clientId, clientSecret, refreshToken } = org.sandbox.credentials;
    const { status, body } = await request('token', {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: clientId,
      client_secret: clientSecret,
    });
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(
      ['access_token', 'id', 'instance_url', 'issued_at', 'scope', 'signature', 'token_type'].sort(),
    );
    expect(body['access_token']).toMatch(
      new RegExp(`^${org.sandbox.credentials.organizationId.slice(0, 15)}!`),
    );
    expect(body['id']).toMatch(/^https:\/\/.+\/id\/00D\w{15}\/005\w{15}$/);
  });

  it.each([
    ['a wrong refresh token', { refresh_token: 'wrong' }, 'invalid_grant', 'expired access/refresh token'],
    ['a wrong client id', { client_id: 'wrong' }, 'invalid_client_id', 'client identifier invalid'],
    ['a wrong client secret', { client_secret: 'wrong' }, 'invalid_client', 'invalid client credentials'],
    ['an unknown grant', { grant_type: 'magic' }, 'unsupported_grant_type', 'grant type not supported'],
  ])('refuses %s', async (_what, wrong, error, description) => {
    const { clientId, clientSecret, refreshToken } = org.sandbox.credentials;
    const right = {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: clientId,
      client_secret: clientSecret,
    };
    const { status, body } = await request('token', { ...right, ...wrong });
    expect({ status, body }).toEqual({ status: 400, body: { error, error_description: description } });
  });

  it('accepts a JWT signed with the connected app’s key, and hands out no signature', async () => {
    const { status, body } = await byJwt();
    expect(status).toBe(200);
    expect(body['signature']).toBeUndefined();
    expect(body['refresh_token']).toBeUndefined();
  });

  it('accepts five minutes of validity, as shipped clients send', async () => {
    expect((await byJwt({ seconds: 300 })).status).toBe(200);
  });

  it.each([
    ['signed with another key', { key: 'other' }, 'invalid assertion'],
    ['for another audience', { aud: 'https://example.com' }, 'audience is invalid'],
    ['for another user', { sub: 'somebody@example.com' }, "user hasn't approved this consumer"],
    ['from another app', { iss: 'other-app' }, 'client identifier invalid'],
    ['that has expired', { seconds: -1 }, 'expired authorization code'],
    ['valid for an hour', { seconds: 3600 }, 'invalid assertion'],
  ])('refuses a JWT %s', async (_what, claims: Claims, description) => {
    const key = claims.key === undefined ? {} : { key: foreignKey() };
    const { status, body } = await byJwt({ ...claims, ...key });
    expect(status).toBe(400);
    expect(body['error_description']).toBe(description);
  });

  it('takes user name and password', async () => {
    const { clientId, clientSecret, username, password } = org.sandbox.credentials;
    const form = {
      grant_type: 'password',
      client_id: clientId,
      client_secret: clientSecret,
      username,
      password,
    };
    expect((await request('token', form)).status).toBe(200);
    const wrong = await request('token', { ...form, password: 'wrong' });
    expect(wrong.body).toEqual({ error: 'invalid_grant', error_description: 'authentication failure' });
  });
});

function foreignKey(): string {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

describe('access tokens', () => {
  it('end by the sandbox clock, and jsforce gets a new one by itself', async () => {
    const own = await openOrg();
    try {
      const { clientId, clientSecret, loginUrl, refreshToken } = own.sandbox.credentials;
      const connection = new Connection({
        instanceUrl: own.sandbox.url,
        accessToken: await own.token(),
        refreshToken,
        oauth2: { clientId, clientSecret, loginUrl },
        version: '62.0',
      });
      const first = connection.accessToken;
      await own.admin('POST', '/clock', { advanceMs: 3 * 3600 * 1000 });
      expect((await connection.query('SELECT Id FROM User')).totalSize).toBe(2);
      expect(connection.accessToken).not.toBe(first);
    } finally {
      await own.close();
    }
  });

  it('are refused after revocation with the body clients look for', async () => {
    const connection = await org.connect();
    const token = connection.accessToken as string;
    expect((await request('revoke', { token })).status).toBe(200);
    const answer = await fetch(`${org.sandbox.url}/services/data/v62.0/limits`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual([
      { message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' },
    ]);
    expect((await request('revoke', { token: 'unknown' })).status).toBe(400);
  });

  it('tell whose they are', async () => {
    const connection = await org.connect();
    const identity = await connection.identity();
    const { organizationId, username } = org.sandbox.credentials;
    expect(identity).toMatchObject({ organization_id: organizationId, username });
    expect(identity.id).toMatch(/^https:\/\//);
    const info = await fetch(`${org.sandbox.url}/services/oauth2/userinfo`, {
      headers: { authorization: `Bearer ${connection.accessToken ?? ''}` },
    });
    expect(await info.json()).toMatchObject({
      organization_id: organizationId,
      preferred_username: username,
    });
  });
});
