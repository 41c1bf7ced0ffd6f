/** With login-errors.ts, the only place that makes a SyncError for Salesforce. */
import { SyncError, type SyncErrorDetails } from '../../src/crm/sync-error.ts';
import {
  dailyLimit,
  goneCodes,
  meaningOfStatus,
  meanings,
  recordGone,
  referenceGone,
  targetGone,
  type Meaning,
} from './error-codes.ts';
import { build, clean, retryAfter, type Answer, type Purpose } from './make-error.ts';
import { fullId } from './record-id.ts';
import { VendorProblems, type VendorProblem } from './schema.ts';

export type { Answer, Purpose } from './make-error.ts';

/** No complete answer. `sent` is false when the request certainly never reached Salesforce. */
export class Unanswered extends Error {
  readonly sent: boolean;

  constructor(sent: boolean, cause: unknown) {
    super('no complete answer', { cause });
    this.name = 'Unanswered';
    this.sent = sent;
  }
}

/** A whole request that Salesforce answered with anything but success. */
export function refusedCall(answer: Answer, purpose: Purpose): SyncError {
  const problems = readProblems(answer);
  const problem = problems[0];
  const code = problem?.errorCode ?? problem?.statusCode;
  const meaning = meaningOfCall(answer, code, problem?.message ?? '', purpose);
  return build(meaning, purpose, {
    httpStatus: answer.status,
    ...(code === undefined ? {} : { vendorCode: code }),
    ...describeProblems(problems),
    ...retryAfter(answer),
  });
}

function meaningOfCall(answer: Answer, code: string | undefined, message: string, purpose: Purpose): Meaning {
  // A 5xx, often a gateway's page, says nothing about whether the records were written before it appeared.
  if (purpose.write && (answer.status >= 500 || answer.status === 408)) {
    return { kind: 'ambiguous', plain: 'Salesforce failed without saying whether the records were written' };
  }
  if (code === 'REQUEST_LIMIT_EXCEEDED' && message.includes('TotalRequests')) return dailyLimit;
  if (code !== undefined && goneCodes.has(code)) return targetGone;
  return (code === undefined ? undefined : meanings[code]) ?? meaningOfStatus(answer.status);
}

/** One record of a collection that Salesforce refused while its neighbours went through. */
export function refusedItem(
  problems: readonly VendorProblem[],
  purpose: Purpose,
  identified: boolean,
): SyncError {
  const problem = problems[0] ?? { message: '' };
  const code = problem.statusCode ?? problem.errorCode;
  const existingIds = idsInTheWay(code, problem);
  const meaning = meaningOfItem(code, problem, identified);
  const error = {
    ...(code === undefined ? {} : { vendorCode: code }),
    ...describeProblems(problems),
    ...(existingIds.length === 0 ? {} : { existingIds }),
    ...duplicateRuleOf(problem),
    ...(meaning === referenceGone ? { referenceGone: true as const } : {}),
  };
  // What a person has to correct is told in Salesforce's words, too: an administrator wrote the rule and its message.
  const isForPerson = meaning.kind === 'invalid-record' && error.vendorMessage !== undefined;
  return build(meaning, purpose, error, isForPerson ? `: ${error.vendorMessage}` : '');
}

/**
 * `identified`: the record was named by its id, so an unknown or deleted id without a field means the record itself. A
 * record named by our key alone is created where it is missing: what is gone can only be something it refers to.
 */
function meaningOfItem(code: string | undefined, problem: VendorProblem, identified: boolean): Meaning {
  if (code === undefined)
    return { kind: 'invalid-record', plain: 'Salesforce refused the record without a reason' };
  if (goneCodes.has(code) || code === 'INVALID_CROSS_REFERENCE_KEY')
    return identified && !problem.fields?.length ? recordGone : referenceGone;
  return (
    meanings[code] ?? {
      kind: 'invalid-record',
      plain: 'Salesforce refused the record',
      nextStep: 'Read the message, correct, redrive.',
    }
  );
}

/** The records that block this one: named in the message (DUPLICATE_VALUE) or in the duplicate rule's result. */
function idsInTheWay(code: string | undefined, problem: VendorProblem): string[] {
  if (code === 'DUPLICATE_VALUE') {
    const named = /with id:\s*([A-Za-z0-9]{15,18})/.exec(problem.message)?.[1];
    return named === undefined ? [] : [fullId(named)];
  }
  const matches = problem.duplicateResult?.matchResults.flatMap((result) => result.matchRecords) ?? [];
  return [...new Set(matches.map((match) => match.record.Id))];
}

function duplicateRuleOf({ duplicateResult }: VendorProblem): Pick<SyncErrorDetails, 'duplicateRule'> {
  if (!duplicateResult) return {};
  return { duplicateRule: { name: duplicateResult.duplicateRule, mayBeAllowed: duplicateResult.allowSave } };
}

/** No complete answer arrived: a read may be asked again, a write has to be looked up first. */
export function silence(unanswered: Unanswered, purpose: Purpose): SyncError {
  const open = purpose.write && unanswered.sent;
  const plain = open
    ? 'the connection broke before Salesforce said whether the records were written'
    : unanswered.sent
      ? 'Salesforce did not answer in time'
      : 'Salesforce could not be reached';
  return build({ kind: open ? 'ambiguous' : 'unavailable', plain }, purpose, causeOf(unanswered));
}

/** A success whose content is not what the documentation promises. */
export function unreadable(purpose: Purpose, why: string): SyncError {
  const kind = purpose.write ? 'ambiguous' : 'unavailable';
  return build({ kind, plain: `Salesforce answered in an unexpected form: ${why}` }, purpose, {});
}

/** The org does not tell something that has to be known; a person has to. */
export function unknownToOrg(purpose: Purpose, plain: string, nextStep: string): SyncError {
  return build({ kind: 'invalid-record', plain, nextStep }, purpose, {});
}

/**
 * A piece of set-up that the Metadata API refused (`what`), or a whole call of it. The words are Salesforce's own: they
 * name the part of the component that is wrong.
 */
export function refusedMetadata(code: string, message: string, what: string | null): SyncError {
  const meaning = code.startsWith('INSUFFICIENT_ACCESS') ? notAnAdministrator : meanings[code];
  const because = meaning ?? { kind: 'invalid-record' as const, plain: `Salesforce refused it: ${message}` };
  const plain = what === null ? because.plain : `${what}: ${because.plain}`;
  const nextStep =
    because.nextStep ?? 'Correct it in Salesforce or in the mapping, then run the command again.';
  return build(
    { ...because, plain, nextStep },
    { stage: 'provision', write: true },
    {
      vendorCode: code,
      vendorMessage: clean(message),
    },
  );
}

const notAnAdministrator: Meaning = {
  kind: 'invalid-record',
  plain: "the user may not change the org's set-up",
  nextStep:
    'Run it as an administrator (--as USERNAME): "Customize Application" and "Modify Metadata Through Metadata API Functions" are needed.',
};

/** Whoever may not see the limits may do everything else: a refusal there says nothing about the login. */
export function refusedLimits(thrown: unknown, purpose: Purpose): unknown {
  if (!(thrown instanceof SyncError) || thrown.details.httpStatus !== 403) return thrown;
  if (thrown.kind !== 'auth-expired' || thrown.details.vendorCode === 'API_DISABLED_FOR_ORG') return thrown;
  const { httpStatus, vendorCode, vendorMessage } = thrown.details;
  const meaning: Meaning = {
    kind: 'invalid-record',
    plain: "the integration user may not see the org's limits",
    nextStep: 'Grant "View Setup and Configuration" if they are to be shown; nothing else needs it.',
  };
  return build(meaning, purpose, {
    httpStatus,
    ...(vendorCode === undefined ? {} : { vendorCode }),
    ...(vendorMessage === undefined ? {} : { vendorMessage }),
  });
}

/** A call this connector must not make. */
export function misuse(purpose: Purpose, plain: string, cause?: unknown): SyncError {
  return build({ kind: 'bug', plain }, purpose, cause === undefined ? {} : { cause });
}

/** Texts of the Pub/Sub API's `error-code` trailer and gRPC status. Source: facts 1.7. */
export function brokenStream(status: {
  code: number;
  reason: string | undefined;
  details: string;
}): SyncError {
  const extra = {
    vendorMessage: clean(status.details),
    ...(status.reason === undefined ? {} : { vendorCode: status.reason }),
  };
  return build(meaningOfStream(status.code, status.reason ?? ''), { stage: 'listen', write: false }, extra);
}

function meaningOfStream(code: number, reason: string): Meaning {
  if (reason.includes('limit.exceeded') || code === 8)
    return { kind: 'rate-limited', plain: 'Salesforce allows no more subscriptions now' };
  if (reason.includes('topic.not.found') || code === 5 || code === 7) {
    return {
      kind: 'unavailable',
      plain: 'the change events of this object cannot be subscribed to',
      nextStep:
        'In Salesforce, select the object under Setup > Change Data Capture and grant the user access. Polling goes on meanwhile.',
    };
  }
  return NO_ANSWER.has(code) && reason === '' ? unreachableStream : passingStream;
}

/** DEADLINE_EXCEEDED and UNAVAILABLE: without the vendor's trailer they are our own client's, and nothing has answered. */
const NO_ANSWER = new Set([4, 14]);

const unreachableStream: Meaning = {
  kind: 'unavailable',
  plain: 'the stream of change events could not be reached, or broke off',
  nextStep:
    'If it stays so, let your firewall and proxy pass api.pubsub.salesforce.com:7443. Polling goes on meanwhile.',
};

const passingStream: Meaning = { kind: 'unavailable', plain: 'the stream of change events ended' };

function readProblems(answer: Answer): VendorProblem[] {
  const parsed = VendorProblems.safeParse(answer.body);
  return parsed.success ? parsed.data : [];
}

function describeProblems(problems: readonly VendorProblem[]): Partial<SyncErrorDetails> {
  const fields = [...new Set(problems.flatMap((problem) => problem.fields ?? []))];
  const messages = problems.map((problem) => problem.message).filter((message) => message !== '');
  return {
    ...(fields.length === 0 ? {} : { fields }),
    ...(messages.length === 0 ? {} : { vendorMessage: clean(messages.join(' · ')) }),
  };
}

/** Only the code of a network error: its message may hold the URL, and the URL of a query holds names and e-mails. */
function causeOf(unanswered: Unanswered): Partial<SyncErrorDetails> {
  const { cause } = unanswered;
  const code =
    typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined;
  return code === undefined ? {} : { vendorCode: code };
}
