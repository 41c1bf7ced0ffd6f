import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { stopSandboxes } from '../../sandbox/hubspot/testing.ts';
import { authorizingPortal, openPortal, type TestPortal } from '../../test/hubspot/authorizing-portal.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { newEncryptionKey, openKeyring } from '../platform/crypto/keyring.ts';
import { loadCredentials, saveCredentials } from './connection-store.ts';
import type { Application } from './open-application.ts';

const id = 'hubspot';
const renewal = 'POST /oauth/v3/token';
let portal: TestPortal;
let test: TestDatabase;
let processes: Application[];

beforeAll(async () => {
  portal = await openPortal();
});
afterAll(stopSandboxes);
beforeEach(async () => {
  test = await createTestDatabase();
  const keyring = openKeyring([newEncryptionKey('first')]);
  processes = [];
  for (let count = 0; count < 3; count++)
    processes.push(await authorizingPortal(test.db, portal, { keyring, credentials: portal.login }));
  await portal.forget();
});
afterEach(async () => {
  await portal.admin('DELETE', '/faults');
  for (const { wiring } of processes) await wiring.close();
  await test.drop();
});

const soon = () => ({ deadline: Date.now() + 30_000 });
const renewals = async (): Promise<number> => (await portal.calls())[renewal] ?? 0;

/** Many calls in every process at once. */
async function callFromAll(): Promise<void> {
  await Promise.all(
    processes.map(async ({ wiring }) => {
      const { connector } = await wiring.open(id);
      await Promise.all(Array.from({ length: 3 }, () => connector.vendorNow(soon())));
    }),
  );
}

async function storedLogin(): Promise<{ refreshToken: string; session?: { accessToken: string } }> {
  const { db, keyring } = processes[0] as Application;
  return (await loadCredentials(db, keyring, id)) as { refreshToken: string };
}

const loseAnswer = (): Promise<unknown> =>
  portal.admin('POST', '/faults', {
    rules: [
      {
        match: { path: '/oauth/v3/token' },
        when: { times: 1 },
        fault: { kind: 'reset', at: 'after-commit' },
      },
    ],
  });

describe('several processes with one HubSpot login', () => {
  it('renew exactly once when the token is about to expire, before HubSpot refuses a call', async () => {
    await callFromAll();
    expect(await renewals()).toBe(1);
    for (let round = 2; round <= 3; round++) {
      const { session } = await storedLogin();
      portal.clock.advance(29.5 * 60_000);
      await callFromAll();
      expect(await renewals()).toBe(round);
      expect((await storedLogin()).session?.accessToken).not.toBe(session?.accessToken);
    }
    expect(await refused401()).toBe(0);
  });

  it('renew exactly once when all tokens were revoked, and no call fails', async () => {
    await callFromAll();
    for (let round = 2; round <= 3; round++) {
      await portal.admin('POST', '/revoke-tokens');
      await callFromAll();
      expect(await renewals()).toBe(round);
    }
  });

  it('renew once more for one that missed two revocations, with one renewal in its call', async () => {
    const [first, second] = processes as [Application, Application];
    const [a, b] = [await first.wiring.open(id), await second.wiring.open(id)];
    await b.connector.vendorNow(soon());
    await portal.admin('POST', '/revoke-tokens');
    await a.connector.vendorNow(soon());
    await portal.admin('POST', '/revoke-tokens');
    await portal.forget();
    // The token it holds and the one that is stored are both refused.
    await expect(b.connector.vendorNow(soon())).resolves.toBeInstanceOf(Date);
    expect(await renewals()).toBe(1);
  });

  it('go on when the answer to a renewal was lost', async () => {
    await callFromAll();
    await portal.admin('POST', '/revoke-tokens');
    await loseAnswer();
    const [{ wiring }] = processes as [Application];
    const { connector } = await wiring.open(id);
    await expect(connector.vendorNow(soon())).rejects.toMatchObject({ kind: 'unavailable' });
    await callFromAll();
    expect(await renewals()).toBe(3);
    const [row] = await test.db.query<{ open: boolean }>(
      'SELECT renewal_open AS open FROM connection_secrets',
    );
    expect(row?.open).toBe(false);
  });

  it('do not put a renewal over the login of a person who connected anew meanwhile', async () => {
    const { db, keyring, wiring } = processes[0] as Application;
    const newer = { ...portal.login, refreshToken: 'na1-newer' };
    await portal.admin('POST', '/faults', {
      rules: [
        { match: { path: '/oauth/v3/token' }, when: { times: 1 }, fault: { kind: 'delay', ms: 1_000 } },
      ],
    });
    const opening = wiring.open(id);
    await turnTaken();
    await saveCredentials(db, keyring, id, newer, new Date());
    await opening.catch(() => undefined);
    expect(await storedLogin()).toEqual(newer);
  });

  async function refused401(): Promise<number> {
    const summary = await portal.admin<Record<string, { byStatus: Record<string, number> }>>(
      'GET',
      '/requests/summary',
    );
    return Object.values(summary).reduce((sum, { byStatus }) => sum + (byStatus['401'] ?? 0), 0);
  }

  async function turnTaken(): Promise<void> {
    for (;;) {
      const rows = await test.db.query('SELECT 1 FROM connection_secrets WHERE turn_token IS NOT NULL');
      if (rows.length > 0) return;
    }
  }
});
