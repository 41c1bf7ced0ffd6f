import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import { recordId } from '../ids.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Actor } from '../store/transaction.ts';
import { AsyncError } from './async-error.ts';

export const OPERATIONS = [
  'insert',
  'update',
  'upsert',
  'delete',
  'hardDelete',
  'query',
  'queryAll',
] as const;

/** A part of a job: one upload, carried out at once. */
export interface AsyncBatch {
  id: string;
  state: 'Completed' | 'Failed' | 'NotProcessed';
  stateMessage?: string;
  createdAt: number;
  processed: number;
  failed: number;
  /** Result file: a row per record written, or the records a query found. */
  result: string;
}

/** A job of the first Bulk API. */
export interface AsyncJob {
  id: string;
  operation: (typeof OPERATIONS)[number];
  object: string;
  externalIdFieldName?: string;
  actor: Actor & { origin: 'api' };
  version: string;
  state: 'Open' | 'Closed' | 'Aborted';
  createdAt: number;
  changedAt: number;
  batches: AsyncBatch[];
}

interface Jobs {
  byId: Map<string, AsyncJob>;
  last: number;
}

// Jobs of this old API are not kept over a restart; the records they wrote are.
const jobsOf = new WeakMap<SandboxClock, Jobs>();

function jobsIn({ clock }: Sandbox): Jobs {
  const jobs = jobsOf.get(clock) ?? { byId: new Map<string, AsyncJob>(), last: 0 };
  jobsOf.set(clock, jobs);
  return jobs;
}

/** Keeps a new job. */
export function addJob(
  sandbox: Sandbox,
  given: Pick<AsyncJob, 'operation' | 'object' | 'externalIdFieldName' | 'actor' | 'version'>,
): AsyncJob {
  const at = sandbox.clock.ms();
  const job: AsyncJob = {
    ...given,
    id: nextId(sandbox, '750'),
    state: 'Open',
    createdAt: at,
    changedAt: at,
    batches: [],
  };
  jobsIn(sandbox).byId.set(job.id, job);
  return job;
}

/** An id for a job (`750`), batch (`751`) or result (`752`). */
export function nextId(sandbox: Sandbox, prefix: string): string {
  const jobs = jobsIn(sandbox);
  jobs.last += 1;
  return recordId(prefix, jobs.last);
}

/** A job by id, in either length. Throws InvalidJob. */
export function findJob(sandbox: Sandbox, id: string): AsyncJob {
  const { byId } = jobsIn(sandbox);
  const job = byId.get(id) ?? [...byId.values()].find((one) => one.id.slice(0, 15) === id);
  if (job === undefined) throw new AsyncError('InvalidJob', `Unable to find job: ${id}`);
  return job;
}

/** A batch of a job. Throws InvalidBatch. */
export function findBatch(job: AsyncJob, id: string): AsyncBatch {
  const batch = job.batches.find((one) => one.id === id || one.id.slice(0, 15) === id);
  if (batch === undefined) throw new AsyncError('InvalidBatch', `Unable to find batch: ${id}`);
  return batch;
}
