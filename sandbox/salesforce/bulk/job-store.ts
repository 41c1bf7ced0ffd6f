import { z } from 'zod';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import { recordId, recordNumber } from '../ids.ts';
import { isOver, jobSchema, type BulkJob } from './job.ts';

/** All jobs the org knows. A job is changed in place and saved. */
export interface JobStore {
  nextId(): string;
  save(job: BulkJob): void;
  find<K extends BulkJob['kind']>(kind: K, id: string): Extract<BulkJob, { kind: K }> | undefined;
  remove(job: BulkJob): void;
  /** Oldest first. */
  list(): BulkJob[];
  /** Puts back an entry of {@link JOB_ENTRIES} from the journal. */
  restore(entry: unknown): void;
}

/** The journal entries that {@link JobStore.restore} reads, by their `t`. */
export const JOB_ENTRIES = ['bulk-job', 'bulk-job-removed'] as const;

/** The vendor forgets a job, and what it kept of it, after seven days. Source: facts 1.5. */
const LIFETIME_MS = 7 * 24 * 3600 * 1000;

const entrySchema = z.discriminatedUnion('t', [
  z.object({ t: z.literal('bulk-job'), job: jobSchema }),
  z.object({ t: z.literal('bulk-job-removed'), id: z.string() }),
]);

/** Creates an empty store. `keep` journals an entry; `forget` removes a job's files. */
export function createJobStore(
  clock: SandboxClock,
  keep: (entry: z.infer<typeof entrySchema>) => void,
  forget: (jobId: string) => void,
): JobStore {
  const jobs = new Map<string, BulkJob>();
  let last = 0;

  function remove(job: BulkJob): void {
    jobs.delete(job.id);
    forget(job.id);
    keep({ t: 'bulk-job-removed', id: job.id });
  }

  function dropExpired(): void {
    const before = clock.ms() - LIFETIME_MS;
    for (const job of jobs.values()) {
      // Jobs stand in order of creation, and one that still runs keeps its place.
      if (job.createdAt > before) return;
      if (isOver(job) || job.state === 'Open') remove(job);
    }
  }

  return {
    nextId() {
      last += 1;
      return recordId('750', last);
    },
    save(job) {
      job.changedAt = clock.ms();
      jobs.set(job.id, job);
      keep({ t: 'bulk-job', job });
    },
    find<K extends BulkJob['kind']>(kind: K, id: string) {
      dropExpired();
      const job = jobs.get(id.length === 15 ? recordId('750', recordNumber(id)) : id);
      return job?.kind === kind ? (job as Extract<BulkJob, { kind: K }>) : undefined;
    },
    remove,
    list() {
      dropExpired();
      return [...jobs.values()];
    },
    restore(entry) {
      const read = entrySchema.parse(entry);
      if (read.t === 'bulk-job-removed') return void jobs.delete(read.id);
      jobs.set(read.job.id, read.job);
      last = Math.max(last, recordNumber(read.job.id));
    },
  };
}
