import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callbackUrl } from '../../src/app/authorization/by-console.ts';
import { registerCallback } from '../../src/app/connect-crms.ts';
import type { Overview } from '../../src/app/overview.ts';
import { readCaughtMails } from '../../src/payouts/mails/catch-mails.ts';
import { logIn } from '../salesforce/person.ts';
import {
  adminUrl,
  newDeals,
  received,
  recordOf,
  recordsOf,
  registerAndApprove,
  startSystem,
  untilClean,
  untilMirrored,
  type RegisteredDeal,
  type RunningSystem,
} from './running-system.ts';
import { until } from './tributary-process.ts';

/**
 * An administrator connects Salesforce by logging in, somebody revokes the login, and it is connected again: from the
 * command line first, through the page then, with real processes, the real client and a person who opens the address.
 */
let system: RunningSystem;
let before: RegisteredDeal;
let meanwhile: RegisteredDeal;
const cli = fileURLToPath(new URL('../../bin/tributary.mjs', import.meta.url));

beforeAll(async () => {
  system = await startSystem({
    env: { TRIBUTARY_ALERT_EMAIL: 'ops@example.com', TRIBUTARY_LOGIN_CHECK_SECONDS: '1' },
  });
  await registerCallback(system.crms, callbackUrl(system.url, 'salesforce'));
}, 120_000);
afterAll(() => system.close());

async function person(): Promise<{ username: string; password: string }> {
  const file = path.join(system.dataDir, 'crms', 'salesforce', 'credentials.json');
  return JSON.parse(await readFile(file, 'utf8')) as { username: string; password: string };
}

/** Runs the command as a person would: opens the address it prints, and logs in there. */
async function connectByCommand(): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const args = ['connect', 'salesforce', '--no-browser', '--callback-port', '0', '--json'];
  const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, ...system.env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const shown = async () => /log in:\n(\S+)\nYou come back to (\S+),/.exec(stderr) ?? undefined;
  const [, url = '', callback = ''] = await until('an address to open', shown, 20_000);
  await registerCallback(system.crms, callback);
  const { username, password } = await person();
  await logIn(url, { username, password });
  return { code: await ended, stdout, stderr };
}

async function overview(): Promise<Overview> {
  return (await (await fetch(`${system.url}/v1/overview`)).json()) as Overview;
}

async function salesforceState() {
  const { connections } = await overview();
  return connections.find(({ id }) => id === 'salesforce');
}

async function alertMails(): Promise<string[]> {
  const mails = await readCaughtMails(system.dataDir);
  return mails.map((mail) => JSON.stringify(mail)).filter((mail) => mail.includes('ops@example.com'));
}

describe('a connection that a person logs in for', () => {
  it('is connected from the command line, and deals flow', async () => {
    const { code, stdout, stderr } = await connectByCommand();
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(JSON.parse(stdout)).toEqual({
      connection: 'salesforce',
      accountId: system.crms.salesforce?.credentials.organizationId,
    });
    [before] = (await registerAndApprove(system, newDeals(1, ['salesforce']))) as [RegisteredDeal];
    await untilMirrored(system, [before]);
  }, 180_000);

  it('stops when the login is revoked although nothing is sent, and tells one person, everywhere the same', async () => {
    await system.admin('salesforce').post('/revoke-refresh-tokens', {});
    await until(
      'the stop',
      async () => ((await salesforceState())?.state === 'login-refused' ? true : undefined),
      20_000,
    );
    await until('the mail', async () => ((await alertMails()).length > 0 ? true : undefined), 20_000);
    const { cards, reconciliation } = await overview();
    expect(cards).toMatchObject([{ connection: 'salesforce', kind: 'login-refused', alerts: true }]);
    expect(reconciliation.gaps).toContainEqual(
      expect.objectContaining({ step: 'connected', connection: 'salesforce' }),
    );
    const shown = await system.cli('cards');
    expect(shown.stdout).toContain('tributary connect salesforce');
    const doctor = await system.cli('doctor', '--json');
    expect(doctor.stdout).toContain('salesforce: login-refused');
    const listed = await fetch(`${system.url}/v1/cards`, {
      headers: { authorization: `Bearer ${system.apiKey}` },
    });
    expect(await listed.json()).toMatchObject({ cards: [{ kind: 'login-refused', closedAt: null }] });
  }, 180_000);

  it('takes in what happens meanwhile', async () => {
    [meanwhile] = (await registerAndApprove(system, newDeals(1, ['salesforce']))) as [RegisteredDeal];
    const { crmId } = await recordOf(system, before);
    await system.admin('salesforce').play([{ action: 'win', id: crmId }]);
    expect(await recordsOf(system, meanwhile)).toEqual([]);
    expect((await salesforceState())?.state).toBe('login-refused');
  }, 60_000);

  it('goes on by itself once it is connected again through the page, with nothing lost and nothing twice', async () => {
    const begun = await fetch(`${system.url}/v1/connections/salesforce/authorization`, { method: 'POST' });
    expect(begun.status).toBe(201);
    const { url } = (await begun.json()) as { url: string };
    const { username, password } = await person();
    const { status, page } = await logIn(url, { username, password });
    expect({ status, page }).toMatchObject({ status: 200, page: expect.stringContaining('is connected to') });
    expect((await salesforceState())?.state).toBe('ready');
    await untilMirrored(system, [meanwhile]);
    await untilClean(system, 40_000);
    expect(await recordsOf(system, meanwhile)).toHaveLength(1);
    const paid = (await received(system)).filter((message) => JSON.stringify(message).includes(before.id));
    expect(paid.filter((message) => JSON.stringify(message).includes('payout.triggered'))).toHaveLength(1);
    expect((await overview()).cards.filter(({ kind }) => kind === 'login-refused')).toEqual([]);
    expect(await alertMails()).toHaveLength(1);
    const told = await system.db.query('SELECT 1 FROM cards WHERE alerts AND solved_told_at IS NOT NULL');
    expect(told).toHaveLength(1);
  }, 240_000);

  it('answers in plain words when the person declines, and to a link that was used', async () => {
    const begin = async () => {
      const answer = await fetch(`${system.url}/v1/connections/salesforce/authorization`, { method: 'POST' });
      return ((await answer.json()) as { url: string }).url;
    };
    const refused = await logIn(await begin(), 'declines');
    expect(refused).toMatchObject({ status: 400, page: expect.stringContaining('Access was declined') });
    const { username, password } = await person();
    const stale = new URL(await begin());
    const first = await logIn(stale.href, { username, password });
    const second = await logIn(stale.href, { username, password });
    expect([first.status, second.status]).toEqual([200, 400]);
    expect(second.page).toContain('used already');
    expect(await (await fetch(`${adminUrl(system, 'salesforce')}/health`)).json()).toBeTruthy();
  }, 60_000);
});
