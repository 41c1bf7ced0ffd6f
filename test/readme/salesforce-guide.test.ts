/**
 * Follows docs/salesforce.md as an administrator does who has never seen this project: every command as it stands there, one
 * after the other, in a fresh copy of the tree, with an org of its own that nobody has prepared. The names, the key, the address
 * and the consumer key are the guide's own. What its reader does in Setup (two users, the app with the certificate, the
 * partner's account) is done by newcomers-org.ts, when the guide has its reader write `.env`. Marks of blocks, beside those
 * of readme.test.ts:
 *
 *   keeps running              is started, and stays until the end
 *   again until it answers so  is run again until it prints what the next block shows
 *   in the answer              lines of what the block before printed; … stands for anything
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openFollower, stepsOf, type Follower } from './follow-guide.ts';
import { openNewcomersOrg } from './newcomers-org.ts';
import type { NewcomersOrg } from './newcomers-org.ts';
import { readVariables } from './read-page.ts';

const page = 'docs/salesforce.md';
const steps = stepsOf(page);
const partnerAccount = '001000000000001AAA';

let guide: Follower;
let org: NewcomersOrg | undefined;

beforeAll(async () => {
  guide = await openFollower(page, async (block, folder) => {
    org = await openNewcomersOrg({
      variables: readVariables(block),
      appCertificate: await readFile(path.join(folder, 'salesforce.crt'), 'utf8'),
      administrator: 'admin@example.com',
      records: {
        Account: [{ Id: partnerAccount, Name: 'River North Consulting', Website: 'https://rivernorth.com' }],
      },
      folder,
    });
    return org.env;
  });
}, 60_000);

afterAll(async () => {
  const stopped = await guide.close();
  await org?.close();
  expect(stopped?.stderr).toContain('Stopped.');
}, 120_000);

/** What is so after a step, and its reader is told. */
const afterwards: Readonly<Record<string, () => Promise<void>>> = {
  '5. Start and check': async () => {
    const faults = [...guide.answer().matchAll(/^FIX {2}(.+?): /gm)].map(([, check]) => check);
    expect(faults).toEqual(['commission plan', 'payout endpoint', 'salesforce']);
    expect(guide.answer()).toContain('FIX  salesforce: gate: in shadow');
  },
  '7. Register the first deal': async () => {
    expect(await inOrg().records('Opportunity')).toEqual([]);
    expect(await inOrg().records('Contact')).toEqual([]);
    expect((await inOrg().records('Account')).map(({ Id }) => Id)).toEqual([partnerAccount]);
  },
  '8. Go live': expectOneTaggedOpportunity,
  '9. Look at it in Salesforce': async () => {
    await expectOneTaggedOpportunity();
    const { stdout } = await guide.run('npx tributary doctor');
    const faults = [...stdout.matchAll(/^FIX {2}(.+): .+$/gm)].map(([, check]) => check);
    expect(faults).toEqual(['commission plan', 'payout endpoint']);
    expect(stdout).toContain('ok   salesforce: gate: live');
  },
  '10. Take it back': async () => {
    const objects = ['Opportunity', 'Account', 'Contact'];
    const left = (await Promise.all(objects.map((object) => inOrg().records(object)))).flat();
    expect(left).toHaveLength(4);
    const ours = left.flatMap(Object.keys).filter((field) => field.startsWith('Tributary_'));
    expect(ours).toEqual([]);
  },
};

describe('the Salesforce guide, followed in an org that nobody prepared', () => {
  it.each(steps)(
    'does what it says in "%s"',
    async (step) => {
      await guide.follow(step);
      await afterwards[step]?.();
    },
    300_000,
  );

  it('has the steps after which the org is looked at', () => {
    expect(Object.keys(afterwards).filter((step) => !steps.includes(step))).toEqual([]);
  });
});

function inOrg(): NewcomersOrg {
  if (!org) throw new Error('the guide did not have its reader write .env');
  return org;
}

async function expectOneTaggedOpportunity(): Promise<void> {
  const opportunities = await inOrg().records('Opportunity');
  expect(opportunities).toHaveLength(1);
  const [made = {}] = opportunities;
  expect(made).toMatchObject({
    Name: 'Acme GmbH – Platform',
    LeadSource: 'Partner Referral',
    Tributary_Partner__c: 'River North Consulting',
    Tributary_Partner_Account__c: partnerAccount,
    Tributary_Partner_Sourced__c: true,
  });
  const key = String(made['Tributary_Deal_Id__c']);
  expect(key).toMatch(/^[0-9a-f-]{36}$/);
  expect(made['Tributary_Registration_URL__c']).toMatch(new RegExp(`/deals/${key}$`));
  const users = await inOrg().records('User');
  const author = users.find(({ Id }) => Id === made['CreatedById']);
  expect(author?.['Username']).toBe('integration@example.com');
  const customers = (await inOrg().records('Account')).filter(({ Id }) => Id !== partnerAccount);
  expect(customers).toMatchObject([{ Id: made['AccountId'], Name: 'Acme GmbH' }]);
  expect(await inOrg().records('OpportunityContactRole')).toMatchObject([{ OpportunityId: made['Id'] }]);
}
