import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Application } from '../src/app/open-application.ts';
import type { CallsByEndpoint, CrmUnderTest } from './crm-under-test.ts';
import { difference } from './measure-bare.ts';
import { startMeasured, type MeasuredProcess } from './measured-process.ts';

const cli = fileURLToPath(new URL('../bin/tributary.mjs', import.meta.url));
const patienceMs = 60_000;

export interface EngineMeasured {
  /** From the release of the stop switch to the last deal mirrored with its associations. */
  seconds: number;
  /** Starting the worker process, which ends before the release. */
  startSeconds: number;
  cpuSeconds: number;
  /** Up to the last deal mirrored. */
  calls: CallsByEndpoint;
  /** Up to the last deal read back: what follows when the job is done. */
  callsUntilObserved: CallsByEndpoint;
  observedSeconds: number;
  made: Record<string, number>;
}

/** Starts one `tributary work` against prepared deals that are held back, releases them, and waits for the last. */
export async function measureEngine(
  app: Application,
  crm: CrmUnderTest,
  redisUrl: string | null,
): Promise<EngineMeasured> {
  const before = await crm.counts();
  await holdBack(app, true);
  const spawnedAt = performance.now();
  const worker = startWorker(app, redisUrl);
  try {
    await worker.line();
    const startSeconds = since(spawnedAt);
    await sleep(1_000);
    await crm.forgetCalls();
    const cpuBefore = await worker.cpuSeconds();
    const releasedAt = performance.now();
    await holdBack(app, false);
    await untilNone(app, notMirrored);
    const seconds = since(releasedAt);
    const cpuSeconds = (await worker.cpuSeconds()) - cpuBefore;
    const calls = await crm.calls();
    const made = difference(before, await crm.counts());
    await untilNone(app, notObserved);
    const observedSeconds = since(releasedAt);
    const callsUntilObserved = await crm.calls();
    return { seconds, startSeconds, cpuSeconds, calls, callsUntilObserved, observedSeconds, made };
  } finally {
    await worker.stop();
  }
}

function startWorker(app: Application, redisUrl: string | null): MeasuredProcess {
  return startMeasured(cli, ['work'], {
    // The same folder: the worker attaches to the running database and finds the generated keys.
    TRIBUTARY_DATA_DIR: path.resolve(app.config.dataDir),
    TRIBUTARY_LOG_LEVEL: process.env['TRIBUTARY_LOG_LEVEL'] ?? 'warn',
    ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
  });
}

/** The stop switch: everything outgoing waits. */
async function holdBack(app: Application, stopped: boolean): Promise<void> {
  await app.db.query('UPDATE system_switches SET stopped = $1, changed_by = $2, changed_at = $3', [
    stopped,
    'bench',
    app.clock.now(),
  ]);
}

/** Ends at the first row found, so that looking every tenth of a second costs next to nothing. */
const notMirrored = "SELECT deal_id::text AS what FROM mirrors WHERE state <> 'mirrored' LIMIT 1";
const notObserved =
  'SELECT crm_id AS what FROM observed_records WHERE due_at IS NOT NULL AND parked_at IS NULL LIMIT 1';

async function untilNone(app: Application, query: string): Promise<void> {
  let progress = '';
  for (let movedAt = Date.now(); ;) {
    const [row] = await app.db.query<{ what: string }>(query);
    if (!row) return;
    const now = await progressOf(app);
    if (now !== progress) {
      progress = now;
      movedAt = Date.now();
    }
    if (Date.now() - movedAt > patienceMs) throw new Error(`nothing moves any more; stuck: ${row.what}`);
    await sleep(100);
  }
}

async function progressOf(app: Application): Promise<string> {
  const [row] = await app.db.query<{ seen: string }>(
    `SELECT concat((SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'mirrors'), '/',
                   (SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'crm_references'), '/',
                   (SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'observed_records')) AS seen`,
  );
  return row?.seen ?? '';
}

function since(start: number): number {
  return (performance.now() - start) / 1000;
}
