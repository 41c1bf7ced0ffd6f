import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startForTest, stopSandboxes } from '../../sandbox/hubspot/testing.ts';
import { openOrg, type TestOrg } from '../salesforce/open-org.ts';
import { differences } from './compare-stories.ts';
import { openHubspot, openSalesforce } from './open-live.ts';
import { playStory, type Seen } from './story.ts';
import { hubspotWords, salesforceWords } from './words.ts';

const root = path.resolve(import.meta.dirname, '../..');

let usual: TestOrg;
let other: TestOrg;
beforeAll(async () => {
  usual = await openOrg();
  other = await openOrg({ preset: 'single-currency' });
}, 60_000);
afterAll(async () => {
  await usual?.close();
  await other?.close();
  await stopSandboxes();
});

async function storyIn({ sandbox, jwt }: TestOrg): Promise<Seen[]> {
  const settings = {
    loginUrl: sandbox.url,
    pubsubEndpoint: sandbox.pubsubEndpoint,
    sandbox: true,
    currency: 'USD',
  };
  const { connector, remove } = openSalesforce(settings, jwt);
  return playStory(connector, remove, salesforceWords);
}

describe('the live smoke test', () => {
  it('plays a deal’s life, removes what it made and tells what was otherwise', async () => {
    const [here, there] = [await storyIn(usual), await storyIn(other)];
    expect(Object.fromEntries(here.map(({ step, result }) => [step, result]))).toMatchObject({
      'an opportunity is created': 'created',
      'the same again': 'written',
      'it is won': 'written',
      'heard on the stream': 'updated, as ours',
      'a name that is too long': 'refused: invalid-record STRING_TOO_LONG',
      'the poll finds it': 'true',
    });
    expect(differences(here, there, 'Salesforce')).toEqual([
      'amounts have a currency of their own: false (the local Salesforce: true)',
    ]);
    for (const org of [usual, other])
      for (const object of ['Opportunity', 'Account', 'Contact'])
        expect(JSON.stringify(await org.records(object))).not.toContain('ive test');
  }, 120_000);

  it('does so in HubSpot, where another portal is taken to be the real one', async () => {
    const portals = [await startForTest(), await startForTest({ preset: 'fresh' })] as const;
    const [here, there] = await Promise.all(
      portals.map(async ({ url, credentials }) => {
        const own = { baseUrl: url, sandbox: true };
        const { connector, remove } = openHubspot(own, { accessToken: credentials.privateAppToken });
        const seen = await playStory(connector, remove, hubspotWords).catch((error: unknown) =>
          String(error),
        );
        await connector.close();
        return seen;
      }),
    );
    if (typeof here !== 'object') throw new Error(here);
    expect(Object.fromEntries(here.map(({ step, result }) => [step, result]))).toMatchObject({
      'an opportunity is created': 'created',
      'the same again': 'written',
      'it is found by its key': 'true',
      'it is won': 'written',
      'read after the win': expect.stringContaining('history: open with amount, won with amount'),
      'a stage that is none': expect.stringContaining('refused: invalid-record'),
      'the poll finds it': 'true',
      'it is taken away again': 'removed',
      'read after that it is': 'deleted',
    });
    // A portal that nobody prepared ends the story at once, and nothing is left there either.
    expect(there).toContain('tributary_account_key');
    for (const portal of portals)
      for (const object of ['deals', 'companies', 'contacts'])
        expect(JSON.stringify(await portal.admin('GET', `/records/${object}?limit=1000`))).not.toContain(
          'ive test',
        );
  }, 120_000);

  it.each([
    ['salesforce', 'No Salesforce is configured'],
    ['hubspot', 'No HubSpot is configured'],
  ])(
    'does nothing unless an org or portal of %s is configured and named',
    (vendor, said) => {
      const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
      const run = spawnSync('npm', ['run', '--silent', 'test:live', '--', vendor], {
        cwd: root,
        encoding: 'utf8',
        env,
      });
      expect(run.status).toBe(1);
      expect(run.stderr).toContain(said);
    },
    60_000,
  );
});
