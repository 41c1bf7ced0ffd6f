import { join } from 'node:path';
import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { JournalFile } from '../../journal/journal-file.ts';
import type { SettingsHolder } from '../org-settings.ts';
import { isOver, type BulkJob } from './job.ts';
import { createJobFiles, type JobFiles } from './job-files.ts';
import { createJobStore, type JobStore } from './job-store.ts';
import { createPace } from './pace.ts';

/** The org's asynchronous jobs (Bulk API 2.0). */
export interface Bulk {
  readonly jobs: JobStore;
  readonly files: JobFiles;
  /** Begins the work on a job whose data is complete. Its state advances on its own. */
  start(job: BulkJob): void;
  /** Says how a job is carried out, and takes up again what the last process left unfinished. */
  resume(run: (job: BulkJob) => Promise<void>): void;
  /** Waits for a job's next turn; false when nothing more is to be done for it. */
  mayGoOn(job: BulkJob): Promise<boolean>;
  /** Whether the job is still known and neither aborted nor failed, and the org open. */
  isWanted(job: BulkJob): boolean;
  /** Counts an internal batch towards the day's allowance. */
  countBatch(): void;
  batchesToday(): number;
  close(): Promise<void>;
}

const DAY_MS = 24 * 3600 * 1000;

/** Creates the jobs of an org. With a data directory they and their files outlive the process. */
export function createBulk(
  parts: { clock: SandboxClock; settings: SettingsHolder; journal: JournalFile },
  dataDir: string | undefined,
): Bulk {
  const { clock, settings, journal } = parts;
  const files = createJobFiles(dataDir === undefined ? undefined : join(dataDir, 'bulk'));
  const jobs = createJobStore(clock, (entry) => journal.append(entry), files.remove);
  const pace = createPace(clock, settings);
  const running = new Set<Promise<void>>();
  let batches: number[] = [];
  let closed = false;
  let carryOut: ((job: BulkJob) => Promise<void>) | undefined;

  function isWanted(job: BulkJob): boolean {
    return !closed && !isOver(job) && jobs.find(job.kind, job.id) === job;
  }

  const bulk: Bulk = {
    jobs,
    files,
    start(job) {
      if (carryOut === undefined) throw new Error('jobs start once the org is open');
      const work = carryOut(job)
        .catch((error: unknown) => failUnexpectedly(bulk, job, error))
        .finally(() => running.delete(work));
      running.add(work);
    },
    resume(run) {
      carryOut = run;
      for (const job of jobs.list()) if (!isOver(job) && job.state !== 'Open') bulk.start(job);
    },
    mayGoOn: async (job) => (await pace.step()) && isWanted(job),
    isWanted,
    countBatch() {
      batches.push(clock.ms());
    },
    batchesToday() {
      const since = clock.ms() - DAY_MS;
      batches = batches.filter((at) => at > since);
      return batches.length;
    },
    async close() {
      closed = true;
      pace.stop();
      await Promise.all(running);
      files.close();
    },
  };
  return bulk;
}

/** A mistake of the sandbox itself: the job says so, as it would otherwise run for ever. */
function failUnexpectedly(bulk: Bulk, job: BulkJob, error: unknown): void {
  if (!bulk.isWanted(job)) return;
  job.state = 'Failed';
  job.errorMessage = `InternalServerError : sandbox: ${error instanceof Error ? error.message : String(error)}`;
  bulk.jobs.save(job);
}
