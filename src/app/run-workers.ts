import type { ConnectorDefinition } from '../crm/connector.ts';
import { forgetListening } from '../observations/listening.ts';
import type { Logger } from '../platform/logging.ts';
import { sleepUnlessAborted } from '../platform/sleep.ts';
import type { Queues } from '../platform/queue/queues.ts';
import { checkLogin, loginCheckQueue } from '../../workers/check-login.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { drainConnection, mirrorQueue } from '../../workers/drain-connection.ts';
import { listenToChanges } from '../../workers/listen-changes.ts';
import { observeQueue, observeRecords } from '../../workers/observe-records.ts';
import { parseNotifications, parseQueue } from '../../workers/parse-notifications.ts';
import { pollChanges, pollQueue } from '../../workers/poll-changes.ts';
import { createSweeper, type GlobalWork } from '../../workers/sweep.ts';
import { listConnections, type ConnectionRow } from './connection-store.ts';

/** A queue of this process: its name, how many at a time, and what one wake does. */
export interface Job {
  queue: string;
  concurrency: number;
  run(data: Record<string, string>): Promise<void>;
}

export interface WorkersSettings {
  context: ObservingContext;
  queues: Queues;
  definitions: readonly ConnectorDefinition[];
  jobs: readonly Job[];
  globalWork: readonly GlobalWork[];
  sweepMs: number;
  logger: Logger;
}

export interface RunningWorkers {
  close(): Promise<void>;
}

/** Concurrency above the slots of any one connection, so that one slow CRM never occupies every worker. */
const crmConcurrency = 8;

/** Starts every worker, the sweeper and the change-stream listeners in this process. */
export async function runWorkers(settings: WorkersSettings): Promise<RunningWorkers> {
  const { context, queues, logger } = settings;
  for (const job of [...crmJobs(context), ...settings.jobs]) {
    queues.work(job.queue, { concurrency: job.concurrency }, (data) => job.run(data));
  }
  const stop = new AbortController();
  const listeners = await startListeners(settings, stop.signal);
  const sweeping = keepSweeping(
    createSweeper(context, { healIntervalMs: 5_000, globalWork: settings.globalWork }),
    settings.sweepMs,
    stop.signal,
    logger,
  );
  return {
    close: async () => {
      stop.abort();
      await Promise.allSettled([sweeping, ...listeners]);
    },
  };
}

function crmJobs(context: ObservingContext): Job[] {
  return [
    { queue: mirrorQueue, concurrency: crmConcurrency, run: (data) => drainConnection(context, data) },
    { queue: observeQueue, concurrency: 4, run: (data) => observeRecords(context, data) },
    { queue: parseQueue, concurrency: 1, run: () => parseNotifications(context) },
    { queue: loginCheckQueue, concurrency: 2, run: (data) => checkLogin(context, data) },
    { queue: pollQueue, concurrency: 2, run: (data) => pollChanges(context, data) },
  ];
}

async function startListeners(
  { context, definitions }: WorkersSettings,
  signal: AbortSignal,
): Promise<Promise<void>[]> {
  const connections = await listConnections(context.db);
  const listening = connections.filter((connection) => listens(definitions, connection));
  const listeningIds = new Set(listening.map(({ id }) => id));
  const notified = connections.map(({ id }) => id).filter((id) => !listeningIds.has(id));
  await forgetListening(context.db, notified, context.clock.now());
  return listening.map(({ id }) => listenToChanges(context, id, signal));
}

function listens(definitions: readonly ConnectorDefinition[], connection: ConnectionRow): boolean {
  const definition = definitions.find(({ vendor }) => vendor === connection.vendor);
  if (definition === undefined) return false;
  if (definition.capabilities.notifications === 'stream') return true;
  // Settings that no longer hold are the connection's own problem: the others are listened to.
  const settings = definition.settings.safeParse(connection.settings);
  return settings.success && (definition.listens?.(settings.data) ?? false);
}

/** The longest the work of a large or slow database may put the next sweep off. */
const longestRestMs = 5_000;

/**
 * A timer in every worker process: nothing that schedules work can be lost with a queue. A sweep that takes long is
 * followed by a longer rest, so that looking for work never becomes most of what the database does.
 */
async function keepSweeping(
  sweep: () => Promise<void>,
  everyMs: number,
  signal: AbortSignal,
  logger: Logger,
): Promise<void> {
  while (!signal.aborted) {
    const startedAt = performance.now();
    try {
      await sweep();
    } catch (error) {
      logger.error({ err: error }, 'a sweep failed; the next one tries again');
    }
    const took = performance.now() - startedAt;
    await sleepUnlessAborted(Math.max(everyMs, Math.min(2 * took, longestRestMs)), signal);
  }
}
