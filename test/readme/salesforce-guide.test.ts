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
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyTree, plainEnvironment, runLines, shortNpx, startUntilStopped } from './newcomer.ts';
import type { Running } from './newcomer.ts';
import { openNewcomersOrg } from './newcomers-org.ts';
import type { NewcomersOrg } from './newcomers-org.ts';
import { has, isNotRunHere, markValue, place, readPage, readVariables } from './read-page.ts';
import type { Block } from './read-page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const guide = readPage(root, 'docs/salesforce.md');
const blocks = guide.blocks.filter((block) => !isNotRunHere(block));
const steps = [...new Set(blocks.map(({ section }) => section))];
const partnerAccount = '001000000000001AAA';

let tree: Awaited<ReturnType<typeof copyTree>>;
let org: NewcomersOrg | undefined;
let server: Running | undefined;
let env = plainEnvironment({});
/** What the block before printed, on both streams. */
let answer = '';

beforeAll(async () => {
  tree = await copyTree(root);
}, 60_000);

afterAll(async () => {
  const stopped = await server?.interrupt();
  await org?.close();
  await tree.remove();
  expect(stopped?.stderr).toContain('Stopped.');
}, 120_000);

/** What is so after a step, and its reader is told. */
const afterwards: Readonly<Record<string, () => Promise<void>>> = {
  '5. Start and check': async () => {
    const faults = [...answer.matchAll(/^FIX {2}(.+?): /gm)].map(([, check]) => check);
    expect(faults).toEqual(['commission plan', 'payout endpoint', 'salesforce']);
    expect(answer).toContain('FIX  salesforce: gate: in shadow');
  },
  '7. Register the first deal': async () => {
    expect(await inOrg().records('Opportunity')).toEqual([]);
    expect(await inOrg().records('Contact')).toEqual([]);
    expect((await inOrg().records('Account')).map(({ Id }) => Id)).toEqual([partnerAccount]);
  },
  '8. Go live': expectOneTaggedOpportunity,
  '9. Look at it in Salesforce': async () => {
    await expectOneTaggedOpportunity();
    const { stdout } = await runLines(tree.folder, `${shortNpx(tree.folder)}; npx tributary doctor`, env);
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
      for (const block of blocks.filter(({ section }) => section === step)) await follow(block);
      await afterwards[step]?.();
    },
    300_000,
  );

  it('has the steps after which the org is looked at', () => {
    expect(Object.keys(afterwards).filter((step) => !steps.includes(step))).toEqual([]);
  });
});

async function follow(block: Block): Promise<void> {
  const name = markValue(block, 'file');
  if (name !== undefined) await writeFile(path.join(tree.folder, name), `${block.text}\n`);
  else if (block.language === 'dotenv') await writeCredentials(block);
  else if (has(block, 'in the answer'))
    expect({ at: place(block), lacks: lacking(block) }).toMatchObject({ lacks: [] });
  else if (block.language === 'sh') await run(block);
  else throw new Error(`${place(block)}: nothing says what this block is for`);
}

async function writeCredentials(block: Block): Promise<void> {
  await writeFile(path.join(tree.folder, '.env'), `${block.text}\n`);
  org = await openNewcomersOrg({
    variables: readVariables(block),
    appCertificate: await readFile(path.join(tree.folder, 'salesforce.crt'), 'utf8'),
    administrator: 'admin@example.com',
    records: {
      Account: [{ Id: partnerAccount, Name: 'River North Consulting', Website: 'https://rivernorth.com' }],
    },
    folder: tree.folder,
  });
  env = plainEnvironment({ ...org.env, TRIBUTARY_HTTP_PORT: '0' });
}

async function run(block: Block): Promise<void> {
  if (has(block, 'keeps running')) {
    server = await startUntilStopped(tree.folder, block.text, env, (printed) =>
      printed.includes('secrets.json'),
    );
    const url = /is running: (\S+)/.exec(server.printed)?.[1] ?? '';
    answer = server.printed.replaceAll(url, 'http://127.0.0.1:8466');
    return;
  }
  const shown = blocks[blocks.indexOf(block) + 1];
  const isFirst = block === blocks.find(({ text }) => text.includes('npx tributary'));
  const lines = isFirst ? block.text : `${shortNpx(tree.folder)}\n${block.text}`;
  for (let times = 1; ; times++) {
    const { code, stdout, stderr } = await runLines(tree.folder, lines, env);
    answer = stdout + stderr;
    if (code !== 0 && !has(block, `may end with ${String(code)}`))
      throw new Error(`${place(block)} ended with ${String(code)}:\n${block.text}\n${answer}`);
    if (!shown || !has(block, 'again until it answers so') || lacking(shown).length === 0 || times === 20)
      return;
  }
}

/** Lines of the block that were not printed. @returns with them, for whoever reads the failure, what was */
function lacking(block: Block): string[] {
  const printed = answer.split('\n');
  const missing = block.text.split('\n').filter((line) => {
    const parts = line.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const wanted = new RegExp(`^${parts.join('.*')}`);
    return !printed.some((each) => wanted.test(each));
  });
  return missing.length === 0 ? [] : [...missing, `printed was:\n${answer}`];
}

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
