import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { createTestDatabase } from '../../../test/services/database.ts';
import type { TestDatabase } from '../../../test/services/database.ts';
import { redisForTests } from '../../../test/services/redis.ts';
import { startRedisServer } from '../../../test/services/redis-server.ts';
import type { RedisServer } from '../../../test/services/redis-server.ts';
import { openDatabase } from '../database/database.ts';
import { createLogger, silentLogger } from '../logging.ts';
import { openQueues } from './queues.ts';
import type { Queues } from './queues.ts';

const redis = redisForTests();
const backends = [
  { backend: 'postgres' as const, skip: undefined },
  { backend: 'redis' as const, skip: 'skip' in redis ? redis.skip : undefined },
];

describe.each(backends)('queues on $backend', ({ backend, skip }) => {
  if (skip !== undefined) {
    it.skip(`are not tested: ${skip}`, () => undefined);
    return;
  }

  let folder: string;
  let database: TestDatabase;
  let server: RedisServer | undefined;
  const opened: Queues[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(path.join(tmpdir(), 'tributary-queues-'));
    // Flushed and killed below, so not the one that other tests share.
    server = backend === 'redis' ? await startRedisServer(folder) : undefined;
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queues) => queues.close()));
  });

  afterAll(async () => {
    await server?.stop();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(
    options: { logger?: typeof silentLogger; closeTimeoutMs?: number } = {},
  ): Promise<Queues> {
    const queues = await openQueues({
      databaseUrl: database.url,
      logger: options.logger ?? silentLogger,
      ...(server === undefined ? {} : { redisUrl: server.url }),
      ...(options.closeTimeoutMs === undefined ? {} : { closeTimeoutMs: options.closeTimeoutMs }),
    });
    opened.push(queues);
    return queues;
  }

  /** Ends all connections of the queues, as a restart of the backend does. */
  async function interruptBackend(): Promise<void> {
    if (server !== undefined) return server.restart();
    const owner = openDatabase({
      url: database.url,
      maxConnections: 1,
      applicationName: 'interrupter',
      role: null,
    });
    const ended = await owner.query<{ ended: bigint }>(
      `SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'tributary-test'`,
    );
    expect(ended[0]?.ended).toBeGreaterThan(0n);
    await owner.close();
  }

  it('say which backend they run on', async () => {
    expect((await open()).backend).toBe(backend);
  });

  it('wake a worker of another process with what was sent', async () => {
    const [sending, working] = [await open(), await open()];
    const seen: unknown[] = [];
    working.work('greet', { concurrency: 1 }, async (data) => void seen.push(data));
    await sending.wake('greet', { connectionId: 'sf-1', lane: 'push' });
    await until(() => seen.length === 1);
    expect(seen).toEqual([{ connectionId: 'sf-1', lane: 'push' }]);
  });

  it('handle wakes sent before anyone worked', async () => {
    const queues = await open();
    await queues.wake('early', { n: '1' });
    expect(await queues.pending('early')).toBe(1);
    const seen: string[] = [];
    queues.work('early', { concurrency: 1 }, async ({ n }) => void seen.push(n ?? ''));
    await until(() => seen.length === 1);
  });

  it('never merge wakes: one sent while its twin is being handled is handled too', async () => {
    const queues = await open();
    let handled = 0;
    const gate = newGate();
    queues.work('twins', { concurrency: 1 }, async () => {
      handled += 1;
      await gate.opened;
    });
    await queues.wake('twins', { connectionId: 'same' });
    await until(() => handled === 1);
    await queues.wake('twins', { connectionId: 'same' });
    gate.open();
    await until(() => handled === 2);
  });

  it('handle a thousand wakes, each once, no more at a time than allowed, and leave nothing behind', async () => {
    const queues = await open();
    const seen: string[] = [];
    let active = 0;
    let most = 0;
    queues.work('many', { concurrency: 5 }, async ({ n }) => {
      active += 1;
      most = Math.max(most, active);
      await sleep(1);
      active -= 1;
      seen.push(n ?? '');
    });
    const wakes = Array.from({ length: 1000 }, (_, n) => ({ n: String(n) }));
    await queues.wakeMany('many', wakes.slice(0, 990));
    await Promise.all(wakes.slice(990).map((data) => queues.wake('many', data)));
    await until(() => seen.length >= 1000);
    expect(new Set(seen).size).toBe(1000);
    expect(seen.length).toBe(1000);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(5);
    await until(async () => (await queues.pending('many')) === 0);
    expect(await leftBehind('many')).toBe(0);
  });

  it('log a handler that throws, do not repeat it, and go on', async () => {
    const lines: string[] = [];
    const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
    const queues = await open({ logger });
    const seen: string[] = [];
    queues.work('faulty', { concurrency: 1 }, async ({ n }) => {
      seen.push(n ?? '');
      if (n === '1') throw new Error('the handler broke');
    });
    await queues.wakeMany('faulty', [{ n: '1' }, { n: '2' }]);
    await until(() => seen.length >= 2);
    await until(async () => (await queues.pending('faulty')) === 0);
    expect(seen).toEqual(['1', '2']);
    expect(lines.filter((line) => line.includes('the handler broke')).length).toBe(1);
    expect(await leftBehind('faulty')).toBe(0);
  });

  it('keep queues apart, and prefixes apart', async () => {
    const queues = await open();
    const elsewhere = await openQueues({
      databaseUrl: database.url,
      logger: silentLogger,
      prefix: 'other',
      ...(server === undefined ? {} : { redisUrl: server.url }),
    });
    opened.push(elsewhere);
    const seen: string[] = [];
    queues.work('left', { concurrency: 1 }, async () => void seen.push('left'));
    queues.work('right', { concurrency: 1 }, async () => void seen.push('right'));
    elsewhere.work('left', { concurrency: 1 }, async () => void seen.push('elsewhere'));
    await queues.wake('right', {});
    await elsewhere.wake('left', {});
    await until(() => seen.length === 2);
    expect(seen.sort()).toEqual(['elsewhere', 'right']);
  });

  it('let handlers finish when closing, and take nothing more', async () => {
    const queues = await open();
    const gate = newGate();
    const events: string[] = [];
    queues.work('drain', { concurrency: 1 }, async ({ n }) => {
      events.push(`began ${n}`);
      await gate.opened;
      events.push(`ended ${n}`);
    });
    await queues.wakeMany('drain', [{ n: '1' }, { n: '2' }]);
    await until(() => events.length === 1);
    const closing = queues.close().then(() => events.push('closed'));
    await sleep(50);
    gate.open();
    await closing;
    expect(events).toEqual(['began 1', 'ended 1', 'closed']);
    expect(await (await open()).pending('drain')).toBe(1);
  });

  it('close in bounded time when a handler never ends', async () => {
    const queues = await open({ closeTimeoutMs: 200 });
    let began = false;
    const gate = newGate();
    queues.work('endless', { concurrency: 1 }, async () => {
      began = true;
      await gate.opened;
    });
    await queues.wake('endless', {});
    await until(() => began);
    await queues.close();
    gate.open();
    // The connections end with the handler.
    await until(async () => (await connectionsOfQueues()) === 0);
  });

  it('work again after the backend was interrupted', async () => {
    const queues = await open();
    const seen: string[] = [];
    queues.work('interrupted', { concurrency: 2 }, async ({ n }) => void seen.push(n ?? ''));
    await queues.wake('interrupted', { n: 'before' });
    await until(() => seen.includes('before'));
    await interruptBackend();
    // What the sweeper does: it wakes again and again until the row is no longer due.
    await until(async () => {
      await queues.wake('interrupted', { n: 'after' });
      return seen.includes('after');
    });
  });

  it('hold few connections for six queues', async () => {
    const queues = await open();
    let handled = 0;
    for (const name of ['q1', 'q2', 'q3', 'q4', 'q5', 'q6']) {
      queues.work(name, { concurrency: 4 }, async () => void (handled += 1));
      await queues.wakeMany(name, [{}, {}, {}, {}]);
    }
    await until(() => handled === 24);
    expect(await connectionsOfQueues()).toBeLessThanOrEqual(20);
  });

  if (backend === 'redis') {
    it('go on after FLUSHALL in the middle of a run: what was queued is gone, what is woken again is handled', async () => {
      const queues = await open();
      const done = new Set<string>();
      const gate = newGate();
      queues.work('flushed', { concurrency: 2 }, async ({ n }) => {
        await gate.opened;
        done.add(n ?? '');
      });
      const wakes = Array.from({ length: 50 }, (_, n) => ({ n: String(n) }));
      await queues.wakeMany('flushed', wakes);
      await until(async () => (await queues.pending('flushed')) === 50);
      const client = new Redis(server?.url ?? '');
      await client.flushall();
      await client.quit();
      gate.open();
      await until(async () => {
        const missing = wakes.filter(({ n }) => !done.has(n));
        await queues.wakeMany('flushed', missing);
        await sleep(50);
        return done.size === 50;
      });
    });

    it('neither hang nor throw while Redis is down, from the start or later, and work when it is back', async () => {
      await server?.kill();
      const queues = await open();
      const seen: string[] = [];
      queues.work('outage', { concurrency: 1 }, async ({ n }) => void seen.push(n ?? ''));
      const began = performance.now();
      for (let n = 0; n < 200; n += 1) await queues.wake('outage', { n: 'lost' });
      // Each could have taken two seconds.
      expect(performance.now() - began).toBeLessThan(10_000);
      await server?.restart();
      await until(async () => {
        await queues.wake('outage', { n: 'arrived' });
        return seen.includes('arrived');
      });
    });
  } else {
    it('neither hang nor throw while the database is away, and close', async () => {
      const url = new URL(database.url);
      url.port = '1';
      const queues = await openQueues({ databaseUrl: url.toString(), logger: silentLogger });
      queues.work('nowhere', { concurrency: 1 }, async () => undefined);
      await queues.wakeMany('nowhere', [{ n: '1' }, { n: '2' }]);
      await queues.wake('nowhere', {});
      await queues.close();
    });
  }

  async function leftBehind(queue: string): Promise<number> {
    if (server !== undefined) {
      const client = new Redis(server.url);
      const keys = await client.keys(`{tributary}:${queue}:[0-9]*`);
      await client.quit();
      return keys.length;
    }
    const owner = openDatabase({
      url: database.url,
      maxConnections: 1,
      applicationName: 'looker',
      role: null,
    });
    const [row] = await owner.query<{ n: bigint }>('SELECT count(*) AS n FROM bullmq.job WHERE queue = $1', [
      queue,
    ]);
    await owner.close();
    return Number(row?.n);
  }

  async function connectionsOfQueues(): Promise<number> {
    if (server !== undefined) {
      const client = new Redis(server.url);
      const list = (await client.client('LIST')) as string;
      await client.quit();
      return list.trim().split('\n').length - 1;
    }
    const owner = openDatabase({
      url: database.url,
      maxConnections: 1,
      applicationName: 'looker',
      role: null,
    });
    const [row] = await owner.query<{ n: bigint }>(
      `SELECT count(*) AS n FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'tributary-test'`,
    );
    await owner.close();
    return Number(row?.n);
  }
});

function newGate(): { opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('what was waited for did not happen within a minute');
    await sleep(10);
  }
}
