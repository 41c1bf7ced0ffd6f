import { endJob } from '../../src/mirror/bulk/job-rows.ts';
import { changeJob, JobLost } from '../../src/mirror/bulk/jobs.ts';
import type { SyncError } from '../../src/crm/sync-error.ts';
import { openCard, type Card } from '../../src/platform/cards/cards.ts';
import { asSyncError, decideNext } from '../decide-next.ts';
import { heedPause } from '../heed-pause.ts';
import type { JobStep } from './job-step.ts';

/** Of a job that the CRM does not take at all; closed when one was taken. */
export const refusedCard = 'bulk-refused';
/** Of a day whose bulk jobs are used up; closed when the CRM says that there is room again, or takes one. */
export const quotaCard = 'bulk-quota';

/**
 * A step that failed is taken again later. What the CRM refuses for good (the user may not use bulk jobs, the day's are used
 * up) goes out in ordinary batches instead.
 */
export async function failStep({ context, connection, job }: JobStep, thrown: unknown): Promise<void> {
  const error = asSyncError(thrown, job.target.stage, connection.vendor);
  const now = context.clock.now();
  const decision = decideNext(error, job.attempts + 1, now, context.random);
  await heedPause(context, connection, error, decision);
  context.logger.warn({ err: error, jobId: job.id, state: job.state }, 'a step of a bulk job failed');
  try {
    const { next } = decision;
    if (next.do === 'retry' || next.do === 'look-then-retry')
      return await changeJob(
        context.db,
        job,
        { attempts: job.attempts + 1, dueAt: next.at, error: error.details },
        now,
      );
    await endJob(context.db, job, error.details, now);
  } catch (lost) {
    if (lost instanceof JobLost) return;
    throw lost;
  }
  await openCard(context.db, cardOf(connection.id, job.target.object, error), now);
}

function cardOf(connectionId: string, object: string, { details }: SyncError): Card {
  if (details.bulkOnly === true)
    return {
      connectionId,
      kind: quotaCard,
      subject: 'day',
      plain: `The CRM takes no more bulk jobs today: ${details.plain}.`,
      nextStep:
        'Nothing has to be done: the records go out in ordinary batches, with more calls, until the CRM takes jobs again.',
    };
  return {
    connectionId,
    kind: refusedCard,
    subject: object,
    plain: `The CRM takes no bulk job for ${object}: ${details.plain}.`,
    nextStep:
      details.nextStep ??
      'Nothing has to be done: the records go out in ordinary batches, with more calls. Ask the administrator for the permission to use bulk jobs.',
  };
}
