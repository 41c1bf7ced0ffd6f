import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openOrg, type TestOrg } from '../salesforce/open-org.ts';
import { differences } from './compare-stories.ts';
import { openLive } from './open-live.ts';
import { playStory, type Seen } from './story.ts';

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
});

async function storyIn({ sandbox, jwt }: TestOrg): Promise<Seen[]> {
  const settings = {
    loginUrl: sandbox.url,
    pubsubEndpoint: sandbox.pubsubEndpoint,
    sandbox: true,
    currency: 'USD',
  };
  const { connector, remove } = openLive(settings, jwt);
  return playStory(connector, remove);
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
    expect(differences(here, there)).toEqual([
      'amounts have a currency of their own: false (the local Salesforce: true)',
    ]);
    for (const org of [usual, other])
      for (const object of ['Opportunity', 'Account', 'Contact'])
        expect(JSON.stringify(await org.records(object))).not.toContain('ive test');
  }, 120_000);

  it('does nothing unless an org is configured and named', () => {
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    const run = spawnSync('npm', ['run', '--silent', 'test:live', '--', 'salesforce'], {
      cwd: root,
      encoding: 'utf8',
      env,
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('No Salesforce is configured');
  }, 60_000);
});
