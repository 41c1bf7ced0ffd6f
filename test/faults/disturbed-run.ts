import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crashMarker } from '../../src/platform/crash-point.ts';
import { readEndState } from './end-state.ts';
import type { EndState } from './end-state.ts';
import { rehearsedLeaseMs, startProgramme } from './programme.ts';
import type { Programme } from './programme.ts';
import { playScenario, touch, untilSettled } from './scenario.ts';
import type { Disturb } from './scenario.ts';
import { superviseWorkers } from './supervisor.ts';

export interface RunPlan {
  /** Null: workers wake each other through PostgreSQL. */
  redis: string | null;
  workers: number;
  /** Workers are killed at these points, or stopped there and woken when their leases have run out. */
  strike?: { how: 'kill' | 'stop'; at: readonly string[] };
  /** These points strike only once every deal is in its CRM, so that they hit updates. */
  onceCreated?: RegExp;
  disturb?: Disturb;
}

export interface Run {
  end: EndState;
  hit: Set<string>;
  restarts: number;
  /** Ends of workers that no crash point explains. */
  unexplained: string[];
  /** Transactions that waited for each other in a circle. Postgres ends one of them; then a batch waits for its lease. */
  deadlocks: string[];
  seconds: number;
}

/** A slot is held half as long again as a lease: see src/mirror/slots.ts. */
const sleepMs = rehearsedLeaseMs * 1.5 + 500;

/** A point that is not hit by then is reported as not hit. */
const missingPatienceMs = 60_000;

/** Plays the scenario on real processes while workers are struck, and reads what stands in the end. */
export async function playDisturbed(plan: RunPlan): Promise<Run> {
  const startedAt = Date.now();
  const programme = await startProgramme(plan.redis);
  const markers = await prepareMarkers(programme, plan);
  const points = plan.strike?.at ?? [];
  const variable = plan.strike?.how === 'stop' ? 'TRIBUTARY_PAUSE_AT' : 'TRIBUTARY_CRASH_AT';
  const supervised = superviseWorkers(plan.workers, {
    folder: programme.folder,
    env: { ...programme.workerEnv, [variable]: points.join(','), TRIBUTARY_CRASH_DIR: markers.folder },
  });
  const waker = plan.strike?.how === 'stop' ? wakeSleepers(markers.folder, points) : null;
  try {
    const registered = await playScenario(programme, async (step) => {
      if (step === 'created') await markers.release();
      await plan.disturb?.(step);
    });
    // Who listens when may leave a point of the listeners out; news from the CRMs brings everybody there in the end.
    const isHit = (point: string): boolean => existsSync(crashMarker(markers.folder, point));
    for (const giveUpAt = Date.now() + missingPatienceMs; Date.now() < giveUpAt && !points.every(isHit);) {
      await touch(programme, registered);
      await sleep(1_000);
    }
    await waker?.allAwake();
    await untilSettled(programme, registered);
    await supervised.stop();
    return {
      end: await readEndState(programme, registered),
      hit: new Set(points.filter(isHit)),
      restarts: supervised.restarts(),
      unexplained: supervised.unexplained(),
      deadlocks: await deadlocksIn(programme.folder),
      seconds: Math.round((Date.now() - startedAt) / 1000),
    };
  } finally {
    await waker?.allAwake();
    await supervised.stop();
    await programme.close();
  }
}

async function deadlocksIn(folder: string): Promise<string[]> {
  const logs = (await readdir(folder)).filter((file) => file.endsWith('.log'));
  const texts = await Promise.all(logs.map((file) => readFile(path.join(folder, file), 'utf8')));
  return texts.flatMap((text) => text.split('\n')).filter((line) => line.includes('deadlock detected'));
}

/** For people: every point, and whether it was hit. */
export function hitTable(title: string, points: readonly string[], run: Run): string {
  const lines = points.map((point) => `  ${run.hit.has(point) ? 'hit    ' : 'NOT HIT'}  ${point}`);
  return [`${title}: ${run.restarts} restarts, ${run.seconds} s`, ...lines].join('\n');
}

/** A point whose marker is there already does not strike: that holds points back until their marker is removed. */
async function prepareMarkers(
  programme: Programme,
  { strike, onceCreated }: RunPlan,
): Promise<{ folder: string; release(): Promise<void> }> {
  const folder = path.join(programme.folder, 'markers');
  await mkdir(folder);
  const held = (strike?.at ?? []).filter((point) => onceCreated?.test(point));
  await Promise.all(held.map((point) => writeFile(crashMarker(folder, point), '')));
  return {
    folder,
    release: async () => void (await Promise.all(held.map((point) => rm(crashMarker(folder, point))))),
  };
}

/** Wakes every process that stopped itself, each after it has slept through its leases. */
function wakeSleepers(folder: string, points: readonly string[]): { allAwake(): Promise<void> } {
  let ending = false;
  const sleeps = new Map<string, Promise<void>>();
  const watch = async (): Promise<void> => {
    for (;;) {
      const isLastLook = ending;
      for (const point of points) {
        const sleeper = sleeps.has(point) ? null : await sleeperAt(crashMarker(folder, point));
        if (sleeper !== null) sleeps.set(point, wakeLater(sleeper));
      }
      if (isLastLook) return;
      await sleep(100);
    }
  };
  const watching = watch();
  return {
    allAwake: async () => {
      ending = true;
      await watching;
      await Promise.all(sleeps.values());
    },
  };
}

/** The process id in the marker; null while there is none, or while it is being written. */
async function sleeperAt(marker: string): Promise<number | null> {
  const text = await readFile(marker, 'utf8').catch(() => '');
  return text === '' ? null : Number(text);
}

async function wakeLater(pid: number): Promise<void> {
  await sleep(sleepMs);
  process.kill(pid, 'SIGCONT');
}
