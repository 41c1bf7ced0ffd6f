import { Queue, Worker } from 'bullmq';
import { DEAD_PEER_CHECK_MS } from '../database/database.ts';
import type { Logger } from '../logging.ts';
import { connectRedis } from './redis-address.ts';
import type { RedisAddress } from './redis-address.ts';
import { KEPT_EVENTS, RETRY_DELAY_MS, WAKE_JOB } from './engine.ts';
import type { QueueEngine, WakeData } from './engine.ts';

/** How long a closing connection may linger: ioredis's two seconds would hold up every exit. */
const DISCONNECT_TIMEOUT_MS = 300;

/**
 * BullMQ on Redis. Two shared connections (one to send, one for workers' bookkeeping) and one blocking connection
 * per worker, which BullMQ makes itself.
 */
export function redisEngine(address: RedisAddress, prefix: string, logger: Logger): QueueEngine {
  const retryStrategy = (times: number): number => Math.min(times * 100, 2000);
  // While Redis is away a send fails at once instead of piling up: the sweeper wakes again from Postgres.
  const sending = connectRedis(address, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: 5000,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy,
  });
  // BullMQ refuses a retry limit here: a worker has to outlast Redis.
  const working = connectRedis(address, {
    maxRetriesPerRequest: null,
    keepAlive: DEAD_PEER_CHECK_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy,
  });
  const quietly = (error: Error): void => logger.debug({ reason: error.message }, 'redis connection');
  for (const client of [sending, working]) client.on('error', quietly);

  // In a cluster all keys of a queue must lie on one node; the braces see to that and do no harm elsewhere.
  const keyPrefix = `{${prefix}}`;
  return {
    backend: 'redis',
    openQueue: (name) =>
      new Queue<WakeData, void, string>(name, {
        connection: sending,
        prefix: keyPrefix,
        defaultJobOptions: WAKE_JOB,
        streams: KEPT_EVENTS,
      }),
    openWorker: (name, concurrency, process) => {
      const worker = new Worker<WakeData, void, string>(name, (job) => process(job.data), {
        connection: working,
        prefix: keyPrefix,
        concurrency,
        autorun: false,
        runRetryDelay: RETRY_DELAY_MS,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      });
      return {
        waitUntilReady: () => worker.waitUntilReady(),
        run: () => worker.run(),
        on: (event, listener) => worker.on(event, listener),
        close: () => worker.close(),
        abandon: () => worker.disconnect(),
      };
    },
    close: async () => {
      sending.disconnect();
      working.disconnect();
    },
  };
}
