import { SyncError } from '../crm/sync-error.ts';
import { AttachRefused } from '../mirror/attach/attachments.ts';
import { notFound, Problem } from './problem.ts';

/** Why a deal could not be attached, or taken off, as an answer. */
export async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AttachRefused)
      throw error.isMissing ? notFound(error.message) : new Problem(409, 'conflict', error.message);
    if (error instanceof SyncError)
      throw new Problem(503, 'unavailable', `The CRM could not be asked: ${error.details.plain}`);
    throw error;
  }
}
