import { Queue, Worker, createPostgresBackend, isPgPool } from 'bullmq';
import type { PostgresConnectionOptions } from 'bullmq';
import pg from 'pg';
import { DEAD_PEER_CHECK_MS } from '../database/database.ts';
import type { Logger } from '../logging.ts';
import { KEPT_EVENTS, RETRY_DELAY_MS, WAKE_JOB } from './engine.ts';
import type { QueueEngine, WakeData, WakeWorker } from './engine.ts';

/** BullMQ's migrations put everything here; a pool handed to BullMQ has to look there by itself. */
const SCHEMA = 'bullmq';

/**
 * BullMQ on PostgreSQL. All queues send over one pool of two connections. Each worker has a pool of two of its own:
 * it holds one of them to LISTEN for as long as it lives, so a pool shared by workers would be eaten up by them.
 * Six queues that are both sent to and worked on take at most fourteen connections.
 */
export function postgresEngine(databaseUrl: string, prefix: string, logger: Logger): QueueEngine {
  const openPool = (purpose: string): pg.Pool => {
    const pool = new pg.Pool({
      connectionString: databaseUrl,
      options: `-c search_path=${SCHEMA} -c TimeZone=UTC`,
      application_name: `tributary-queue-${purpose}`,
      max: 2,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      keepAliveInitialDelayMillis: DEAD_PEER_CHECK_MS,
    });
    // Every queue on the pool adds a listener.
    pool.setMaxListeners(0);
    pool.on('error', (error) => logger.debug({ reason: error.message }, 'queue connection to PostgreSQL'));
    return pool;
  };
  const sending = openPool('send');
  // This backend has no key prefix: the queue's name keeps two installations in one database apart.
  const fullName = (name: string): string => (prefix === DEFAULT_PREFIX ? name : `${prefix}-${name}`);

  return {
    backend: 'postgres',
    openQueue: (name) =>
      new Queue(
        fullName(name),
        { connection: asConnection(sending), defaultJobOptions: WAKE_JOB, streams: KEPT_EVENTS },
        createPostgresBackend,
      ),
    openWorker: (name, concurrency, process) => {
      const pool = openPool('work');
      const worker = new Worker(
        fullName(name),
        (job: { data: WakeData }) => process(job.data),
        {
          connection: asConnection(pool),
          concurrency,
          autorun: false,
          runRetryDelay: RETRY_DELAY_MS,
          removeOnComplete: { count: 0 },
          removeOnFail: { count: 0 },
        },
        createPostgresBackend,
      );
      return withPool(worker, pool);
    },
    close: () => sending.end(),
  };
}

/** The prefix that needs no spelling out. */
export const DEFAULT_PREFIX = 'tributary';

/** BullMQ accepts a pool of pg, but its own description of one does not fit the published types of pg. */
function asConnection(pool: unknown): PostgresConnectionOptions {
  if (!isPgPool(pool)) throw new Error('BullMQ does not recognise this version of pg');
  return pool;
}

/** BullMQ leaves a pool it was given open. */
function withPool(worker: Omit<WakeWorker, 'abandon'>, pool: pg.Pool): WakeWorker {
  let closed: Promise<void> | undefined;
  return {
    waitUntilReady: () => worker.waitUntilReady(),
    run: () => worker.run(),
    on: (event, listener) => worker.on(event, listener),
    close: () => (closed ??= worker.close().then(() => pool.end())),
    // Cut off from its connections this backend's worker would wait for them with its timers running; left alone it
    // closes as soon as the handler ends.
    abandon: async () => undefined,
  };
}
