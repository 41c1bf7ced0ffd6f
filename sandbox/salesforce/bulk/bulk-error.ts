import { RestError } from '../rest/rest-error.ts';
import type { BulkJob } from './job.ts';

/** The job is in a state in which this cannot be done. */
export function invalidJobState(message: string): RestError {
  return new RestError(400, 'INVALIDJOBSTATE', message);
}

/** The job as asked for makes no sense. */
export function invalidJob(message: string): RestError {
  return new RestError(400, 'INVALIDJOB', `InvalidJob : ${message}`);
}

const PAST: Record<BulkJob['state'], string> = {
  Open: 'Open',
  UploadComplete: 'Closed',
  InProgress: 'InProgress',
  JobComplete: 'Completed',
  Failed: 'Failed',
  Aborted: 'Aborted',
};

/** `Aborting already Completed Job not allowed`: the documented wording. */
export function alreadyPast(verb: 'Aborting' | 'Closing', job: BulkJob): RestError {
  return invalidJobState(`${verb} already ${PAST[job.state]} Job not allowed`);
}

/** Why a whole job fails: stands in its `errorMessage`. */
export class JobFailure extends Error {
  constructor(code: 'InvalidBatch' | 'ClientInputError' | 'InternalServerError', message: string) {
    super(`${code} : ${message}`);
    this.name = 'JobFailure';
  }
}
