/**
 * Everything HubSpot can answer, in the product's own error vocabulary. With login-errors.ts the only place of this
 * vendor that creates a `SyncError`. What decides between `ambiguous` and `unavailable` is whether a write may have been committed.
 */
import { SyncError, type SyncErrorDetails } from '../../src/crm/sync-error.ts';
import type { Answer, NoAnswer } from './client.ts';
import { byCategory, byStatus, clean, inconclusive, messageOf, type CallSite } from './error-verdicts.ts';
import { VendorError } from './schema.ts';

export type { CallSite } from './error-verdicts.ts';

/** No complete answer arrived. */
export function fromNoAnswer(failure: NoAnswer, site: CallSite): SyncError {
  if (failure.reason === 'not-sent') {
    return make(site, {
      kind: 'unavailable',
      plain: 'HubSpot could not be reached; nothing was sent',
      cause: failure,
    });
  }
  if (failure.reason === 'no-turn') {
    return make(site, {
      kind: 'rate-limited',
      plain: 'as many calls as HubSpot allows were under way already; nothing was sent',
      retryAfterMs: 1000,
      cause: failure,
    });
  }
  const how = {
    timeout: 'did not answer in time',
    aborted: 'was not waited for',
    broken: 'broke the connection',
  };
  return make(site, { ...inconclusive(site, `HubSpot ${how[failure.reason]}`), cause: failure });
}

/** HubSpot said yes, but not in a form that can be understood. */
export function fromUnreadableAnswer(answer: Answer, site: CallSite, problem: string): SyncError {
  const shape =
    answer.json === undefined ? 'an answer that is not JSON' : `an answer of an unknown shape (${problem})`;
  const details = { httpStatus: answer.status, vendorMessage: clean(answer.text) };
  if (site.write || answer.json === undefined)
    return make(site, { ...inconclusive(site, `HubSpot gave ${shape}`), ...details });
  return make(site, {
    kind: 'bug',
    plain: `HubSpot gave ${shape}`,
    nextStep: 'Report this to the developers.',
    ...details,
  });
}

/** An answer whose status is not 2xx. */
export function fromRefusal(answer: Answer, site: CallSite): SyncError {
  const parsed = VendorError.safeParse(answer.json);
  const error = parsed.success ? parsed.data : undefined;
  return make(site, {
    httpStatus: answer.status,
    ...said(error, answer.text),
    ...byStatus(answer, error, site),
  });
}

/** One record's error out of a 207. It says that this record was not written. */
export function fromItemError(error: VendorError, site: CallSite): SyncError {
  return make(site, { ...said(error, ''), ...byCategory(error, site) });
}

/** A batch answered, but without a word about this record. */
export function lacksResult(site: CallSite): SyncError {
  return make(
    site,
    inconclusive(site, 'HubSpot answered the batch without saying what became of this record'),
  );
}

/**
 * The problem lies in the batch's content, so that a part of the batch may still be accepted. A login refused on the way says 400
 * as well: taken for content, it would be tried again for each half of the batch, down to every single record.
 */
export function concernsContent(error: SyncError): boolean {
  if (error.kind === 'auth-expired') return false;
  const status = error.details.httpStatus;
  return status === 400 || status === 409 || (status === 404 && error.kind === 'not-found');
}

export function said(error: VendorError | undefined, text: string): Partial<SyncErrorDetails> {
  const code =
    error?.policyName ?? error?.category ?? error?.errorType ?? error?.error ?? error?.errors?.[0]?.code;
  const message = messageOf(error) ?? text;
  return {
    ...(code === undefined ? {} : { vendorCode: code }),
    ...(message === '' ? {} : { vendorMessage: clean(message) }),
  };
}

export function make(site: CallSite, details: Omit<SyncErrorDetails, 'stage' | 'vendor'>): SyncError {
  return new SyncError({ ...details, stage: site.stage, vendor: 'hubspot' });
}
