import type { Rehearsal } from '../rehearsal/open-rehearsal.ts';
import { fault, type Provocation } from './provocation.ts';

const data = '^/services/data/';
const writes = { path: `${data}.*composite/sobjects`, method: 'PATCH' };
const logins = { path: '^/services/oauth2/token' };

/** Refuses our record while its neighbours would go through, until the faults are cleared. */
function refusedRecord(
  code: string,
  message: string,
  during: Provocation['during'] = 'creating',
): Provocation {
  const what = { kind: 'partial', code, message, probability: 1 };
  return { code, answer: '200, in the item', during, provoke: fault(writes, what) };
}

/** Refuses the whole call once. */
function refusedCall(code: string, status: number, message: string, answer = String(status)): Provocation {
  const what = { kind: 'status', status, code, message };
  return { code, answer, during: 'creating', provoke: fault(writes, what, { nth: 1 }) };
}

function refusedLogin(code: string, message: string): Provocation {
  const refuse = fault(logins, { kind: 'status', status: 400, code, message });
  return {
    code: `${code} "${message}"`,
    answer: '400',
    during: 'logging in',
    provoke: async (rehearsal) => {
      await rehearsal.endSession();
      await refuse(rehearsal);
    },
  };
}

function refusedQuery(code: string, message: string): Provocation {
  const what = { kind: 'status', status: 400, code, message };
  return {
    code,
    answer: '400',
    during: 'reading',
    provoke: fault({ path: `${data}.*/query` }, what, { nth: 1 }),
  };
}

const unanswered = (code: string, answer: string, what: object): Provocation => ({
  code,
  answer,
  during: 'creating',
  provoke: fault(writes, what, { nth: 1 }),
});

async function opportunityOf({ admin }: Rehearsal, dealId: string): Promise<string> {
  const records = await admin.records('Opportunity');
  return String(records.find((record) => record['Tributary_Deal_Id__c'] === dealId)?.['Id']);
}

/** The rows of the facts' error table in its order, then logins, then answers that never came. */
export const provocations: readonly Provocation[] = [
  {
    code: 'INVALID_SESSION_ID',
    answer: '401',
    during: 'creating',
    provoke: ({ endSession }) => endSession(),
  },
  {
    ...refusedCall('REQUEST_LIMIT_EXCEEDED', 403, 'TotalRequests Limit exceeded.', '403 TotalRequests'),
  },
  {
    ...refusedCall(
      'REQUEST_LIMIT_EXCEEDED',
      403,
      'ConcurrentPerOrgLongTxn Limit exceeded.',
      '403 ConcurrentPerOrgLongTxn',
    ),
  },
  refusedCall('SERVER_UNAVAILABLE', 503, 'The server is temporarily unavailable.'),
  refusedCall('UNKNOWN_EXCEPTION', 500, 'An unexpected error occurred.'),
  refusedCall('a gateway page', 502, 'Bad gateway'),
  refusedCall('a gateway page', 504, 'Gateway timeout'),
  {
    ...refusedRecord(
      'UNABLE_TO_LOCK_ROW',
      'unable to obtain exclusive access to this record or 1 records: 001…',
    ),
  },
  refusedQuery('QUERY_TIMEOUT', 'Your query request was running for too long.'),
  refusedRecord('DUPLICATES_DETECTED', 'Use one of these records?'),
  refusedRecord(
    'DUPLICATE_VALUE',
    'duplicate value found: Tributary_Deal_Id__c duplicates value on record with id: 006…',
  ),
  refusedRecord('FIELD_CUSTOM_VALIDATION_EXCEPTION', 'Deals above 1 million need a sponsor'),
  refusedRecord('STRING_TOO_LONG', 'Opportunity Name: data value too large (max length=120)'),
  refusedRecord('REQUIRED_FIELD_MISSING', 'Required fields are missing: [Region__c]'),
  refusedRecord(
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    'Lead Source: bad value for restricted picklist field',
  ),
  refusedRecord('INVALID_EMAIL_ADDRESS', 'Email: invalid email address: x'),
  refusedRecord('MALFORMED_ID', 'Account ID: id value of incorrect type'),
  refusedRecord('INVALID_FIELD', "No such column 'x' on sobject of type Opportunity"),
  refusedCall('JSON_PARSER_ERROR', 400, 'Unexpected character in the request body'),
  refusedQuery('MALFORMED_QUERY', 'unexpected token: <EOF>'),
  refusedRecord('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id'),
  refusedRecord(
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    'insufficient access rights on cross-reference id',
  ),
  refusedCall('API_DISABLED_FOR_ORG', 403, 'The REST API is not enabled for this Organization.'),
  refusedRecord('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id'),
  refusedRecord('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead'),
  {
    code: 'ENTITY_IS_DELETED',
    answer: '200, in the item',
    during: 'updating',
    provoke: async (rehearsal, dealId) =>
      rehearsal.admin.play([{ action: 'delete', id: await opportunityOf(rehearsal, dealId) }]),
  },
  refusedCall('NOT_FOUND', 404, 'The requested resource does not exist'),
  ...[405, 409, 410, 412, 414, 415, 420, 428, 431].map((status) =>
    refusedCall('no code', status, 'Salesforce says no'),
  ),
  refusedLogin('invalid_grant', 'expired access/refresh token'),
  refusedLogin('invalid_grant', 'authentication failure'),
  refusedLogin('invalid_grant', "user hasn't approved this consumer"),
  refusedLogin('invalid_grant', 'audience is invalid'),
  refusedLogin('invalid_client_id', 'client identifier invalid'),
  unanswered('connection reset', 'before the commit', { kind: 'reset', at: 'before-commit' }),
  unanswered('connection reset', 'after the commit', { kind: 'reset', at: 'after-commit' }),
  unanswered('an answer cut off', 'after the commit', { kind: 'spoil', how: 'cut-off' }),
  unanswered('an HTML page', 'after the commit', { kind: 'spoil', how: 'html' }),
];
