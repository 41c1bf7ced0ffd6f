import type { Sandbox } from '../sandbox.ts';
import { isDone, type DeployJob, type DeployMessage } from './deploy-job.ts';

/** What `checkDeployStatus` answers. The components are told only when asked for. */
export function deployResult(
  sandbox: Sandbox,
  job: DeployJob,
  includeDetails: boolean,
): Record<string, unknown> {
  const messages = job.outcome?.messages ?? [];
  const failures = messages.filter((one) => !one.success);
  const took = messages.filter((one) => one.success);
  const undone = job.status === 'Failed';
  return {
    checkOnly: job.options.checkOnly,
    completedDate: iso(job.completedDate),
    createdBy: job.userId,
    createdByName: String(sandbox.org.table('User').get(job.userId)?.['Name'] ?? ''),
    createdDate: iso(job.createdDate),
    details: includeDetails && isDone(job) ? details(job, failures, undone ? [] : took) : undefined,
    done: isDone(job),
    errorMessage: job.outcome?.errorMessage,
    errorStatusCode: job.outcome?.errorStatusCode,
    id: job.id,
    ignoreWarnings: job.options.ignoreWarnings,
    lastModifiedDate: iso(job.completedDate ?? job.startDate ?? job.createdDate),
    numberComponentErrors: failures.length,
    numberComponentsDeployed: undone ? 0 : took.length,
    numberComponentsTotal: messages.length,
    numberTestErrors: 0,
    numberTestsCompleted: 0,
    numberTestsTotal: 0,
    rollbackOnError: job.options.rollbackOnError,
    runTestsEnabled: false,
    startDate: iso(job.startDate),
    status: job.status,
    success: job.status === 'Succeeded' || job.status === 'SucceededPartial',
  };
}

function details(
  job: DeployJob,
  failures: DeployMessage[],
  successes: DeployMessage[],
): Record<string, unknown> {
  const shown = (one: DeployMessage) => ({ ...one, createdDate: iso(job.completedDate ?? job.createdDate) });
  return {
    componentFailures: failures.map(shown),
    componentSuccesses: successes.map(shown),
    runTestResult: { numFailures: 0, numTestsRun: 0, totalTime: 0 },
  };
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
