import { z } from 'zod';
import { recordId } from '../ids.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Actor } from '../store/transaction.ts';
import {
  deployJobShape,
  isDone,
  type DeployJob,
  type DeployOptions,
  type DeployOutcome,
} from './deploy-job.ts';
import { runDeployment } from './run-deployment.ts';

import type { Deployments } from './deployments.ts';

/** Creates an org's deployments. `sandbox` is asked for when one runs. */
export function createDeployments(sandbox: () => Sandbox): Deployments {
  const jobs = new Map<string, DeployJob>();
  const waiting = new Set<() => void>();

  function keep(job: DeployJob): void {
    jobs.set(job.id, job);
    sandbox().journal.append({ t: 'deployment', job });
  }

  function later(ms: number, work: () => void): void {
    const cancel = sandbox().clock.after(ms, () => {
      waiting.delete(cancel);
      work();
    });
    waiting.add(cancel);
  }

  function advance(id: string): void {
    const { org, clock } = sandbox();
    const half = org.settings.metadataJobMs / 2;
    later(half, () => {
      const job = jobs.get(id);
      if (job === undefined || isDone(job)) return;
      keep({ ...job, status: 'InProgress', startDate: clock.ms() });
      later(half, () => run(id));
    });
  }

  function run(id: string): void {
    const job = jobs.get(id);
    if (job === undefined || isDone(job)) return;
    const { zip = '', ...known } = job;
    const outcome = runDeployment(
      sandbox(),
      actorOf(job),
      job.version,
      Buffer.from(zip, 'base64'),
      job.options,
    );
    const status = statusOf(outcome, job.options);
    const mayFollow = status === 'Succeeded' && job.options.checkOnly;
    const { clock, journal } = sandbox();
    keep({ ...known, ...(mayFollow ? { zip } : {}), status, outcome, completedDate: clock.ms() });
    journal.flush();
  }

  return {
    start(actor, version, zip, options, validatedBy) {
      const id = recordId('0Af', jobs.size + 1);
      const { userId, client } = actor;
      const createdDate = sandbox().clock.ms();
      const job: DeployJob = { id, status: 'Pending', userId, client, version, options, zip, createdDate };
      keep(validatedBy === undefined ? job : { ...job, validatedBy });
      advance(id);
      return jobs.get(id) ?? job;
    },
    get: (id) => jobs.get(id),
    cancel(id) {
      const job = jobs.get(id);
      if (job === undefined || isDone(job)) return job;
      keep({ ...job, status: 'Canceled', completedDate: sandbox().clock.ms() });
      return jobs.get(id);
    },
    restore(entry) {
      const { job } = deployJobEntry.parse(entry);
      jobs.set(job.id, job);
    },
    resume() {
      for (const job of jobs.values()) if (!isDone(job)) advance(job.id);
    },
    stop() {
      for (const cancel of waiting) cancel();
      waiting.clear();
    },
  };
}

const deployJobEntry = z.object({ job: deployJobShape });

function statusOf(outcome: DeployOutcome, options: DeployOptions): DeployJob['status'] {
  if (outcome.errorMessage !== undefined) return 'Failed';
  const failures = outcome.messages.filter((one) => !one.success).length;
  if (failures === 0) return 'Succeeded';
  return options.rollbackOnError || options.checkOnly || failures === outcome.messages.length
    ? 'Failed'
    : 'SucceededPartial';
}

function actorOf(job: DeployJob): Actor {
  const { userId, client, version } = job;
  const named = client === '' ? '' : `;client=${client}`;
  return {
    origin: 'api',
    userId,
    client,
    changeOrigin: `com/salesforce/api/soap/${version}.0${named}`,
    requestId: job.id,
  };
}
