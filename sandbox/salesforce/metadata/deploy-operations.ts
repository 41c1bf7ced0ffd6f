import { childOf, textOf } from '../soap/envelope.ts';
import { SoapFault } from '../soap/fault.ts';
import type { SoapRequest } from '../soap/answer-soap.ts';
import type { Actor } from '../store/transaction.ts';
import { deployOptionsShape, isDone, type DeployJob } from './deploy-job.ts';
import { deployResult } from './deploy-result.ts';
import { plainOf, readShape } from './plain.ts';

/** `deploy` and what follows it. */
export const deployOperations = { deploy, checkDeployStatus, cancelDeploy, deployRecentValidation };

function deploy(request: SoapRequest, actor: Actor): unknown {
  const { input } = request.call;
  const zip = textOf(input, 'ZipFile') ?? '';
  const given = childOf(input, 'DeployOptions');
  const options = readShape(deployOptionsShape, 'DeployOptions', given === undefined ? {} : plainOf(given));
  const job = request.sandbox.deployments.start(actor, Number(request.version), zip, options);
  return { result: { done: false, id: job.id, state: 'Queued' } };
}

function checkDeployStatus(request: SoapRequest): unknown {
  const { input } = request.call;
  const includeDetails = textOf(input, 'includeDetails') === 'true';
  return { result: deployResult(request.sandbox, jobOf(request, 'asyncProcessId'), includeDetails) };
}

function cancelDeploy(request: SoapRequest): unknown {
  const job = jobOf(request, 'id');
  if (isDone(job))
    throw new SoapFault('INVALID_ID_FIELD', 'Deployment already completed', 'UnexpectedErrorFault');
  request.sandbox.deployments.cancel(job.id);
  return { result: { done: true, id: job.id } };
}

/** Carries out what an earlier `checkOnly` deployment found to be good. */
function deployRecentValidation(request: SoapRequest, actor: Actor): unknown {
  const validated = jobOf(request, 'validationId');
  if (!validated.options.checkOnly || validated.status !== 'Succeeded' || validated.zip === undefined)
    throw new SoapFault(
      'INVALID_ID_FIELD',
      'There is no recent validation with this id',
      'UnexpectedErrorFault',
    );
  const options = { ...validated.options, checkOnly: false };
  const { id } = request.sandbox.deployments.start(
    actor,
    validated.version,
    validated.zip,
    options,
    validated.id,
  );
  return { result: id };
}

function jobOf(request: SoapRequest, argument: string): DeployJob {
  const id = textOf(request.call.input, argument) ?? '';
  const job = request.sandbox.deployments.get(id);
  if (job !== undefined) return job;
  throw new SoapFault('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', 'UnexpectedErrorFault');
}
