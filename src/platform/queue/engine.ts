import type { JobsOptions } from 'bullmq';

/** What a wake job carries: ids, never facts. */
export type WakeData = Record<string, string>;

/** The part of BullMQ's Queue that is used, the same on both backends. */
export interface WakeQueue {
  waitUntilReady(): Promise<unknown>;
  addBulk(jobs: Array<{ name: string; data: WakeData; opts?: JobsOptions }>): Promise<unknown>;
  getJobCountByTypes(...types: Array<'waiting' | 'active' | 'prioritized'>): Promise<number>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

/** The part of BullMQ's Worker that is used. It fetches nothing until `run`. */
export interface WakeWorker {
  waitUntilReady(): Promise<unknown>;
  /** Resolves when the worker was closed. */
  run(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Waits for handlers in progress. */
  close(): Promise<void>;
  /** After a `close` that nobody waits for any longer: nothing of it may keep the process alive for good. */
  abandon(): Promise<void>;
}

/** One backend of BullMQ with its connections. */
export interface QueueEngine {
  readonly backend: 'redis' | 'postgres';
  openQueue(name: string): WakeQueue;
  openWorker(name: string, concurrency: number, process: (data: WakeData) => Promise<void>): WakeWorker;
  close(): Promise<void>;
}

/**
 * A wake is worth nothing once it has been looked at: the row it points to is the truth and the sweeper wakes
 * again. No job id and no de-duplication: BullMQ drops adds of an id that is still active or was kept, and with
 * them the news that came in after the handler had read its rows.
 */
export const WAKE_JOB: JobsOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };

/** Nobody reads BullMQ's stream of events; its default would keep ten thousand a queue. */
export const KEPT_EVENTS = { events: { maxLen: 100 } };

/** How soon a worker that lost its backend tries again. BullMQ's default of 15 s would be a pause people notice. */
export const RETRY_DELAY_MS = 1000;
