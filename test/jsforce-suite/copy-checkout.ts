import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const VERSION = '3.10.16';

const HOW_TO = `Make a checkout of jsforce at tag ${VERSION} and install what its tests need (from the network, once):
  git clone https://github.com/jsforce/jsforce /tmp/jsforce
  cd /tmp/jsforce && git checkout ${VERSION} && npm ci --ignore-scripts
Then: npm run check:jsforce -- --checkout /tmp/jsforce`;

/** What keeps a checkout from being run, and what to do about it; undefined when nothing does. */
export async function checkCheckout(checkout: string | undefined): Promise<string | undefined> {
  if (checkout === undefined) return `No checkout of jsforce was named.\n${HOW_TO}`;
  const manifest = path.join(checkout, 'package.json');
  if (!existsSync(manifest)) return `${checkout} is no checkout of jsforce.\n${HOW_TO}`;
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version?: string };
  if (version !== VERSION) return `${checkout} is jsforce ${String(version)}, not ${VERSION}.\n${HOW_TO}`;
  if (!existsSync(path.join(checkout, 'node_modules/.bin/jest')))
    return `The dependencies of ${checkout} are not installed.\n${HOW_TO}`;
  return undefined;
}

/** Copies a checkout to a folder of its own, builds it, and wakes the tests that are skipped upstream for want of a browser. */
export async function copyCheckout(checkout: string): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'jsforce-suite-'));
  const modules = path.resolve(checkout, 'node_modules');
  await cp(checkout, folder, {
    recursive: true,
    filter: (source) => !['node_modules', '.git'].includes(path.relative(checkout, source)),
  });
  await symlink(modules, path.join(folder, 'node_modules'));
  await promisify(execFile)(path.join(modules, '.bin/tsc'), ['-p', '.'], { cwd: folder });
  for (const file of ['connection-session', 'oauth2'])
    await unskip(path.join(folder, 'test', `${file}.test.ts`));
  await writeFile(path.join(folder, 'test/helper/webauth/index.ts'), LOGIN_WITHOUT_BROWSER);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function unskip(file: string): Promise<void> {
  const source = await readFile(file, 'utf8');
  await writeFile(file, source.replaceAll(/^(\s*)describe\.skip\(/gm, '$1describe('));
}

/**
 * In place of the helper that types into a login page in a browser: the sandbox's authorize endpoint takes the
 * credentials as parameters and answers with the redirect that the browser would have been sent to.
 */
const LOGIN_WITHOUT_BROWSER = `
export default async function authorize(url: string, username: string, password: string): Promise<any> {
  const login = new URL(url);
  login.searchParams.set('username', username);
  login.searchParams.set('password', password);
  const answer = await fetch(login, { redirect: 'manual' });
  const location = answer.headers.get('location');
  if (answer.status !== 302 || location === null) throw new Error(\`authorize answered \${answer.status}\`);
  return Object.fromEntries(new URL(location).searchParams);
}
`;
