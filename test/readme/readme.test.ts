/**
 * Runs every command of the README and the guides as a newcomer pastes it: in order, in a fresh copy of the tree, against
 * a real `npm start`. What a block needs is said by an HTML comment right above it, which readers do not see:
 *
 *   not run here: WHY          cannot run without something real; named below in `notRunHere`
 *   runs until stopped         is started, says that it is running, and ends by Ctrl-C
 *   may end with 1             reports what is under way
 *   in production              runs with the variables of the README's production block, on the test's own services
 *   against a local HubSpot    https://api.hubapi.com is a fresh local portal
 *   a real connection          variables of a real CRM: the configuration is read with them, nothing is called
 *   before the start           variables that `npm start` is given
 *   file: NAME                 is saved under this name
 *   the answer                 what the block before printed, as JSON
 *   in the answer              lines of what the block before printed
 *   begins the answer          how what the block before printed begins
 *
 * docs/salesforce.md and docs/hubspot.md are run by tests of their own; salesforce-guide.test.ts says what their marks mean.
 * A new block without a mark is run; a command in any other kind of block fails the test.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { parse } from 'yaml';
import { holdReasons } from '../../src/commissions/held.ts';
import { syncErrorKinds } from '../../src/crm/sync-error.ts';
import { sourcePaths, Transform, WriteRow } from '../../src/mapping/schema.ts';
import { variables } from '../../src/platform/config/variables.ts';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded.ts';
import { createTestDatabase } from '../services/database.ts';
import type { TestDatabase } from '../services/database.ts';
import { copyTree, plainEnvironment, runLines, shortNpx, startUntilStopped } from './newcomer.ts';
import type { Ran, Running } from './newcomer.ts';
import { exists, leaves, slug, uses } from './names-on-page.ts';
import { has, isNotRunHere, markValue, place, readPage, readVariables } from './read-page.ts';
import type { Block } from './read-page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** In the order a newcomer reads them; a page not named here is run at the end. */
const readingOrder = [
  'README.md',
  'docs/registering-deals.md',
  'docs/commission-plans.md',
  'docs/mapping.md',
  'docs/operations.md',
  'docs/salesforce.md',
  'docs/hubspot.md',
  'docs/connect-hubspot.md',
  'docs/architecture.md',
];
/** Followed in an org of its own, by a test of its own; all other checks are here. */
const followedElsewhere = [
  { page: 'docs/salesforce.md', by: 'test/readme/salesforce-guide.test.ts' },
  { page: 'docs/hubspot.md', by: 'test/readme/hubspot-guide.test.ts' },
];
const found = readdirSync(`${root}/docs`).filter((name) => name.endsWith('.md'));
const pages = [...new Set([...readingOrder, ...found.map((name) => `docs/${name}`)])];
const followedHere = pages.filter((page) => followedElsewhere.every((other) => other.page !== page));
const read = new Map(pages.map((page) => [page, readPage(root, page)]));
const blocks = [...read.values()].flatMap((page) => page.blocks);

/** Whole lines that are run somewhere else, and are left out of their blocks here. */
const runElsewhere: readonly { line: RegExp; where: string }[] = [
  { line: /^npm ci && npm start$/, where: 'npm ci by .ci/run, npm start here: all else runs against it' },
  { line: /^npm ci && npm test$/, where: 'by .ci/run: it is what runs this test' },
  { line: /^npm (ci|run check)$/, where: 'by .ci/run' },
  { line: /^npm run bench( .*)?$/, where: 'by hand: it needs the machine for itself' },
];

/** Blocks marked "not run here", by page and command. */
const notRunHere = [
  'docs/operations.md: npx tributary redrive 01a2072e-9ef7-70f5-9ab3-285430f0006a --connection salesforce --recreate',
  'docs/salesforce.md: npx tributary connect salesforce --login-url https://your-domain.my.salesforce.com',
  'docs/salesforce.md: npm run test:live -- salesforce --org 00D000000000001EAA',
  'docs/connect-hubspot.md: npx tributary connections',
  'docs/connect-hubspot.md: npx tributary doctor',
  'docs/connect-hubspot.md: npx tributary connect hubspot',
  'docs/connect-hubspot.md: npm run test:live -- hubspot --portal 12345678',
];

const isCommand = (line: string): boolean => /^\s*\$?\s*(npx|npm|node|curl|openssl|tributary)\s/.test(line);

let tree: Awaited<ReturnType<typeof copyTree>>;
let server: Running;
let url: string;
let localHubspot: Running;
let hubspot: { url: string; credentials: { privateAppToken: string } };
let production: TestDatabase;
const ran: { block: Block; result: Ran }[] = [];

beforeAll(async () => {
  [tree, production] = await Promise.all([copyTree(root), createTestDatabase()]);
  const given = blocks.filter((block) => has(block, 'before the start')).map(readVariables);
  const env = plainEnvironment({ ...Object.assign({}, ...given), TRIBUTARY_HTTP_PORT: '0' });
  server = await startUntilStopped(tree.folder, 'npm start', env, (printed) => printed.includes('Ctrl-C'));
  url = /is running: (\S+)/.exec(server.printed)?.[1] ?? '';
  const alone = 'npx tributary sandbox --only hubspot --preset fresh --json';
  const isReady = (printed: string): boolean => printed.includes('\n');
  localHubspot = await startUntilStopped(tree.folder, alone, plainEnvironment({}), isReady);
  hubspot = (JSON.parse(localHubspot.printed) as { hubspot: typeof hubspot }).hubspot;
}, 180_000);

afterAll(async () => {
  const stopped = await server.interrupt();
  await localHubspot.interrupt();
  await production.drop();
  await tree.remove();
  expect(stopped.stderr).toContain('Stopped.');
}, 120_000);

describe('the commands of the README and the guides', () => {
  it.each(followedHere)(
    'work as %s says, one after the other',
    async (page) => {
      const session = path.join(tree.folder, '.session', page.replace(/\W/g, '-'));
      await mkdir(path.dirname(session), { recursive: true });
      await writeFile(session, '');
      let before = '';
      for (const block of read.get(page)?.blocks ?? []) {
        const name = markValue(block, 'file');
        if (name !== undefined) await writeFile(path.join(tree.folder, name), `${block.text}\n`);
        if (block.language === 'sh') before = await runBlock(block, session);
        else if (block.language === 'sql') await runSql(block.text);
        else if (block.language === 'dotenv') await readAsConfiguration(block);
        else if (block.language === 'json') JSON.parse(block.text);
        else if (block.language === 'yaml') parse(block.text);
        if (has(block, 'the answer')) expect(JSON.parse(before)).toEqual(JSON.parse(block.text));
        if (has(block, 'in the answer'))
          for (const line of block.text.split('\n')) expect(before).toContain(line.trim());
        if (has(block, 'begins the answer')) expect(before.slice(0, block.text.length)).toBe(block.text);
      }
    },
    600_000,
  );

  it('are all run, but for those named here', () => {
    const marked = blocks
      .filter(isNotRunHere)
      .flatMap((block) => block.text.split('\n').map((line) => `${block.page}: ${line}`));
    expect(marked).toEqual(notRunHere);
    process.stderr.write(`Not run here:\n  ${notRunHere.join('\n  ')}\n`);
    for (const { page, by } of followedElsewhere) {
      expect(existsSync(`${root}/${by}`)).toBe(true);
      process.stderr.write(`  all of ${page}: by ${by}\n`);
    }
    for (const { line, where } of runElsewhere) process.stderr.write(`  ${line.source}: ${where}\n`);
    const ci = readFileSync(`${root}/.ci/run`, 'utf8');
    for (const command of ['npm ci', 'npm test', 'npm run check']) expect(ci).toContain(command);
    const hidden = blocks.filter(
      (block) => block.language !== 'sh' && block.text.split('\n').some(isCommand) && !has(block, 'file'),
    );
    expect(hidden.map(place)).toEqual([]);
  });

  it('are all commands there are', () => {
    const elsewhere = blocks.filter(
      (block) =>
        followedElsewhere.some(({ page }) => page === block.page) &&
        block.language === 'sh' &&
        !isNotRunHere(block),
    );
    const lines = [...ran.map(({ block }) => block), ...elsewhere].flatMap(({ text }) => text.split('\n'));
    const unused = leaves().filter(
      (command) => command !== 'start' && !lines.some((line) => uses(line, command)),
    );
    expect(unused).toEqual([]);
  });
});

describe('the README and the guides', () => {
  it('list every command, and name none that is not there', () => {
    const readme = read.get('README.md')?.source ?? '';
    const table = readme.slice(readme.indexOf('| `npx tributary …`'));
    expect(leaves().filter((command) => !table.includes(`\`${command}\``))).toEqual([]);
    for (const [page, { source }] of read) {
      for (const [, command = ''] of source.matchAll(/\btributary ((?!…)[a-z-]+(?: [a-z]+)?)\b/g))
        expect({ page, command, exists: exists(command) }).toEqual({ page, command, exists: true });
    }
  });

  it('name only variables that are read', () => {
    const own = /\b(?:TRIBUTARY|SALESFORCE|HUBSPOT)_[A-Z_]*[A-Z]\b|\b(?:DATABASE|REDIS)_URL\b/g;
    const named = [...read].flatMap(([page, { source }]) =>
      [...source.matchAll(own)].map(([name]) => ({ page, name })),
    );
    expect(named.filter(({ name }) => !Object.hasOwn(variables, name))).toEqual([]);
  });

  it('link to what is there', () => {
    const broken = [...read].flatMap(([page, { source }]) =>
      [...source.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^https?:/.test(target) && !leads(page, target))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('explain every value and step of a mapping, every kind of trouble and every reason for a hold', () => {
    const mapping = read.get('docs/mapping.md')?.source ?? '';
    const steps = Transform.options.flatMap((option) =>
      'options' in option ? option.options : [Object.keys(option.shape)[0] ?? ''],
    );
    expect(sourcePaths.filter((from) => !mapping.includes(`\`${from}\``))).toEqual([]);
    expect(steps.filter((step) => !new RegExp(`\`(\\{ )?${step}\\b`).test(mapping))).toEqual([]);
    const operations = read.get('docs/operations.md')?.source ?? '';
    expect(syncErrorKinds.filter((kind) => !operations.includes(`\`${kind}\``))).toEqual([]);
    const plans = read.get('docs/commission-plans.md')?.source ?? '';
    expect(holdReasons.filter((reason) => !plans.includes(`\`${reason}\``))).toEqual([]);
  });

  it('show mapping rows that the mapping reader takes', () => {
    const [rows] = blocks.filter((block) => block.page === 'docs/mapping.md' && block.language === 'yaml');
    for (const row of parse(rows?.text ?? '') as unknown[])
      expect(WriteRow.safeParse(row)).toMatchObject({ success: true });
  });
});

/** @returns what the block printed */
async function runBlock(block: Block, session: string): Promise<string> {
  if (isNotRunHere(block)) return '';
  const lines = block.text
    .split('\n')
    .filter((line) => !runElsewhere.some((other) => other.line.test(line.trim())))
    .join('\n')
    .replaceAll('http://127.0.0.1:8466', url);
  if (lines.trim() === '') return '';
  if (has(block, 'runs until stopped')) return runUntilStopped(block, lines);
  const result = await runLines(
    tree.folder,
    has(block, 'in production') ? lines : inSession(block, lines, session),
    environmentOf(block),
  );
  ran.push({ block, result });
  const allowed = [0, 1, 2].filter((code) => code === 0 || has(block, `may end with ${code}`));
  if (!allowed.includes(result.code ?? -1))
    throw new Error(
      `${place(block)} ended with ${String(result.code)}:\n${lines}\n${result.stdout}\n${result.stderr}`,
    );
  return result.stdout;
}

/** Variables set in one block are known in the next of the page, as in one terminal. */
function inSession(block: Block, lines: string, session: string): string {
  const text = has(block, 'against a local HubSpot')
    ? lines.replaceAll('https://api.hubapi.com', hubspot.url)
    : lines;
  // Failing answers of the portal must fail the block; a reader sees them anyway.
  const strict = has(block, 'against a local HubSpot')
    ? text.replaceAll('curl -sS', 'curl -sS --fail-with-body')
    : text;
  return `set -a; . '${session}'\n${strict}\n{ export -p; echo '${shortNpx(tree.folder).replaceAll("'", `'\\''`)}'; } > '${session}'`;
}

async function runUntilStopped(block: Block, lines: string): Promise<string> {
  const isReady = (printed: string): boolean => /running|"salesforce"/.test(printed);
  const running = await startUntilStopped(tree.folder, lines, environmentOf(block), isReady);
  const result = await running.interrupt();
  ran.push({ block, result });
  // npx dies of the same Ctrl-C once its child has ended; a child that failed would have answered with its own code.
  expect({ at: place(block), ended: [null, 0, 130].includes(result.code), ...result }).toMatchObject({
    ended: true,
  });
  if (lines.includes('serve') || lines.includes('work')) expect(result.stderr).toContain('Stopped.');
  return result.stdout;
}

function environmentOf(block: Block): Record<string, string> {
  if (has(block, 'in production')) return plainEnvironment(productionVariables());
  const admin = has(block, 'against a local HubSpot')
    ? { ADMIN_TOKEN: hubspot.credentials.privateAppToken }
    : {};
  return plainEnvironment({ TRIBUTARY_HTTP_PORT: '0', ...admin });
}

/** As the README has them, but for what only the reader has: services, ports, a plan. */
function productionVariables(): Record<string, string> {
  const [block] = blocks.filter((each) => has(each, 'in production') && each.language === 'dotenv');
  if (!block) throw new Error('the README has no production block');
  return {
    ...readVariables(block),
    DATABASE_URL: production.url,
    // Empty counts as unset: wakes then go through PostgreSQL.
    REDIS_URL: process.env['TRIBUTARY_TEST_REDIS_URL'] ?? '',
    TRIBUTARY_HTTP_HOST: '127.0.0.1',
    TRIBUTARY_HTTP_PORT: '0',
    TRIBUTARY_PLAN_FILE: 'src/commissions/default-plan.yaml',
  };
}

/** `mail list` reads the whole configuration and opens nothing. */
async function readAsConfiguration(block: Block): Promise<void> {
  const given = has(block, 'in production') ? productionVariables() : readVariables(block);
  const result = await runLines(tree.folder, 'npx tributary mail list', plainEnvironment(given));
  expect({ at: place(block), ...result }).toMatchObject({ code: 0 });
}

async function runSql(sql: string): Promise<void> {
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(tree.folder, '.tributary') });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
    await postgres.stop();
  }
}

function leads(page: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const at = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(root, at))) return false;
  if (anchor === undefined) return true;
  const source = read.get(at)?.source ?? '';
  const headings = [...source.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slug(heading));
  return headings.includes(anchor);
}
