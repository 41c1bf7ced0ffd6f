/** What each Salesforce error code means for us. Classified by code before status: see facts 1.4. */
import type { SyncErrorKind } from '../../src/crm/sync-error.ts';

export interface Meaning {
  kind: SyncErrorKind;
  plain: string;
  nextStep?: string;
  /** Refuses the neighbours, too. */
  spreads?: true;
  /** Ordinary calls are not affected. */
  bulkOnly?: true;
}

const correctDeal = 'Correct the value in the deal or the mapping row, then redrive.';
const askAdmin = 'Ask the Salesforce administrator to grant it to the integration user, then redrive.';

const refusedValue = (plain: string): Meaning => ({ kind: 'invalid-record', plain, nextStep: correctDeal });
const refusedAccess = (plain: string): Meaning => ({ kind: 'invalid-record', plain, nextStep: askAdmin });
const ours = (plain: string): Meaning => ({ kind: 'bug', plain });
const passing = (plain: string): Meaning => ({ kind: 'unavailable', plain });

export const referenceGone: Meaning = {
  kind: 'invalid-record',
  plain: 'a record this one refers to is gone or not visible',
  nextStep:
    "If the partner's account was deleted or merged, link the partner again. Then redrive: account and contact are looked up anew.",
};

export const meanings: Readonly<Record<string, Meaning>> = {
  // Sessions and limits.
  INVALID_SESSION_ID: {
    kind: 'auth-expired',
    plain: 'Salesforce no longer accepts the session',
    nextStep: 'Connect Salesforce again.',
  },
  API_DISABLED_FOR_ORG: {
    kind: 'auth-expired',
    plain: 'the API is switched off for this Salesforce org or user',
    nextStep: 'Ask the Salesforce administrator to enable "API Enabled" for the integration user.',
  },
  REQUEST_LIMIT_EXCEEDED: {
    kind: 'rate-limited',
    plain: 'Salesforce is busy with too many long requests of this org',
  },
  EXCEEDEDQUOTA: {
    kind: 'quota-exhausted',
    plain: "the org's bulk batches of the last 24 hours are used up",
    bulkOnly: true,
  },
  INVALIDJOBSTATE: passing('the bulk job is in another state than it was'),
  SERVER_UNAVAILABLE: passing('Salesforce is overloaded'),
  UNKNOWN_EXCEPTION: passing('Salesforce failed while handling the request'),
  QUERY_TIMEOUT: passing('the query took Salesforce too long'),
  UNABLE_TO_LOCK_ROW: passing('the record is locked by another change'),
  ALL_OR_NONE_OPERATION_ROLLED_BACK: passing(
    'another record of the same request failed, so this one was rolled back',
  ),
  PROCESSING_HALTED: passing('another part of the same request failed, so this one was not run'),
  BATCH_PROCESSING_HALTED: passing('another part of the same request failed, so this one was not run'),
  INVALID_QUERY_LOCATOR: passing('the query result expired while it was being read'),

  // Records that collide.
  DUPLICATE_VALUE: { kind: 'duplicate', plain: 'another record already has this unique value' },
  DUPLICATES_DETECTED: {
    kind: 'conflict',
    plain: 'a Salesforce duplicate rule found records that look the same',
    nextStep:
      'Link the existing record, merge the duplicates in Salesforce, or change the duplicate rule, then redrive.',
  },

  // Values and rules.
  FIELD_CUSTOM_VALIDATION_EXCEPTION: refusedValue('a validation rule in Salesforce refused the record'),
  STRING_TOO_LONG: refusedValue('a text is longer than its field'),
  NUMBER_OUTSIDE_VALID_RANGE: refusedValue('a number does not fit its field'),
  REQUIRED_FIELD_MISSING: refusedValue('a required field is empty'),
  MISSING_ARGUMENT: refusedValue('a required value is missing'),
  INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: refusedValue('the picklist does not offer this value'),
  INVALID_EMAIL_ADDRESS: refusedValue('the e-mail address is not valid'),
  MALFORMED_ID: refusedValue('a record id is malformed'),
  JSON_PARSER_ERROR: refusedValue('a value has the wrong type for its field'),
  // Not in the facts' table; the vendor's list of status codes has it.
  STORAGE_LIMIT_EXCEEDED: {
    kind: 'invalid-record',
    plain: 'the org has no storage left for new records',
    nextStep: 'Free storage or buy more (in Salesforce: Setup, Storage Usage), then redrive.',
  },
  // An exception in Apex fails every record of the chunk that the trigger ran for.
  CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: {
    kind: 'invalid-record',
    plain: 'a trigger in Salesforce failed on the record',
    nextStep: 'Show the message to whoever wrote the trigger; correct the deal or the trigger, then redrive.',
    spreads: true,
  },
  CANNOT_UPDATE_CONVERTED_LEAD: refusedValue('the lead has been converted'),
  INVALID_CROSS_REFERENCE_KEY: referenceGone,
  INVALID_FIELD: {
    kind: 'invalid-record',
    plain: 'a field does not exist or is hidden from the integration user',
    nextStep: 'Create the field or grant access to it, or change the mapping, then redrive.',
  },
  INVALID_TYPE: {
    kind: 'invalid-record',
    plain: 'the object does not exist or is hidden from the integration user',
    nextStep: 'Grant access to the object, or change the mapping, then redrive.',
  },
  INSUFFICIENT_ACCESS_OR_READONLY: refusedAccess('the integration user may not change this record'),
  INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY: refusedAccess(
    'the integration user may not use a record this one refers to',
  ),

  // Ours.
  MALFORMED_QUERY: ours('Salesforce could not read our query'),
  DUPLICATE_EXTERNAL_ID: ours('several records share the value of a field that should be unique'),
  MULTIPLE_CHOICES: ours('several records share the value of a field that should be unique'),
};

/** Of a record: it is gone. Of a whole request: what it was addressed to is not there. */
export const goneCodes: ReadonlySet<string> = new Set(['NOT_FOUND', 'ENTITY_IS_DELETED']);

export const recordGone: Meaning = {
  kind: 'not-found',
  plain: 'the record was deleted in Salesforce',
  nextStep: 'Restore it in Salesforce or decide by hand: it is not created again.',
};

/** Never `not-found`: one missing field must not turn every deal into a tombstone. */
export const targetGone: Meaning = {
  kind: 'invalid-record',
  plain: 'the object or key field does not exist or is hidden from the integration user',
  nextStep: 'Create the field as a unique external ID and grant access to it, then redrive.',
};

export const dailyLimit: Meaning = {
  kind: 'quota-exhausted',
  plain: "the org's API requests of the last 24 hours are used up",
};

/** When the code says nothing. Source of the list: facts 1.4, last line. */
export function meaningOfStatus(status: number): Meaning {
  if (status === 429) return { kind: 'rate-limited', plain: 'Salesforce asks us to slow down' };
  if (status === 401) return meanings['INVALID_SESSION_ID'] as Meaning;
  if (status === 403) {
    return { kind: 'auth-expired', plain: 'Salesforce refuses the integration user', nextStep: askAdmin };
  }
  if (status === 404 || status === 410) return targetGone;
  if (status === 400) return refusedValue('Salesforce refused the request');
  if ([405, 409, 412, 414, 415, 428, 431].includes(status))
    return ours(`Salesforce cannot take this kind of request (HTTP ${status})`);
  return passing(`Salesforce could not answer (HTTP ${status})`);
}

/** What an org answers when a field or a value is no longer what its describe said. Source: facts 1.4. */
export const schemaCodes: ReadonlySet<string> = new Set([
  'INVALID_FIELD',
  'INVALID_FIELD_FOR_INSERT_UPDATE',
  'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
  'INVALID_TYPE',
  'NOT_FOUND',
  'STRING_TOO_LONG',
]);
