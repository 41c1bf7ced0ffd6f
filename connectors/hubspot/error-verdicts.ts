/** How HubSpot's statuses, categories and messages translate into the product's error kinds. Creates no errors. */
import type { SyncErrorDetails, SyncErrorKind, SyncStage } from '../../src/crm/sync-error.ts';
import { redactLine } from '../../src/platform/logging.ts';
import type { Answer } from './client.ts';
import { invalidProperties, isAboutSchema, namedProperty, type PropertyFault } from './refused-properties.ts';
import type { VendorError } from './schema.ts';
import { lossWithout } from './scope-needs.ts';

/** Where a call stands in the pipeline, and whether HubSpot may have changed something by it. */
export interface CallSite {
  stage: SyncStage;
  write: boolean;
  /** The call creates what is missing: "not found" is then about the call, and must never look like a deleted record. */
  creates?: boolean;
}

const SECOND = 1000;
const MISSING_SCOPES_STEP =
  "Grant the app the scopes named here in HubSpot's developer settings, then connect the portal again.";
const SET_UP_STEP =
  "Give the token of an app that has them, for this one errand: --token-file FILE. Or grant them to the connection's own app.";
export const RECONNECT_STEP =
  'Connect the HubSpot portal again: tributary connect hubspot, or the button on the page.';

/** What an answer means, before it is made an error. */
export type Verdict = Pick<SyncErrorDetails, 'kind' | 'plain'> & Partial<SyncErrorDetails>;

export function byStatus(answer: Answer, error: VendorError | undefined, site: CallSite): Verdict {
  const { status } = answer;
  const retryAfterMs = retryAfter(answer.header('retry-after'), answer.header('date'));
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
    // Nothing gets through before then: as rate-limited the connection rests, instead of each deal asking again.
    return { kind: 'rate-limited', plain, retryAfterMs: retryAfterMs ?? 60 * SECOND };
  }
  if (status >= 500 || status === 408)
    return { ...inconclusive(site, `HubSpot failed with status ${status}`), ...wait(retryAfterMs) };
  if (status === 401)
    return { kind: 'auth-expired', plain: 'HubSpot refuses the access token', nextStep: RECONNECT_STEP };
  if (status === 403) return forbidden(error, site);
  if (status === 404) return notFound(answer, error, site);
  if (status === 409) return conflict(error);
  if (status === 400 && site.write) return invalid(error);
  return { kind: 'bug', plain: `HubSpot refuses the call itself: ${messageOf(error) ?? `status ${status}`}` };
}

/** A 404 of HubSpot's own says so; any other comes from something in between, and says nothing about a record. */
function notFound(answer: Answer, error: VendorError | undefined, site: CallSite): Verdict {
  const fromHubspot = answer.header('x-hubspot-notfound') !== null || error?.category === 'OBJECT_NOT_FOUND';
  return fromHubspot
    ? missingRecord(site)
    : inconclusive(site, 'something between here and HubSpot answered 404');
}

function missingRecord({ creates }: CallSite): Verdict {
  if (creates)
    return { kind: 'bug', plain: 'HubSpot does not know the object type or key property of this write' };
  return { kind: 'not-found', plain: 'HubSpot has no such record' };
}

export function byCategory(error: VendorError, site: CallSite): Verdict {
  switch ((error.category ?? '').toUpperCase()) {
    case 'OBJECT_NOT_FOUND':
    case 'NOT_FOUND':
      return missingRecord(site);
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
      return forbidden(error, site);
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

function forbidden(error: VendorError | undefined, site: CallSite): Verdict {
  const scopes = missingScopes(error);
  const nextStep = site.stage === 'provision' ? SET_UP_STEP : MISSING_SCOPES_STEP;
  if (scopes.length === 0) {
    return { kind: 'auth-expired', plain: 'HubSpot forbids this to the app', nextStep };
  }
  const lost = scopes.map(lossWithout).find((loss) => loss !== undefined);
  return {
    kind: 'auth-expired',
    plain: `the app lacks the HubSpot scopes ${scopes.join(', ')}${lost === undefined ? '' : `: ${lost}`}`,
    nextStep,
  };
}

function conflict(error: VendorError | undefined): Verdict {
  const existing = /Existing ID:?\s*(\d+)/i.exec(messageOf(error) ?? '')?.[1];
  if (existing === undefined)
    return {
      kind: 'conflict',
      plain: 'the change conflicts with another one in HubSpot',
      nextStep: 'Look at the record in HubSpot, then redrive it.',
    };
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
    const plain = faults.map(inWords).join('; ');
    const nextStep = faults.some(isCurrency)
      ? 'Enable the currency in HubSpot under Settings › Account defaults › Currency, or correct it in the deal; then redrive the deal.'
      : 'Correct the value, or the row of the mapping that writes this field, then redrive the record.';
    const code = faults[0]?.code;
    return {
      kind: 'invalid-record',
      plain,
      nextStep,
      fields: faults.map(({ name }) => name),
      ...(code ? { vendorCode: code } : {}),
      ...(faults.some((fault) => isAboutSchema(fault) && !isCurrency(fault))
        ? { schemaSuspect: true as const }
        : {}),
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

function inWords(fault: PropertyFault): string {
  if (!isCurrency(fault)) return `${fault.name}: ${fault.reason}`;
  return `the currency of the deal is not enabled in the portal (${fault.reason})`;
}

/** Deals may be in the currencies that somebody enabled in the portal, and in no other. */
function isCurrency({ name, code }: PropertyFault): boolean {
  return name === 'deal_currency_code' && code === 'INVALID_OPTION';
}

/** What must be assumed when nobody can say whether HubSpot acted. */
export function inconclusive(site: CallSite, what: string): { kind: SyncErrorKind; plain: string } {
  if (!site.write) return { kind: 'unavailable', plain: what };
  return { kind: 'ambiguous', plain: `${what}; whether it was written is unknown` };
}

function missingScopes(error: VendorError | undefined): string[] {
  const found = (error?.errors ?? []).flatMap(
    ({ context }) => context?.['requiredGranularScopes'] ?? context?.['requiredScopes'] ?? [],
  );
  return [...new Set(found.filter((scope) => typeof scope === 'string'))];
}

export function messageOf(error: VendorError | undefined): string | undefined {
  const detail = error?.errors?.find(({ message }) => message !== undefined)?.message;
  return error?.message ?? detail ?? error?.error_description;
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

/** The vendor's own words, fit to be stored and shown. */
export function clean(text: string): string {
  return redactLine(text.slice(0, 500));
}
