/** Errors of the webhooks journal, which is the app's and not the portal's: none of them is about the connection's login. */
import { SyncError } from '../../src/crm/sync-error.ts';
import type { Answer } from './client.ts';
import { clean } from './error-verdicts.ts';

const HERE = { stage: 'listen', vendor: 'hubspot' } as const;

/** HubSpot gives the app no token of its own for the journal. */
export function appTokenRefused(answer: Answer): SyncError {
  return new SyncError({
    ...HERE,
    kind: 'auth-expired',
    plain: 'HubSpot gives the app itself no access to its webhooks journal',
    httpStatus: answer.status,
    vendorMessage: clean(answer.text),
  });
}

/** The file that an entry names could not be fetched; its address is asked for anew the next time. */
export function fileNotFetched(what: string, cause?: unknown): SyncError {
  const plain = `a file of the webhooks journal could not be fetched: ${what}`;
  return new SyncError({ ...HERE, kind: 'unavailable', plain, ...(cause === undefined ? {} : { cause }) });
}
