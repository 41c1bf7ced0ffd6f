import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  access,
  chown,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { freePort, isPortFree } from '../../free-port.ts';
import type { PostgresBinaries } from './binaries.ts';
import { isServerOf } from './processes.ts';
import type { RunsAs } from './unprivileged-user.ts';

export const SUPERUSER = 'tributary';
export const DATABASE = 'tributary';

/** Everything one server needs to be started, found again and stopped. */
export interface Server {
  binaries: PostgresBinaries;
  user: RunsAs;
  /** Folder owned by `user`, with `data` and `server.log` in it. */
  cluster: string;
  password: string;
  port: number;
  throwaway: boolean;
}

/** For a machine shared with everything else of ours: no parallel workers, no replication, loopback only. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  // A page, a command and half a dozen workers, each with a pool of its own.
  'max_connections=200',
  'shared_buffers=64MB',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_parallel_workers_per_gather=0',
  'io_method=sync',
  'jit=off',
  'autovacuum_naptime=15s',
  'log_checkpoints=off',
  'timezone=UTC',
];
/** Real data is synced to disk before it counts as committed, whatever postgresql.conf says. */
const DURABLE = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on'];
const THROWAWAY = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300'];

const MAX_LOG_BYTES = 10 * 1024 * 1024;
const START_PATIENCE_MS = 60_000;

export function dataFolder(server: Server): string {
  return path.join(server.cluster, 'data');
}

export function urlOf(server: Server, database = DATABASE): string {
  return `postgres://${SUPERUSER}:${server.password}@127.0.0.1:${server.port}/${database}`;
}

/** Makes the data folder unless it is there. A folder left half-made by a crash is made again. */
export async function initialise(server: Server): Promise<void> {
  const version = await readFile(path.join(dataFolder(server), 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) return checkVersion(server, version.trim());

  await mkdir(server.cluster, { recursive: true, mode: 0o700 });
  await giveTo(server.user, server.cluster);
  const unfinished = path.join(server.cluster, 'initialising');
  await rm(unfinished, { recursive: true, force: true });
  const passwordFile = path.join(server.cluster, `password-${randomBytes(6).toString('hex')}`);
  await writeFile(passwordFile, `${server.password}\n`, { mode: 0o600 });
  await giveTo(server.user, passwordFile);
  try {
    await run(server, server.binaries.initdb, [
      `--pgdata=${unfinished}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The same order of texts on every machine, whatever locales it has.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      ...(server.throwaway ? ['--no-sync'] : []),
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(unfinished, dataFolder(server));
}

/**
 * The port of a server of this folder that is already running and takes our password, or undefined. Waits for one
 * that is still starting or recovering.
 */
export async function findRunning(server: Server): Promise<number | undefined> {
  const deadline = Date.now() + START_PATIENCE_MS;
  for (;;) {
    const file = await readPidFile(server);
    if (file === undefined || !isServerOf(file.pid, await realpath(dataFolder(server)))) return undefined;
    if (file.port !== undefined && (await answers({ ...server, port: file.port }))) return file.port;
    if (Date.now() > deadline) {
      throw new Error(`PostgreSQL (process ${file.pid}) runs in ${dataFolder(server)} but does not answer`);
    }
    await sleep(100);
  }
}

/** Starts the server detached from this process and its terminal. Answers the port it listens on. */
export async function start(server: Server): Promise<number> {
  await removeStalePidFile(server);
  await rotateLog(server);
  const deadline = Date.now() + START_PATIENCE_MS;
  let port = server.port;
  for (;;) {
    if (!(await isPortFree(port))) port = await freePort();
    const failure = await tryStart(server, port);
    if (failure === undefined) return port;
    // Children of a killed server take a moment to notice; the port may have gone to somebody else meanwhile.
    const passing = /pre-existing shared memory|could not bind|Address already in use|lock file/i.test(
      failure,
    );
    if (!passing || Date.now() > deadline) throw new Error(`PostgreSQL did not start: ${failure}`);
    await sleep(300);
  }
}

/** Ends all sessions and stops the server, with everything written to disk. */
export async function stop(server: Server): Promise<void> {
  await run(server, server.binaries.pgCtl, [
    'stop',
    '-D',
    dataFolder(server),
    '-m',
    'fast',
    '-w',
    '-t',
    '60',
  ]).catch(async (error: unknown) => {
    if ((await readPidFile(server)) !== undefined) throw error;
  });
}

/** Makes our database unless it is there. */
export async function ensureDatabase(server: Server): Promise<void> {
  await withClient(server, async (client) => {
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rows.length === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  });
}

async function tryStart(server: Server, port: number): Promise<string | undefined> {
  const settings = [...SETTINGS, ...(server.throwaway ? THROWAWAY : DURABLE), `port=${port}`];
  const log = path.join(server.cluster, 'server.log');
  const before = await stat(log).then(
    (file) => file.size,
    () => 0,
  );
  // pg_ctl makes the server the leader of a session of its own: our Ctrl-C must not reach it, because the workers
  // still have answers to record while they drain.
  const args = ['start', '-D', dataFolder(server), '-l', log, '-w', '-t', '60', '-s'];
  const options = settings.map((setting) => `-c ${setting}`).join(' ');
  return run(server, server.binaries.pgCtl, [...args, '-o', options]).then(
    () => undefined,
    async (error: Error) => `${error.message}\n${await readFrom(log, before)}`.trim(),
  );
}

async function readPidFile(server: Server): Promise<{ pid: number; port: number | undefined } | undefined> {
  const text = await readFile(path.join(dataFolder(server), 'postmaster.pid'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // Lines: process id, data folder, start time, port, socket folder, address, shared memory, status.
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number.isInteger(port) && port > 0 ? port : undefined };
}

async function removeStalePidFile(server: Server): Promise<void> {
  const file = await readPidFile(server);
  if (file === undefined || isServerOf(file.pid, await realpath(dataFolder(server)))) return;
  await rm(path.join(dataFolder(server), 'postmaster.pid'), { force: true });
}

async function answers(server: Server): Promise<boolean> {
  return withClient(server, async (client) => {
    const shown = await client.query<{ data_directory: string }>('SHOW data_directory');
    return (await realpath(shown.rows[0]?.data_directory ?? '')) === (await realpath(dataFolder(server)));
  }).catch((error: unknown) => {
    if ((error as { code?: string }).code === '28P01') {
      throw new Error(
        `PostgreSQL in ${dataFolder(server)} does not take the password kept in server.json beside it: ` +
          'put back the server.json that belongs to this data, or move the data folder away to begin anew.',
      );
    }
    return false;
  });
}

async function withClient<T>(server: Server, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: urlOf(server, 'postgres'),
    connectionTimeoutMillis: 5000,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function checkVersion(server: Server, found: string): Promise<void> {
  const shown = await run(server, server.binaries.postgres, ['--version']);
  const ours = /\) (\d+)/.exec(shown)?.[1];
  if (ours === found) return;
  throw new Error(
    `The data in ${dataFolder(server)} belongs to PostgreSQL ${found}, installed is ${ours}: ` +
      'install the Tributary version it was made with, dump it with pg_dump, and restore it into the new one.',
  );
}

async function rotateLog(server: Server): Promise<void> {
  const log = path.join(server.cluster, 'server.log');
  const size = await stat(log).then(
    (file) => file.size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await rename(log, `${log}.1`);
}

async function readFrom(file: string, position: number): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(size - position, 0)), { position });
    return buffer.toString('utf8', 0, bytesRead).slice(-2000);
  } finally {
    await handle.close();
  }
}

async function giveTo(user: RunsAs, file: string): Promise<void> {
  await access(file);
  if ('uid' in user.ids) await chown(file, user.ids.uid, user.ids.gid);
}

/**
 * Runs one of PostgreSQL's programs as the server's user. It gets none of our environment: PG* variables would
 * redirect it, and our credentials are not for another user's processes.
 */
function run(server: Server, program: string, args: readonly string[]): Promise<string> {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C', TZ: 'UTC' };
  for (const name of ['PATH', 'SystemRoot', 'TEMP', 'TMP']) {
    if (process.env[name] !== undefined) env[name] = process.env[name];
  }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...server.user.ids,
      cwd: server.cluster,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${path.basename(program)} ended with ${code}: ${output.trim().slice(-2000)}`));
    });
  });
}
