/**
 * Everything HubSpot can answer, in the product's own error vocabulary. The only place of this vendor that creates a
 * `SyncError`. What decides between `ambiguous` and `unavailable` is whether a write may have been committed.
 */
import {
  SyncError,
  type SyncErrorDetails,
  type SyncErrorKind,
  type SyncStage,
} from '../../src/crm/sync-error.ts';
import { redactLine } from '../../src/platform/logging.ts';
import type { Answer, NoAnswer } from './client.ts';
import { invalidProperties, namedProperty } from './refused-properties.ts';
import { VendorError } from './schema.ts';

/** Where a call stands in the pipeline, and whether HubSpot may have changed something by it. */
export interface CallSite {
  stage: SyncStage;
  write: boolean;
}

const SECOND = 1000;
const MISSING_SCOPES_STEP =
  "Grant the app the scopes named here in HubSpot's developer settings, then connect the portal again.";
const RECONNECT_STEP = 'Connect the HubSpot portal again, then run: tributary doctor';

/** No complete answer arrived. */
export function fromNoAnswer(failure: NoAnswer, site: CallSite): SyncError {
  if (failure.reason === 'not-sent') {
    return make(site, {
      kind: 'unavailable',
      plain: 'HubSpot could not be reached; nothing was sent',
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
  const retryAfterMs = retryAfter(answer.header('retry-after'), answer.header('date'));
  return make(site, {
    ...byStatus(answer.status, error, site, retryAfterMs),
    httpStatus: answer.status,
    ...said(error, answer.text),
  });
}

/** One record's error out of a 207. It says that this record was not written. */
export function fromItemError(error: VendorError, site: CallSite): SyncError {
  return make(site, { ...byCategory(error), ...said(error, '') });
}

/** A batch answered, but without a word about this record. */
export function lacksResult(site: CallSite): SyncError {
  return make(
    site,
    inconclusive(site, 'HubSpot answered the batch without saying what became of this record'),
  );
}

/** The access token is refused although it was just renewed, or cannot be renewed at all. */
export function accessRefused(answer: Answer, site: CallSite): SyncError {
  const parsed = VendorError.safeParse(answer.json);
  return make(site, {
    kind: 'auth-expired',
    plain: 'HubSpot refuses the access token',
    nextStep: RECONNECT_STEP,
    httpStatus: answer.status,
    ...said(parsed.success ? parsed.data : undefined, answer.text),
  });
}

/** The token endpoint refused to renew access. */
export function renewalRefused(answer: Answer): SyncError {
  const site: CallSite = { stage: 'connect', write: false };
  if (answer.status !== 400 && answer.status !== 401 && answer.status !== 403)
    return fromRefusal(answer, site);
  const parsed = VendorError.safeParse(answer.json);
  const error = parsed.success ? parsed.data : undefined;
  return make(site, {
    kind: 'auth-expired',
    plain: 'HubSpot no longer accepts the refresh token: the app was uninstalled or its credentials changed',
    nextStep: RECONNECT_STEP,
    httpStatus: answer.status,
    ...said(error, answer.text),
  });
}

/** A renewed refresh token could not be stored; going on would lose it with this process. */
export function renewalNotStored(cause: unknown): SyncError {
  const plain = 'the refresh token that HubSpot renewed could not be stored';
  return make({ stage: 'connect', write: false }, { kind: 'unavailable', plain, cause });
}

/** The problem lies in the batch's content, so that a part of the batch may still be accepted. */
export function concernsContent(error: SyncError): boolean {
  const status = error.details.httpStatus;
  return status === 400 || status === 404 || status === 409;
}

type Verdict = Pick<SyncErrorDetails, 'kind' | 'plain'> & Partial<SyncErrorDetails>;

function byStatus(
  status: number,
  error: VendorError | undefined,
  site: CallSite,
  retryAfterMs?: number,
): Verdict {
  if (status === 429) return tooMany(error, retryAfterMs);
  if (status === 423) {
    return {
      kind: 'rate-limited',
      plain: 'HubSpot has locked the records for a moment',
      retryAfterMs: retryAfterMs ?? 2 * SECOND,
    };
  }
  if (status === 477) {
    const plain = 'HubSpot is moving the portal to another data centre and takes no calls meanwhile';
    return { kind: 'unavailable', plain, ...wait(retryAfterMs) };
  }
  if (status >= 500 || status === 408)
    return { ...inconclusive(site, `HubSpot failed with status ${status}`), ...wait(retryAfterMs) };
  if (status === 401)
    return { kind: 'auth-expired', plain: 'HubSpot refuses the access token', nextStep: RECONNECT_STEP };
  if (status === 403) return forbidden(error);
  if (status === 404) return { kind: 'not-found', plain: 'HubSpot has no such record (or object type)' };
  if (status === 409) return conflict(error);
  if (status === 400 && site.write) return invalid(error);
  return { kind: 'bug', plain: `HubSpot refuses the call itself: ${messageOf(error) ?? `status ${status}`}` };
}

function byCategory(error: VendorError): Verdict {
  switch ((error.category ?? '').toUpperCase()) {
    case 'OBJECT_NOT_FOUND':
    case 'NOT_FOUND':
      return { kind: 'not-found', plain: 'HubSpot has no such record' };
    case 'CONFLICT':
    case 'OBJECT_ALREADY_EXISTS':
      return conflict(error);
    case 'RATE_LIMIT':
    case 'RATE_LIMITS':
      return tooMany(error);
    case 'LOCKED':
      return {
        kind: 'rate-limited',
        plain: 'HubSpot has locked the record for a moment',
        retryAfterMs: 2 * SECOND,
      };
    case 'MISSING_SCOPES':
      return forbidden(error);
    case 'INTERNAL_ERROR':
    case 'TRANSIENT':
    case 'TIMEOUT':
      return { kind: 'unavailable', plain: 'HubSpot failed on this record' };
    default:
      return invalid(error);
  }
}

function tooMany(error: VendorError | undefined, retryAfterMs?: number): Verdict {
  const policy = `${error?.policyName ?? ''} ${messageOf(error) ?? ''}`.toUpperCase();
  if (policy.includes('DAILY')) {
    const plain = "the portal's daily limit of HubSpot calls is used up";
    return { kind: 'quota-exhausted', plain, ...wait(retryAfterMs) };
  }
  // TEN_SECONDLY_ROLLING holds the word SECONDLY, so it is asked for first.
  const pause = policy.includes('TEN_SECONDLY')
    ? 10 * SECOND
    : policy.includes('SECONDLY')
      ? SECOND
      : 10 * SECOND;
  return { kind: 'rate-limited', plain: 'HubSpot asks to slow down', retryAfterMs: retryAfterMs ?? pause };
}

function forbidden(error: VendorError | undefined): Verdict {
  const scopes = missingScopes(error);
  if (scopes.length === 0) {
    return { kind: 'auth-expired', plain: 'HubSpot forbids this to the app', nextStep: MISSING_SCOPES_STEP };
  }
  return {
    kind: 'auth-expired',
    plain: `the app lacks the HubSpot scopes ${scopes.join(', ')}`,
    nextStep: MISSING_SCOPES_STEP,
  };
}

function conflict(error: VendorError | undefined): Verdict {
  const existing = /Existing ID:?\s*(\d+)/i.exec(messageOf(error) ?? '')?.[1];
  if (existing === undefined)
    return { kind: 'conflict', plain: 'the change conflicts with another one in HubSpot' };
  return {
    kind: 'duplicate',
    plain: `HubSpot already has this record as ${existing}`,
    existingIds: [existing],
  };
}

function invalid(error: VendorError | undefined): Verdict {
  const message = messageOf(error) ?? '';
  const clash = /\bon (\d+)\. (\d+) already has that value/i.exec(message);
  if (clash?.[2] !== undefined) {
    const field = /propertyName=([^,}\s]+)/.exec(message)?.[1];
    const plain = `the value of ${field ?? 'a unique field'} belongs to record ${clash[2]} already`;
    return { kind: 'duplicate', plain, existingIds: [clash[2]], ...(field ? { fields: [field] } : {}) };
  }
  if (/existing ID:?\s*\d+/i.test(message)) return conflict(error);
  return invalidFields(error, message);
}

function invalidFields(error: VendorError | undefined, message: string): Verdict {
  const faults = invalidProperties(message);
  if (faults.length > 0) {
    const plain = faults.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    const nextStep =
      'Correct the value, or the row of the mapping that writes this field, then redrive the record.';
    const code = faults[0]?.code;
    return {
      kind: 'invalid-record',
      plain,
      nextStep,
      fields: faults.map(({ name }) => name),
      ...(code ? { vendorCode: code } : {}),
    };
  }
  const field = namedProperty(
    message,
    error?.errors?.flatMap((one) => (one.context ? [one.context] : [])) ?? [],
  );
  return {
    kind: 'invalid-record',
    plain: message === '' ? 'HubSpot refuses the record without saying why' : clean(message),
    nextStep: 'Correct the record, then redrive it.',
    ...(field === undefined ? {} : { fields: [field] }),
  };
}

/** What must be assumed when nobody can say whether HubSpot acted. */
function inconclusive(site: CallSite, what: string): { kind: SyncErrorKind; plain: string } {
  if (!site.write) return { kind: 'unavailable', plain: what };
  return { kind: 'ambiguous', plain: `${what}; whether it was written is unknown` };
}

function missingScopes(error: VendorError | undefined): string[] {
  const found = (error?.errors ?? []).flatMap(
    ({ context }) => context?.['requiredGranularScopes'] ?? context?.['requiredScopes'] ?? [],
  );
  return [...new Set(found.filter((scope) => typeof scope === 'string'))];
}

function messageOf(error: VendorError | undefined): string | undefined {
  const detail = error?.errors?.find(({ message }) => message !== undefined)?.message;
  return error?.message ?? detail;
}

function said(error: VendorError | undefined, text: string): Partial<SyncErrorDetails> {
  const code =
    error?.policyName ?? error?.category ?? error?.errorType ?? error?.error ?? error?.errors?.[0]?.code;
  const message = messageOf(error) ?? text;
  return {
    ...(code === undefined ? {} : { vendorCode: code }),
    ...(message === '' ? {} : { vendorMessage: clean(message) }),
  };
}

/** Seconds or an HTTP date, as milliseconds. A date is measured against the answer's own clock. */
function retryAfter(header: string | null, date: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds * SECOND));
  const wait = Date.parse(header) - (date === null ? Date.now() : Date.parse(date));
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

function wait(retryAfterMs: number | undefined): { retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

function clean(text: string): string {
  return redactLine(text.slice(0, 500));
}

function make(site: CallSite, details: Omit<SyncErrorDetails, 'stage' | 'vendor'>): SyncError {
  return new SyncError({ ...details, stage: site.stage, vendor: 'hubspot' });
}
