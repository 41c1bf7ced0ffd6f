import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../../src/platform/free-port.ts';

export interface RedisServer {
  url: string;
  port: number;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port after `kill`, with nothing in it. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Whether this machine has a redis-server. */
export function hasRedisServer(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** Starts a redis-server on a free port of loopback, nothing kept on disk. Undefined where there is none. */
export async function startRedisServer(
  folder: string,
  extraArgs: readonly string[] = [],
): Promise<RedisServer | undefined> {
  if (!hasRedisServer()) return undefined;
  await mkdir(folder, { recursive: true });
  const port = await portWithRoomAbove();
  let child = await launch(port, folder, extraArgs);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGKILL');
      child = await launch(port, folder, extraArgs);
    },
    stop: () => end('SIGTERM'),
  };
}

/** A cluster node also listens ten thousand ports higher. */
async function portWithRoomAbove(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + 10_000 < 65_536) return port;
  }
}

async function launch(port: number, folder: string, extraArgs: readonly string[]): Promise<ChildProcess> {
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
    '--pidfile',
    path.join(folder, 'redis.pid'),
  ];
  const child = spawn('redis-server', [...args, '--maxmemory-policy', 'noeviction', ...extraArgs], {
    stdio: 'ignore',
  });
  child.on('error', () => undefined);
  await waitUntilReady(port, child);
  return child;
}

async function waitUntilReady(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode} at start`);
    const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    const ready = await client
      .connect()
      .then(() => client.ping())
      .then(
        () => true,
        () => false,
      );
    client.disconnect();
    if (ready) return;
    await sleep(25);
  }
  throw new Error(`redis-server on port ${port} did not answer`);
}
