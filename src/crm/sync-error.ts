/**
 * The one error vocabulary between CRMs and the engine.
 * Only `connectors/<vendor>/errors.ts` creates vendor errors; only `workers/decide-next.ts` turns a kind into what happens next.
 */
export const syncErrorKinds = [
  'rate-limited',
  'quota-exhausted',
  'unavailable',
  'ambiguous',
  'auth-expired',
  'invalid-record',
  'duplicate',
  'not-found',
  'conflict',
  'bug',
] as const;

export type SyncErrorKind = (typeof syncErrorKinds)[number];

export type SyncStage =
  'connect' | 'describe' | 'resolve' | 'lookup' | 'push' | 'link' | 'read' | 'poll' | 'listen' | 'provision';

export interface SyncErrorDetails {
  kind: SyncErrorKind;
  stage: SyncStage;
  vendor: string;
  /** What happened, in plain words, naming the field or record where known. Never holds a secret. */
  plain: string;
  /** What a person should do, one sentence; absent when the engine retries by itself. */
  nextStep?: string;
  /** The vendor's own code and message, verbatim but with secrets removed. */
  vendorCode?: string;
  vendorMessage?: string;
  httpStatus?: number;
  /** Milliseconds the vendor asked us to wait. */
  retryAfterMs?: number;
  fields?: readonly string[];
  /** The CRM's schema may not be what it was when it was described: a field or value is unknown to it. */
  schemaSuspect?: true;
  /** Its neighbours in the batch were refused along with it: it need not be this record's fault. */
  spreads?: true;
  /** Only bulk jobs are refused; ordinary calls go through. */
  bulkOnly?: true;
  /** For `duplicate` and `conflict`: the ids of the records in the way. */
  existingIds?: readonly string[];
  /** A duplicate rule of the CRM stopped the record; `existingIds` are what it found. Whether a person may allow it all the same. */
  duplicateRule?: { name: string; mayBeAllowed: boolean };
  /** A record this one refers to is gone or merged: looking at the references may heal it. */
  referenceGone?: true;
  cause?: unknown;
}

export class SyncError extends Error {
  readonly details: Omit<SyncErrorDetails, 'cause'>;

  constructor(details: SyncErrorDetails) {
    const { cause, ...kept } = details;
    super(
      `${details.vendor} ${details.stage}: ${details.plain}`,
      cause === undefined ? undefined : { cause },
    );
    this.name = 'SyncError';
    this.details = kept;
  }

  get kind(): SyncErrorKind {
    return this.details.kind;
  }

  get stage(): SyncStage {
    return this.details.stage;
  }
}

/** What happened, followed by the vendor's own words where it gave some that are not said already. */
export function inItsWords({
  plain,
  vendorMessage,
}: Pick<SyncErrorDetails, 'plain' | 'vendorMessage'>): string {
  return !vendorMessage || plain.includes(vendorMessage) ? plain : `${plain}: ${vendorMessage}`;
}
