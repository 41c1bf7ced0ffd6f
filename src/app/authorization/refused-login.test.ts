import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { authorizingApp, crmsOf } from '../../../test/salesforce/authorizing-app.ts';
import { openOrg, type TestOrg } from '../../../test/salesforce/open-org.ts';
import { followLogin } from '../../../test/salesforce/person.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/services/database.ts';
import { checkLogin } from '../../../workers/check-login.ts';
import type { ObservingContext } from '../../../workers/context.ts';
import { loginWaitMs } from '../../../workers/decide-next.ts';
import { openConnection } from '../../../workers/drain-connection.ts';
import { heedPause } from '../../../workers/heed-pause.ts';
import { SyncError } from '../../crm/sync-error.ts';
import { readGate, resumeConnections } from '../../mirror/gate.ts';
import { areAlertsDue, raiseAlerts } from '../../payouts/alerts/raise-alerts.ts';
import { registerEndpoint } from '../../payouts/endpoints.ts';
import { alertTypes, messageTypes } from '../../payouts/message-types.ts';
import { listCards } from '../../platform/cards/cards.ts';
import { manualClock } from '../../platform/clock.ts';
import { registerCallback } from '../connect-crms.ts';
import type { Application } from '../open-application.ts';
import { beginAuthorization, callbackUrl, finishAuthorization } from './by-console.ts';

const publicUrl = 'https://tributary.example.com';
const id = 'salesforce';
const login = 'POST /services/oauth2/token';
let org: TestOrg;
let test: TestDatabase;
let clock: ReturnType<typeof manualClock>;
let app: Application;
let context: ObservingContext;

beforeAll(async () => {
  org = await openOrg();
  await registerCallback(crmsOf(org), callbackUrl(publicUrl, id));
});
afterAll(() => org.close());
beforeEach(async () => {
  test = await createTestDatabase();
  clock = manualClock(new Date());
  app = await authorizingApp(test.db, org, { clock, logged: [], credentials: org.refresh });
  context = contextOf(app);
  await connectAgain();
});
afterEach(async () => {
  await org.calm();
  await app.wiring.close();
  await test.drop();
});

/** Only what looking at a login needs. */
function contextOf({ db, logger, wiring }: Application): ObservingContext {
  const parts: Partial<ObservingContext> = {
    db,
    clock,
    logger,
    connections: wiring,
    queues: { wake: async () => undefined },
    random: Math.random,
    loginCheckMs: 30_000,
  };
  return parts as ObservingContext;
}

const paused = async () => (await readGate(test.db, id, clock.now()))?.paused;
const cards = (withClosed = false) => listCards(test.db, { connectionId: id, withClosed });
const look = () => checkLogin(context, { connectionId: id });

async function connectAgain(): Promise<void> {
  const { url } = await beginAuthorization(app, id, publicUrl);
  const { username, password } = org.sandbox.credentials;
  const back = new URL(await followLogin(url, { username, password }));
  await finishAuthorization(app, id, Object.fromEntries(back.searchParams));
}

async function revoked(): Promise<void> {
  await openConnection(context, id);
  await org.admin('POST', '/revoke-refresh-tokens');
}

/** The login was accepted so recently that no look is needed; a test does not wait for that to be long ago. */
async function afterAWhile(): Promise<void> {
  clock.advance(31_000);
  await app.wiring.forget(id);
}

describe('a login that was revoked while nothing is sent', () => {
  it('is noticed by the next look, stops the connection and opens one card, however often it is met', async () => {
    await revoked();
    expect(await paused()).toBe(false);
    await afterAWhile();
    await look();
    expect(await paused()).toBe(true);
    await openConnection(context, id);
    expect(await cards()).toMatchObject([
      {
        kind: 'login-refused',
        subject: 'login',
        alerts: true,
        plain: expect.stringContaining('expired access/refresh token'),
        nextStep: expect.stringContaining('tributary connect salesforce'),
      },
    ]);
  });

  it('is asked again by one process at a time, ever more slowly, and by nothing else', async () => {
    await revoked();
    await afterAWhile();
    await look();
    await org.forget();
    const asked: number[] = [];
    for (let minutes = 0; minutes < 20; minutes++) {
      clock.advance(loginWaitMs);
      expect(await paused()).toBe(true);
      await Promise.all([look(), look(), look()]);
      asked.push((await org.calls())[login] ?? 0);
    }
    // After 1, 3, 7 and 15 minutes.
    expect([asked[0], asked[2], asked[6], asked[14], asked[19]]).toEqual([1, 2, 3, 4, 4]);
    expect(await cards(true)).toHaveLength(1);
  });

  it('holds when a person resumes, but is looked at at once', async () => {
    await revoked();
    await afterAWhile();
    await look();
    await resumeConnections(test.db);
    expect(await paused()).toBe(true);
    await org.forget();
    await look();
    expect((await org.calls())[login]).toBe(1);
    expect(await paused()).toBe(true);
  });

  it('goes on at once when somebody connects again, and the card is closed', async () => {
    await revoked();
    await afterAWhile();
    await look();
    await connectAgain();
    expect(await paused()).toBe(false);
    expect(await cards()).toEqual([]);
    await expect(openConnection(context, id)).resolves.toMatchObject({ id });
  });

  it('is not taken for refused again by a call that still had the old one', async () => {
    await revoked();
    const old = await app.wiring.open(id);
    await connectAgain();
    const refusal = new SyncError({ kind: 'auth-expired', stage: 'push', vendor: id, plain: 'refused' });
    await heedPause(context, old, refusal, { next: { do: 'park' }, pauseUntil: clock.now() });
    expect(await paused()).toBe(false);
    expect(await cards()).toEqual([]);
  });
});

describe('a user who may not log in for a while', () => {
  it('stops the connection, which goes on by itself; a quiet minute later the episode is over', async () => {
    await openConnection(context, id);
    await org.admin('POST', '/users', { username: org.sandbox.credentials.username, active: false });
    await afterAWhile();
    await look();
    expect(await cards()).toMatchObject([{ plain: expect.stringContaining('user is inactive') }]);
    await org.admin('POST', '/users', { username: org.sandbox.credentials.username, active: true });
    clock.advance(loginWaitMs);
    await look();
    expect(await paused()).toBe(false);
    expect(await cards()).toHaveLength(1);
    clock.advance(loginWaitMs);
    await look();
    expect(await cards()).toEqual([]);
  });
});

describe('the alert', () => {
  const settings = { email: 'ops@example.com', publicUrl };

  it('is one mail and one message per episode, and one message when it is over, however many processes look', async () => {
    const endpoints = { db: test.db, clock, keyring: app.keyring, allowHttp: false };
    const address = { label: 'alerts', url: 'https://alerts.example.com/in' };
    await registerEndpoint(endpoints, { ...address, types: alertTypes });
    await registerEndpoint(endpoints, { ...address, label: 'payouts', types: messageTypes });
    await revoked();
    await afterAWhile();
    for (let minutes = 0; minutes < 5; minutes++) {
      await look();
      await Promise.all([1, 2, 3, 4].map(() => raiseAlerts(test.db, clock, settings)));
      clock.advance(loginWaitMs);
    }
    expect(await told()).toEqual({
      mails: [{ recipient: 'ops@example.com', subject: expect.stringContaining('salesforce needs you') }],
      messages: ['connection.needs-attention'],
    });
    await connectAgain();
    expect(await areAlertsDue(test.db)).toBe(true);
    await Promise.all([1, 2, 3, 4].map(() => raiseAlerts(test.db, clock, settings)));
    expect((await told()).messages).toEqual(['connection.needs-attention', 'connection.recovered']);
    expect((await told()).mails).toHaveLength(1);
    expect(await areAlertsDue(test.db)).toBe(false);
  });

  async function told() {
    const mails = await test.db.query('SELECT recipient, subject FROM mails ORDER BY created_at');
    const messages = await test.db.query<{ type: string }>(
      'SELECT type FROM messages ORDER BY created_at, type',
    );
    return { mails, messages: messages.map(({ type }) => type) };
  }
});
