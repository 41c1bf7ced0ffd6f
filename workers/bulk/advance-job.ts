import type { BulkStatus } from '../../src/crm/bulk.ts';
import type { RecordWrite } from '../../src/crm/connector.ts';
import type { WiredConnection } from '../../src/mapping/wired-connection.ts';
import { endJob, loadJobRows } from '../../src/mirror/bulk/job-rows.ts';
import { changeJob, JobLost, leaseDueJob, releaseJob, type BulkJob } from '../../src/mirror/bulk/jobs.ts';
import { isAnotherRunning, moreToCome } from '../../src/mirror/bulk/is-worth-it.ts';
import { readGate, reserveWrites, type Gate } from '../../src/mirror/gate.ts';
import { crashPoint } from '../../src/platform/crash-point.ts';
import { environmentNumber } from '../../src/platform/environment-number.ts';
import type { WorkerContext } from '../context.ts';
import type { RecordClaim } from '../mirror-batch.ts';
import { failStep } from './fail-step.ts';
import { options, type JobStep } from './job-step.ts';
import { recordJob } from './record-job.ts';

/** A job that was filled for so long is sent, even if it could still grow. */
const longestFillMs = 10 * 60_000;
const scale = environmentNumber('TRIBUTARY_RETRY_FACTOR', 1);

/**
 * Takes one job of the connection one step further: seal, create, upload, complete, poll, record. Where it stands is
 * committed between the steps, so that a worker that is killed anywhere leaves a job another one can go on with: data is
 * uploaded into a job once, and a job whose upload is in doubt is aborted and made anew.
 * @returns null when no job was due
 */
export async function advanceBulk(
  context: WorkerContext,
  connection: WiredConnection,
  gate: Gate,
): Promise<RecordClaim | null> {
  const { bulk } = connection.connector;
  if (!bulk) return null;
  const job = await leaseDueJob(context.db, connection.id, gate.stopped, context.clock.now());
  if (!job) return null;
  const step: JobStep = { context, connection, bulk, gate, job };
  try {
    await (gate.stopped ? halt(step) : take(step));
  } catch (error) {
    if (error instanceof JobLost)
      context.logger.warn({ jobId: job.id }, 'a bulk job was taken over by another worker');
    else await failStep(step, error);
  } finally {
    await releaseJob(context.db, job);
  }
  return () => Promise.resolve();
}

function take(step: JobStep): Promise<void> {
  switch (step.job.state) {
    case 'filling':
      return seal(step);
    case 'ready':
      return create(step);
    case 'created':
      return upload(step);
    case 'uploading':
      return findOutWhetherUploaded(step);
    case 'uploaded':
      return complete(step);
    case 'working':
      return poll(step);
    case 'done':
    case 'given-up':
      return Promise.resolve();
  }
}

/** Nothing more is on its way into it: the job is closed. One that is full was closed by whoever filled it. */
async function seal({ context, job, connection }: JobStep): Promise<void> {
  const now = context.clock.now();
  const old = now.getTime() - job.createdAt.getTime() > longestFillMs;
  const growing = !old && (await moreToCome(context.db, connection.id, job.kind, now));
  if (growing) return changeJob(context.db, job, { dueAt: later(now, 1_000) }, now);
  await changeJob(context.db, job, { state: 'ready', dueAt: now }, now);
}

/** The whole job counts against the hourly cap before it exists; one that does not fit waits for the next hour. */
async function create({ context, bulk, gate, job }: JobStep): Promise<void> {
  const now = context.clock.now();
  if (await isAnotherRunning(context.db, job))
    return changeJob(context.db, job, { dueAt: later(now, 1_000) }, now);
  if (!job.reserved) {
    if (!(await reserveWrites(context.db, gate, job.rows, now)))
      return changeJob(context.db, job, { dueAt: later(now, 60_000) }, now);
    await changeJob(context.db, job, { reserved: true }, now);
  }
  const crmJobId = await bulk.create(job.target, options(job));
  await crashPoint('bulk:after-create');
  await changeJob(context.db, job, { state: 'created', crmJobId, attempts: 0, dueAt: now }, now);
}

/** That the upload has begun is committed before it begins: a job in doubt is never given data twice. */
async function upload({ context, bulk, job }: JobStep): Promise<void> {
  const records = await recordsOf(context, job);
  await changeJob(context.db, job, { state: 'uploading' }, context.clock.now());
  await bulk.upload(crmIdOf(job), job.target, records, options(job));
  await crashPoint('bulk:after-upload');
  const now = context.clock.now();
  await changeJob(context.db, job, { state: 'uploaded', attempts: 0, dueAt: now }, now);
}

/** An open job may hold the data or not: it is ended, and made anew. One that was completed is at work. */
async function findOutWhetherUploaded(step: JobStep): Promise<void> {
  const { context, bulk, job } = step;
  const status = await bulk.status(crmIdOf(job), job.target, options(job));
  if (status.state === 'open') await bulk.abort(crmIdOf(job), job.target, options(job));
  const begun = status.state === 'working' || status.state === 'done';
  await (begun ? beginPolling(step) : startAnew(context, job));
}

/** The last moment to stop: from here on the CRM writes. */
async function complete(step: JobStep): Promise<void> {
  const { context, bulk, job, connection } = step;
  const gate = await readGate(context.db, connection.id, context.clock.now());
  if (gate === null || gate.stopped) return withdraw(step);
  if (job.attempts > 0) {
    const status = await bulk.status(crmIdOf(job), job.target, options(job));
    if (status.state !== 'open') return findOutWhetherUploaded(step);
  }
  await bulk.complete(crmIdOf(job), job.target, options(job));
  await crashPoint('bulk:after-complete');
  await beginPolling(step);
}

async function beginPolling({ context, job }: JobStep): Promise<void> {
  const now = context.clock.now();
  const dueAt = later(now, pollAfterMs(0));
  await changeJob(context.db, job, { state: 'working', attempts: 0, polls: 0, dueAt }, now);
}

/** Each look is a call, so they get rarer: after a job of an hour about seventy. */
function pollAfterMs(polls: number): number {
  return Math.min(60_000, 2_000 * 1.5 ** polls) * scale;
}

async function poll(step: JobStep): Promise<void> {
  const { context, bulk, job } = step;
  const status = await bulk.status(crmIdOf(job), job.target, options(job));
  const now = context.clock.now();
  const { processed, failed } = status;
  if (status.state === 'working') {
    const polls = job.polls + 1;
    return changeJob(
      context.db,
      job,
      { processed, failed, polls, attempts: 0, dueAt: later(now, pollAfterMs(polls)) },
      now,
    );
  }
  if (status.state === 'open') return changeJob(context.db, job, { state: 'uploaded', dueAt: now }, now);
  await changeJob(context.db, job, { processed, failed }, now);
  await finish(step, status);
}

async function finish(step: JobStep, status: BulkStatus): Promise<void> {
  const { context, job } = step;
  if (status.state !== 'gone') await recordJob(step, status);
  const refused = status.state === 'failed' || status.state === 'gone';
  const why = refused
    ? { kind: 'conflict', plain: status.reason ?? 'the CRM no longer knows the job' }
    : null;
  await endJob(context.db, job, why, context.clock.now());
  await crashPoint('bulk:after-record');
}

/** Stopped: what has not begun is withdrawn, what runs is ended and then recorded as far as it came. */
async function halt(step: JobStep): Promise<void> {
  const { context, bulk, job } = step;
  if (job.state !== 'working') return withdraw(step);
  if (!job.halted) {
    const status = await bulk.status(crmIdOf(job), job.target, options(job));
    if (status.state === 'working') await bulk.abort(crmIdOf(job), job.target, options(job));
    await changeJob(context.db, job, { halted: true }, context.clock.now());
  }
  await poll(step);
}

async function withdraw(step: JobStep): Promise<void> {
  const { context, bulk, job } = step;
  const status = await bulk.status(crmIdOf(job), job.target, options(job));
  if (status.state === 'working' || status.state === 'done') return beginPolling(step);
  if (status.state === 'open') await bulk.abort(crmIdOf(job), job.target, options(job));
  await startAnew(context, job);
}

async function startAnew(context: WorkerContext, job: BulkJob): Promise<void> {
  const now = context.clock.now();
  await changeJob(context.db, job, { state: 'ready', crmJobId: null, attempts: 0, dueAt: now }, now);
}

async function recordsOf(context: WorkerContext, job: BulkJob): Promise<RecordWrite[]> {
  const rows = await loadJobRows<{ write: RecordWrite }>(context.db, job);
  return rows.map(({ item }) => item.write);
}

function crmIdOf(job: BulkJob): string {
  if (job.crmJobId === null) throw new Error(`bulk job ${job.id} is ${job.state} without an id of the CRM`);
  return job.crmJobId;
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
