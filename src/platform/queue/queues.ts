import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logging.ts';
import type { QueueEngine, WakeData, WakeQueue, WakeWorker } from './engine.ts';
import { DEFAULT_PREFIX, postgresEngine } from './postgres-engine.ts';
import { parseRedisUrl } from './redis-address.ts';
import { redisEngine } from './redis-engine.ts';

export type QueueName = string;

/**
 * Wakes workers. Nothing depends on a wake arriving: what is to be done is a row in Postgres, and the sweeper wakes
 * again whatever is due. A wake carries ids only, is tried once and leaves nothing behind.
 */
export interface Queues {
  readonly backend: 'redis' | 'postgres';
  /** Never rejects and never takes longer than two seconds: a wake that cannot be sent is logged and dropped. */
  wake(queue: QueueName, data: Record<string, string>): Promise<void>;
  /** As `wake`, for many at once, in one round trip. */
  wakeMany(queue: QueueName, data: ReadonlyArray<Record<string, string>>): Promise<void>;
  /**
   * Handles wakes of `queue`, at most `concurrency` at a time in this process, until `close`. A handler that rejects
   * is logged, not repeated.
   */
  work(
    queue: QueueName,
    options: { concurrency: number },
    handler: (data: Record<string, string>) => Promise<void>,
  ): void;
  /** How many wakes of `queue` wait or are being handled, in all processes. Rejects when the backend is away. */
  pending(queue: QueueName): Promise<number>;
  /** Takes no more wakes, waits for handlers in progress (at most `closeTimeoutMs`), closes all connections. */
  close(): Promise<void>;
}

const SEND_LIMIT_MS = 2000;
/** After a failed send the next ones are dropped for this long, so that a loop of wakes is not slowed to a crawl. */
const PAUSE_AFTER_FAILURE_MS = 1000;
const LOG_EVERY_MS = 10_000;
const CLOSE_TIMEOUT_MS = 30_000;

/**
 * BullMQ on Redis when `redisUrl` is set (single, Sentinel or Cluster, see `parseRedisUrl`), else on the database of
 * `databaseUrl`: the owner's URL, because BullMQ's tables are the owner's and the application's role has no rights
 * there. The database must be migrated. Resolves without waiting for Redis: it may come later.
 */
export async function openQueues(options: {
  redisUrl?: string;
  databaseUrl: string;
  logger: Logger;
  prefix?: string;
  closeTimeoutMs?: number;
}): Promise<Queues> {
  const logger = options.logger.child({ part: 'queue' });
  const prefix = options.prefix ?? DEFAULT_PREFIX;
  const engine =
    options.redisUrl === undefined
      ? postgresEngine(options.databaseUrl, prefix, logger)
      : redisEngine(parseRedisUrl(options.redisUrl), prefix, logger);
  const complain = seldom(logger, engine.backend);
  const sender = wakeSender(engine, complain);
  const workers = new Set<RunningWorker>();

  let closed: Promise<void> | undefined;
  return {
    backend: engine.backend,
    wake: (queue, data) => sender.send(queue, [data]),
    wakeMany: (queue, data) => sender.send(queue, data),
    work: (queue, { concurrency }, handler) => {
      if (closed !== undefined) throw new Error(`the queues are closed: ${queue} cannot be worked on`);
      workers.add(keepWorking(engine, queue, concurrency, logged(queue, handler, logger), complain));
    },
    pending: async (queue) =>
      within(SEND_LIMIT_MS, sender.queue(queue).getJobCountByTypes('waiting', 'active', 'prioritized')),
    close: () =>
      (closed ??= closeAll(engine, sender, workers, logger, options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS)),
  };
}

interface WakeSender {
  queue(name: QueueName): WakeQueue;
  send(name: QueueName, wakes: ReadonlyArray<WakeData>): Promise<void>;
  close(): Promise<void>;
}

type Complain = (queue: QueueName, what: string, error: unknown) => void;

function wakeSender(engine: QueueEngine, complain: Complain): WakeSender {
  const queues = new Map<QueueName, WakeQueue>();
  let pausedUntil = 0;

  const open = (name: QueueName): WakeQueue => {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const queue = engine.openQueue(name);
    queue.on('error', (error) => complain(name, 'the queue has trouble', error));
    queues.set(name, queue);
    return queue;
  };
  const ready = async (name: QueueName): Promise<WakeQueue> => {
    const queue = open(name);
    try {
      await queue.waitUntilReady();
    } catch (error) {
      // BullMQ remembers a first connection that failed, for good: only another object will try again.
      queues.delete(name);
      void queue.close().catch(() => undefined);
      throw error;
    }
    return queue;
  };

  return {
    queue: open,
    send: async (name, wakes) => {
      if (wakes.length === 0 || performance.now() < pausedUntil) return;
      const jobs = wakes.map((data) => ({ name: 'wake', data }));
      try {
        await within(
          SEND_LIMIT_MS,
          ready(name).then((queue) => queue.addBulk(jobs)),
        );
      } catch (error) {
        pausedUntil = performance.now() + PAUSE_AFTER_FAILURE_MS;
        complain(name, 'a wake was not sent; the sweeper will wake again', error);
      }
    },
    close: async () => {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    },
  };
}

interface RunningWorker {
  close(): Promise<void>;
  abandon(): Promise<void>;
}

/** A worker that is made anew whenever it cannot start or ends by itself. */
function keepWorking(
  engine: QueueEngine,
  name: QueueName,
  concurrency: number,
  process: (data: WakeData) => Promise<void>,
  complain: Complain,
): RunningWorker {
  const closing = new AbortController();
  let current: WakeWorker | undefined;
  let closed: Promise<void> | undefined;

  const runOnce = async (): Promise<void> => {
    const worker = engine.openWorker(name, concurrency, process);
    current = worker;
    worker.on('error', (error) => complain(name, 'the worker has trouble', error));
    try {
      await worker.waitUntilReady();
      if (!closing.signal.aborted) await worker.run();
    } catch (error) {
      complain(name, 'the worker will be started again', error);
    }
    if (!closing.signal.aborted) await worker.close().catch(() => undefined);
  };
  const loop = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await runOnce();
      await sleep(PAUSE_AFTER_FAILURE_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  void loop();

  return {
    close: () => {
      closing.abort();
      return (closed ??= current?.close() ?? Promise.resolve());
    },
    abandon: async () => current?.abandon(),
  };
}

async function closeAll(
  engine: QueueEngine,
  sender: WakeSender,
  workers: ReadonlySet<RunningWorker>,
  logger: Logger,
  timeoutMs: number,
): Promise<void> {
  const tooLong = (what: string, error: unknown): void =>
    logger.warn({ reason: reasonOf(error) }, `closing the queues: did not wait any longer for ${what}`);
  // Workers first: a handler that finishes wakes whoever continues its work.
  try {
    await within(timeoutMs, Promise.all([...workers].map((worker) => worker.close())));
  } catch (error) {
    tooLong('handlers in progress', error);
    const abandoned = Promise.allSettled([...workers].map((worker) => worker.abandon()));
    await within(SEND_LIMIT_MS, abandoned).catch((late: unknown) => tooLong('their connections', late));
  }
  await within(SEND_LIMIT_MS, sender.close()).catch((error: unknown) => tooLong('the queues', error));
  await within(SEND_LIMIT_MS, engine.close()).catch((error: unknown) => tooLong('connections', error));
}

/** A handler whose failure ends with it: repeating is the sweeper's business, which knows what is still due. */
function logged(
  queue: QueueName,
  handler: (data: WakeData) => Promise<void>,
  logger: Logger,
): (data: WakeData) => Promise<void> {
  return async (data) => {
    try {
      await handler(data);
    } catch (error) {
      logger.error({ err: error, queue, data }, 'a handler failed');
    }
  };
}

/** A backend that is away fails many times a second; once in ten seconds is enough to read. */
function seldom(logger: Logger, backend: string): Complain {
  const last = new Map<string, number>();
  return (queue, what, error) => {
    const reason = reasonOf(error);
    const key = `${queue} ${what}`;
    const now = performance.now();
    if (now - (last.get(key) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    last.set(key, now);
    logger.warn({ queue, backend, reason }, what);
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const limit = sleep(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`took longer than ${ms} ms`);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    timer.abort();
    // Whichever lost the race must not end the process when it rejects later.
    limit.catch(() => undefined);
    work.catch(() => undefined);
  }
}
