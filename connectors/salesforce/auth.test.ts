import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { manualClock, systemClock } from '../../src/platform/clock.ts';
import { openOrg, within, type TestOrg } from '../../test/salesforce/open-org.ts';
import { json, scriptedServer, token, tokenPath } from '../../test/salesforce/scripted-server.ts';
import type { Credentials } from './settings.ts';

const login = 'POST /services/oauth2/token';
let org: TestOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());
afterEach(() => org.calm());

describe('logging in', () => {
  it('works with a signed assertion and with a refresh token', async () => {
    for (const credentials of [org.jwt, org.refresh]) {
      const identity = await org.connect({ credentials }).identify(within());
      expect(identity).toMatchObject({
        accountId: org.sandbox.credentials.organizationId,
        actsAs: org.sandbox.credentials.username,
        currency: 'USD',
        production: false,
      });
    }
  });

  it('works with a signed assertion although our clock is an hour off', async () => {
    const clock = manualClock(new Date(systemClock.now().getTime() - 3_600_000));
    await expect(org.connect({ credentials: org.jwt, clock }).stages(within())).resolves.not.toHaveLength(0);
  });

  it('happens once for any number of calls at the same time', async () => {
    await org.forget();
    const connector = org.connect();
    await Promise.all(Array.from({ length: 20 }, () => connector.stages(within())));
    expect((await org.calls())[login]).toBe(1);
  });

  it('needs a person when the refresh token is not accepted, and leaks it nowhere', async () => {
    const refreshToken = '5Aep861-revoked-token';
    const credentials = { ...org.refresh, refreshToken } as Credentials;
    const error: unknown = await org
      .connect({ credentials })
      .stages(within())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'auth-expired', details: { vendorCode: 'invalid_grant' } });
    expect(JSON.stringify([error, String(error), org.logged])).not.toContain(refreshToken);
  });

  it('leaves the call unsent when the login server fails', async () => {
    const match = { endpoint: login };
    await org.fault({ match, when: { times: 1 }, fault: { kind: 'status', status: 503 } });
    const connector = org.connect();
    const push = () =>
      connector.push(
        {
          kind: 'deal',
          object: 'Opportunity',
          keyField: 'Tributary_Deal_Id__c',
          operation: 'upsert',
          records: [{ key: 'x', fields: {} }],
        },
        within(),
      );
    await expect(push()).rejects.toMatchObject({ kind: 'unavailable' });
    await org.fault({ match, when: { times: 1 }, fault: { kind: 'reset', at: 'after-commit' } });
    await expect(push()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('a session that is no longer accepted', () => {
  it('is renewed once, and the call is sent again', async () => {
    const connector = org.connect();
    await connector.stages(within());
    await org.admin('POST', '/revoke-tokens');
    await org.forget();
    await expect(connector.stages(within())).resolves.not.toHaveLength(0);
    expect(await org.calls()).toEqual({ [login]: 1, 'GET /query': 2 });
  });

  it('is renewed once for all calls that notice at the same time', async () => {
    const connector = org.connect();
    await connector.stages(within());
    await org.admin('POST', '/revoke-tokens');
    await org.forget();
    await Promise.all(Array.from({ length: 20 }, () => connector.stages(within())));
    expect((await org.calls())[login]).toBe(1);
  });

  it('is never renewed more than once per call, and becomes a matter for a person when it goes on', async () => {
    const connector = org.connect();
    await connector.stages(within());
    await org.fault({ match: { path: '/services/data' }, fault: { kind: 'revoke-token' } });
    await org.forget();
    // One refusal of a fresh session may be a race with a revocation, so the first call is worth another try.
    await expect(connector.stages(within())).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await org.calls()).toEqual({ [login]: 1, 'GET /query': 2 });
    await expect(connector.stages(within())).rejects.toMatchObject({ kind: 'auth-expired' });
    expect((await org.calls())[login]).toBeLessThanOrEqual(3);
    await org.calm();
    await expect(connector.stages(within())).resolves.not.toHaveLength(0);
  });
});

describe('what a login answers', () => {
  it('sends the token nowhere but to Salesforce', async () => {
    const server = await scriptedServer((_request, response) =>
      token(response, { instance_url: 'https://salesforce.com.evil.example' }),
    );
    const error: unknown = await server.connector.stages(within()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'auth-expired' });
    expect(String(error)).toContain('salesforce.com.evil.example');
    expect(server.asked).toEqual([tokenPath]);
    await server.close();
  });

  it('stores a rotated refresh token before using it', async () => {
    const tokens: (string | null)[] = [];
    const server = await scriptedServer((request, response, url) => {
      const expired = [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }];
      if (request.url !== tokenPath) return json(response, expired, 401);
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        tokens.push(new URLSearchParams(body).get('refresh_token'));
        token(response, { instance_url: url, refresh_token: `rotated-${tokens.length}` });
      });
    });
    await expect(server.connector.stages(within())).rejects.toMatchObject({ name: 'SyncError' });
    expect(tokens).toEqual(['first', 'rotated-1']);
    const saved = server.saved.map(
      (credentials) => credentials.kind === 'refresh' && credentials.refreshToken,
    );
    expect(saved).toEqual(['rotated-1', 'rotated-2']);
    await server.close();
  });
});
