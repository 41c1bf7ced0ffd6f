/**
 * The services of one test run, in a process of their own: jest's workers cannot own them (they come and go), and
 * jest itself may be killed. Prints one line of JSON when all is ready; stops everything when its input ends,
 * which is what the death of jest, however it dies, brings about.
 */
import { chmod, mkdtemp, readFile, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { isAlive, isServerOf } from '../../src/platform/database/embedded/processes.ts';
import { startRedisServer } from './redis-server.ts';
import { TEMPLATE_DATABASE } from './template.ts';

const FOLDER_PREFIX = 'tributary-test-services-';

await removeLeftovers();
const folder = await mkdtemp(path.join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
// As root the server runs as another user, who has to get in.
await chmod(folder, 0o755);
const [postgres, redis] = await Promise.all([
  startEmbeddedPostgres({ dataDir: folder, throwaway: true }),
  startRedisServer(path.join(folder, 'redis')),
]);
const failure = await prepareTemplate(postgres.url).then(
  () => undefined,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
);

process.stdout.write(
  `${JSON.stringify({ postgresUrl: postgres.url, redisUrl: redis?.url ?? null, failure: failure ?? null })}\n`,
);

let stopping = false;
process.stdin.on('end', stopAll).on('error', stopAll).resume();
process.on('SIGTERM', stopAll);
process.on('SIGINT', () => undefined);

function stopAll(): void {
  if (stopping) return;
  stopping = true;
  void Promise.allSettled([postgres.stop(), redis?.stop()])
    .then(() => rm(folder, { recursive: true, force: true }))
    .finally(() => process.exit(0));
}

/** One migrated database that the others are cloned from: cloning takes a tenth of migrating. */
async function prepareTemplate(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  } finally {
    await client.end();
  }
  const url = new URL(ownerUrl);
  url.pathname = `/${TEMPLATE_DATABASE}`;
  await migrate(url.toString());
}

/** A run whose daemon itself was killed leaves servers without an owner, which nothing would ever stop. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const left = path.join(tmpdir(), name);
    await endServer(path.join(left, 'postgres/cluster/data'), 'postmaster.pid');
    await endServer(path.join(left, 'redis'), 'redis.pid');
    await rm(left, { recursive: true, force: true });
  }
}

async function endServer(dataFolder: string, pidFile: string): Promise<void> {
  const text = await readFile(path.join(dataFolder, pidFile), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (Number.isNaN(pid) || !isServerOf(pid, await realpath(dataFolder))) return;
  process.kill(pid, 'SIGINT');
  for (let tries = 0; tries < 500 && isAlive(pid); tries += 1) await sleep(20);
}
