import { afterEach, describe, expect, it } from '@jest/globals';
import type { TestPortal } from '../../../test/hubspot/authorizing-portal.ts';
import { openHubspotEngine, type HubspotEngine } from '../../../test/hubspot/open-engine.ts';
import { followAuthorization } from '../../../test/hubspot/person.ts';
import { checkLogin } from '../../../workers/check-login.ts';
import { loginWaitMs } from '../../../workers/decide-next.ts';
import { readGate } from '../../mirror/gate.ts';
import { raiseAlerts } from '../../payouts/alerts/raise-alerts.ts';
import { listCards } from '../../platform/cards/cards.ts';
import { beginAuthorization, finishAuthorization } from './by-console.ts';

const publicUrl = 'https://tributary.example.com';
const id = 'hubspot';
let engine: HubspotEngine;
afterEach(() => engine.close());

const now = (): Date => engine.portal.clock.now();
const paused = async () => (await readGate(engine.app.db, id, now()))?.paused;
const cards = () => listCards(engine.app.db, { connectionId: id });
const mails = () => engine.app.db.query("SELECT 1 FROM mails WHERE recipient = 'ops@example.com'");

/** One turn of the workers that look after logins, half a minute later. */
async function halfAMinute(): Promise<void> {
  engine.portal.clock.advance(31_000);
  // A call went through a moment ago by the machine's clock, which no test moves.
  if (!(await paused())) await engine.app.wiring.forget(id);
  await checkLogin(engine.context, { connectionId: id });
  await raiseAlerts(engine.app.db, engine.portal.clock, { email: 'ops@example.com', publicUrl });
}

async function connectAgain(): Promise<void> {
  const { url } = await beginAuthorization(engine.app, id, publicUrl);
  const back = new URL(await followAuthorization(url));
  await finishAuthorization(engine.app, id, Object.fromEntries(back.searchParams));
}

const oauth = ({ login }: TestPortal): unknown => login;
const privateApp = ({ credentials }: TestPortal): unknown => ({ accessToken: credentials.privateAppToken });

/** What became of two deals: one sent before, one approved while nothing could be sent. */
async function nothingWasLost(before: string, meanwhile: string): Promise<void> {
  // One that met the refusal itself is due again after this.
  engine.portal.clock.advance(loginWaitMs);
  await engine.push();
  expect([await engine.stateOf(before), await engine.stateOf(meanwhile)]).toEqual(['mirrored', 'mirrored']);
  expect([await engine.recordsOf(before), await engine.recordsOf(meanwhile)]).toEqual([1, 1]);
}

describe('a HubSpot app that is uninstalled', () => {
  it('is noticed within a minute though nothing is sent: one card, one alert; goes on when connected again', async () => {
    engine = await openHubspotEngine(oauth);
    const before = await engine.approved();
    await engine.push();
    await engine.portal.admin('POST', '/uninstall');
    await halfAMinute();
    expect(await paused()).toBe(true);
    expect(await cards()).toMatchObject([
      {
        kind: 'login-refused',
        alerts: true,
        plain: expect.stringContaining('no longer accepts the refresh token'),
        nextStep: expect.stringContaining('tributary connect hubspot'),
      },
    ]);
    const meanwhile = await engine.approved();
    for (let minutes = 0; minutes < 3; minutes++) {
      await engine.push();
      await halfAMinute();
      engine.portal.clock.advance(loginWaitMs);
    }
    expect([await cards(), await mails()].map(({ length }) => length)).toEqual([1, 1]);
    expect(await engine.recordsOf(meanwhile)).toBe(0);
    await connectAgain();
    expect([await paused(), await cards()]).toEqual([false, []]);
    await nothingWasLost(before, meanwhile);
    expect(await mails()).toHaveLength(1);
  });

  it('is noticed by the call that meets it, too', async () => {
    engine = await openHubspotEngine(oauth);
    const before = await engine.approved();
    await engine.push();
    await engine.portal.admin('POST', '/uninstall');
    const meanwhile = await engine.approved();
    await engine.push();
    expect(await paused()).toBe(true);
    expect(await cards()).toHaveLength(1);
    await connectAgain();
    await nothingWasLost(before, meanwhile);
  });
});

describe('a HubSpot login whose every token is refused', () => {
  it('stops after one renewal per call and goes on by itself once tokens are taken again', async () => {
    engine = await openHubspotEngine(oauth);
    const before = await engine.approved();
    await engine.push();
    const refused = { match: { path: '/crm/' }, fault: { kind: 'revoke-token' } };
    const account = { match: { path: '/account-info/' }, fault: { kind: 'revoke-token' } };
    await engine.portal.admin('POST', '/faults', { rules: [refused, account] });
    await engine.portal.forget();
    await halfAMinute();
    expect(await paused()).toBe(true);
    expect((await engine.portal.calls())['POST /oauth/v3/token']).toBe(1);
    const meanwhile = await engine.approved();
    await engine.portal.admin('DELETE', '/faults');
    engine.portal.clock.advance(loginWaitMs);
    await checkLogin(engine.context, { connectionId: id });
    expect(await paused()).toBe(false);
    await nothingWasLost(before, meanwhile);
  });
});

describe('a private app', () => {
  it('that is deactivated stops the connection, which goes on with the token that .env has next', async () => {
    engine = await openHubspotEngine(privateApp);
    const before = await engine.approved();
    await engine.push();
    await engine.portal.admin('POST', '/faults', {
      rules: [{ match: { path: '/' }, fault: { kind: 'revoke-token' } }],
    });
    await halfAMinute();
    expect(await paused()).toBe(true);
    expect(await cards()).toMatchObject([
      { kind: 'login-refused', nextStep: expect.stringContaining('HUBSPOT_PRIVATE_APP_TOKEN') },
    ]);
    const meanwhile = await engine.approved();
    await engine.portal.admin('DELETE', '/faults');
    await engine.configure({ accessToken: engine.portal.credentials.serviceKey });
    await halfAMinute();
    expect(await paused()).toBe(false);
    await nothingWasLost(before, meanwhile);
  });
});

describe('a HubSpot connection that nobody has logged in for', () => {
  it('waits with a card, and starts by itself once somebody did', async () => {
    engine = await openHubspotEngine(({ login: { clientId, clientSecret } }) => ({
      kind: 'unconnected',
      clientId,
      clientSecret,
    }));
    const deal = await engine.approved();
    await halfAMinute();
    expect(await paused()).toBe(true);
    expect(await cards()).toMatchObject([{ plain: expect.stringContaining('nobody has connected HubSpot') }]);
    await connectAgain();
    expect([await paused(), await cards()]).toEqual([false, []]);
    await engine.push();
    expect(await engine.stateOf(deal)).toBe('mirrored');
  });
});
