import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { redisForTests } from '../../../test/services/redis.ts';
import { startRedisServer } from '../../../test/services/redis-server.ts';
import type { RedisServer } from '../../../test/services/redis-server.ts';
import { freePort } from '../free-port.ts';
import { silentLogger } from '../logging.ts';
import { openQueues } from './queues.ts';
import { parseRedisUrl } from './redis-address.ts';

describe('a REDIS_URL', () => {
  it('names one server, a Sentinel group or a cluster', () => {
    expect(parseRedisUrl('rediss://:pw@cache:6380/2')).toEqual({
      kind: 'single',
      url: 'rediss://:pw@cache:6380/2',
    });
    expect(
      parseRedisUrl('rediss+sentinel://me:p%40ss@s1:26380,s2,[::1]:3/main/4?sentinelPassword=sp'),
    ).toEqual({
      kind: 'sentinel',
      sentinels: [
        { host: 's1', port: 26_380 },
        { host: 's2', port: 26_379 },
        { host: '::1', port: 3 },
      ],
      master: 'main',
      db: 4,
      tls: true,
      credentials: { username: 'me', password: 'p@ss' },
      sentinelPassword: 'sp',
    });
    expect(parseRedisUrl('redis+cluster://n1,n2:7001')).toEqual({
      kind: 'cluster',
      nodes: [
        { host: 'n1', port: 6379 },
        { host: 'n2', port: 7001 },
      ],
      tls: false,
      credentials: { username: undefined, password: undefined },
    });
  });

  it.each([
    ['http://cache', 'is not a Redis address'],
    ['cache:6379', 'is not a Redis address'],
    ['redis+sentinel://s1:26379', 'names no master'],
    ['redis+sentinel://s1:26379/main/x', 'not a database number'],
    ['redis+cluster://n1:port', 'not a host and port'],
  ])('that is none of these, %s, is refused', (url, problem) => {
    expect(() => parseRedisUrl(url)).toThrow(problem);
  });
});

const shared = redisForTests();
const skip = 'skip' in shared ? shared.skip : undefined;

describe('queues on a Redis that is not a single server', () => {
  if (skip !== undefined) {
    it.skip(`are not tested: ${skip}`, () => undefined);
    return;
  }

  let folder: string;
  const stops: Array<() => Promise<unknown> | void> = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tributary-redis-'));
  });

  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('work on a cluster', async () => {
    const node = await started('cluster', ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
    const client = new Redis(node.url);
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    while (!((await client.call('CLUSTER', 'INFO')) as string).includes('cluster_state:ok')) await sleep(20);
    await client.quit();
    await wakeAndWork(`redis+cluster://127.0.0.1:${node.port}`);
  });

  it('work behind Sentinel', async () => {
    const master = await started('master', []);
    const port = await freePort();
    const configuration = path.join(folder, 'sentinel.conf');
    await writeFile(
      configuration,
      `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor main 127.0.0.1 ${master.port} 1\n`,
    );
    const sentinel = spawn('redis-server', [configuration, '--sentinel'], { stdio: 'ignore' });
    stops.push(() => void sentinel.kill('SIGKILL'));
    await wakeAndWork(`redis+sentinel://127.0.0.1:${port}/main`);
    // ioredis keeps a timer of two seconds for the connections it asks the sentinel on, after they are closed.
    stops.unshift(() => sleep(2000));
  });

  async function started(name: string, args: string[]): Promise<RedisServer> {
    const server = await startRedisServer(path.join(folder, name), args);
    if (server === undefined) throw new Error('redis-server went away');
    stops.push(() => server.stop());
    return server;
  }

  async function wakeAndWork(redisUrl: string): Promise<void> {
    const queues = await openQueues({ redisUrl, databaseUrl: 'postgres://unused', logger: silentLogger });
    stops.push(() => queues.close());
    const seen = new Set<string>();
    queues.work('greet', { concurrency: 2 }, async ({ n }) => void seen.add(n ?? ''));
    queues.work('other', { concurrency: 2 }, async ({ n }) => void seen.add(n ?? ''));
    const deadline = Date.now() + 30_000;
    while (seen.size < 3 && Date.now() < deadline) {
      await queues.wakeMany('greet', [{ n: '1' }, { n: '2' }]);
      await queues.wake('other', { n: '3' });
      await sleep(50);
    }
    expect([...seen].sort()).toEqual(['1', '2', '3']);
  }
});
