import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { startRedisServer } from '../services/redis-server.ts';
import type { RedisServer } from '../services/redis-server.ts';
import { redisForTests } from '../services/redis.ts';
import { hitTable, playDisturbed } from './disturbed-run.ts';
import type { RunPlan } from './disturbed-run.ts';
import type { EndState } from './end-state.ts';
import { namedCrashPoints } from './named-points.ts';

const generousMs = 600_000;

let points: string[];
let undisturbed: EndState;
let deadlocks: string[];

beforeAll(async () => {
  points = await namedCrashPoints();
  ({ end: undisturbed, deadlocks } = await playDisturbed({ redis: null, workers: 1 }));
}, generousMs);

describe('an undisturbed run', () => {
  it('leaves each deal once in its CRM and each message taken once', () => {
    for (const { records, creates } of Object.values(undisturbed.deals))
      expect({ records, creates }).toEqual({ records: 1, creates: 1 });
    expect(undisturbed.takenTwice).toEqual([]);
    expect(deadlocks).toEqual([]);
  });
});

describe('workers killed at every named point, waking each other through PostgreSQL', () => {
  it('end where an undisturbed run ends', () => expectSameEnd('PostgreSQL', { redis: null }), generousMs);
});

const redisAvailable = redisForTests();
const onRedis = 'skip' in redisAvailable ? describe.skip : describe;
if ('skip' in redisAvailable) console.warn(`the crash matrix on Redis is skipped: ${redisAvailable.skip}`);

onRedis(
  'workers killed at every named point, waking each other through a Redis that loses all it has',
  () => {
    let folder: string;
    let redis: RedisServer | undefined;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'tributary-faults-redis-'));
      redis = await startRedisServer(folder);
    });
    afterAll(async () => {
      await redis?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it(
      'end where an undisturbed run ends, also when killed while they change what is there already',
      async () => {
        if (redis === undefined) throw new Error('redis-server was there when the tests began');
        const { url, restart } = redis;
        await expectSameEnd('Redis', {
          redis: url,
          onceCreated: /^(mirror|observe):/,
          disturb: (step) => (step === 'changing' ? restart() : flushAll(url)),
        });
      },
      generousMs,
    );
  },
);

async function expectSameEnd(
  title: string,
  plan: Pick<RunPlan, 'redis' | 'onceCreated' | 'disturb'>,
): Promise<void> {
  const run = await playDisturbed({ ...plan, workers: 3, strike: { how: 'kill', at: points } });
  console.log(hitTable(`SIGKILL, ${title}`, points, run));
  expect(points.filter((point) => !run.hit.has(point))).toEqual([]);
  expect({ unexplained: run.unexplained, deadlocks: run.deadlocks }).toEqual({
    unexplained: [],
    deadlocks: [],
  });
  expect(run.end).toEqual(undisturbed);
}

async function flushAll(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}
