import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { crashMarker } from '../../src/platform/crash-point.ts';
import { startRedisServer } from '../services/redis-server.ts';
import type { RedisServer } from '../services/redis-server.ts';
import { redisForTests } from '../services/redis.ts';
import { readEndState } from './end-state.ts';
import type { EndState } from './end-state.ts';
import { namedCrashPoints } from './named-points.ts';
import { startProgramme } from './programme.ts';
import type { Programme } from './programme.ts';
import { playScenario } from './scenario.ts';
import { superviseWorkers } from './supervisor.ts';

const generousMs = 600_000;
const workers = 3;

let undisturbed: EndState;

beforeAll(async () => {
  const { end } = await run({ redis: null, crashAt: [] });
  undisturbed = end;
}, generousMs);

describe('an undisturbed run', () => {
  it('leaves each deal once in its CRM, each message taken once, and nothing open', () => {
    for (const { records, creates } of Object.values(undisturbed.deals))
      expect({ records, creates }).toEqual({ records: 1, creates: 1 });
    expect(undisturbed.takenTwice).toEqual([]);
    expect(undisturbed.gaps).toEqual([]);
  });
});

describe('workers killed at every named point, waking each other through PostgreSQL', () => {
  it('end where an undisturbed run ends', () => expectSameEnd({ redis: null }), generousMs);
});

const redisAvailable = redisForTests();
const onRedis = 'skip' in redisAvailable ? describe.skip : describe;
if ('skip' in redisAvailable) console.warn(`the crash matrix on Redis is skipped: ${redisAvailable.skip}`);

onRedis(
  'workers killed at every named point, waking each other through a Redis that is emptied meanwhile',
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
      () => expectSameEnd({ redis: redis?.url ?? null, onceCreated: /^(mirror|observe):/ }),
      generousMs,
    );
  },
);

/** `onceCreated`: these points strike only when every deal is in its CRM, so that they hit updates. */
async function expectSameEnd(options: { redis: string | null; onceCreated?: RegExp }): Promise<void> {
  const points = await namedCrashPoints();
  const { end, hit, restarts, unexplained, seconds } = await run({ ...options, crashAt: points });
  const table = points.map((point) => `  ${hit.has(point) ? 'killed at' : 'not hit  '} ${point}`).join('\n');
  console.log(`${options.redis ? 'Redis' : 'PostgreSQL'}: ${restarts} restarts in ${seconds} s\n${table}`);
  expect(points.filter((point) => !hit.has(point))).toEqual([]);
  expect(unexplained).toEqual([]);
  expect(end).toEqual(undisturbed);
}

interface Plan {
  redis: string | null;
  crashAt: readonly string[];
  onceCreated?: RegExp;
}

interface Run {
  end: EndState;
  hit: Set<string>;
  restarts: number;
  unexplained: string[];
  seconds: number;
}

async function run(plan: Plan): Promise<Run> {
  const startedAt = Date.now();
  const programme = await startProgramme(plan.redis);
  const markers = await prepareMarkers(programme, plan);
  const supervised = superviseWorkers(plan.crashAt.length === 0 ? 1 : workers, {
    folder: programme.folder,
    env: {
      ...programme.workerEnv,
      TRIBUTARY_CRASH_AT: plan.crashAt.join(','),
      TRIBUTARY_CRASH_DIR: markers.folder,
    },
  });
  try {
    const registered = await playScenario(programme, async (step) => {
      if (step === 'created') await markers.release();
      if (plan.redis !== null) await emptyQueues(plan.redis);
    });
    const end = await readEndState(programme, registered);
    await supervised.stop();
    return {
      end,
      hit: new Set(plan.crashAt.filter((point) => existsSync(crashMarker(markers.folder, point)))),
      restarts: supervised.restarts(),
      unexplained: supervised.unexplained(),
      seconds: Math.round((Date.now() - startedAt) / 1000),
    };
  } finally {
    await supervised.stop();
    await programme.close();
  }
}

/** A point whose marker is there already does not strike: that holds points back until their marker is removed. */
async function prepareMarkers(
  programme: Programme,
  { crashAt, onceCreated }: Plan,
): Promise<{ folder: string; release(): Promise<void> }> {
  const folder = path.join(programme.folder, 'markers');
  await mkdir(folder);
  const held = crashAt.filter((point) => onceCreated?.test(point)).map((point) => crashMarker(folder, point));
  await Promise.all(held.map((marker) => writeFile(marker, '')));
  return { folder, release: async () => void (await Promise.all(held.map((marker) => rm(marker)))) };
}

async function emptyQueues(redisUrl: string | null): Promise<void> {
  if (redisUrl === null) return;
  const redis = new Redis(redisUrl);
  await redis.flushall();
  redis.disconnect();
}
