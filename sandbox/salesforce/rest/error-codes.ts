/**
 * The codes of the facts' error table 1.4, for injection: with which status a single request ends, in which words, and
 * whether it is a record that is refused or the whole request. The natural ways to them are in dml/, rules/ and soql/.
 */
export interface ErrorCode {
  status: number;
  text: string;
  of: 'record' | 'request' | 'query';
}

const record = (text: string, status = 400): ErrorCode => ({ status, text, of: 'record' });
const request = (text: string, status: number): ErrorCode => ({ status, text, of: 'request' });
const query = (text: string): ErrorCode => ({ status: 400, text, of: 'query' });

export const ERROR_CODES: Readonly<Record<string, ErrorCode>> = {
  INVALID_SESSION_ID: request('Session expired or invalid', 401),
  REQUEST_LIMIT_EXCEEDED: request('ConcurrentPerOrgLongTxn Limit exceeded.', 403),
  SERVER_UNAVAILABLE: request('The server is temporarily unavailable. Please try again later.', 503),
  UNKNOWN_EXCEPTION: request(
    'An unexpected error occurred. Please include this ErrorId if you contact support.',
    500,
  ),
  API_DISABLED_FOR_ORG: request('The REST API is not enabled for this Organization.', 403),
  JSON_PARSER_ERROR: request('Unexpected character in the request body', 400),
  QUERY_TIMEOUT: query('Your query request was running for too long.'),
  MALFORMED_QUERY: query('unexpected token: <EOF>'),
  UNABLE_TO_LOCK_ROW: record(
    'unable to obtain exclusive access to this record or 1 records: 0015g00000000001AA',
  ),
  DUPLICATES_DETECTED: record('Use one of these records?'),
  DUPLICATE_VALUE: record('duplicate value found: <unknown> duplicates value on record with id: <unknown>'),
  FIELD_CUSTOM_VALIDATION_EXCEPTION: record('A validation rule refused the record'),
  STRING_TOO_LONG: record('Name: data value too large (max length=120)'),
  REQUIRED_FIELD_MISSING: record('Required fields are missing: [Name]'),
  INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: record('bad value for restricted picklist field'),
  INVALID_EMAIL_ADDRESS: record('Email: invalid email address'),
  MALFORMED_ID: record('id value of incorrect type'),
  INVALID_FIELD: record("No such column 'x' on sobject of type Opportunity"),
  INSUFFICIENT_ACCESS_OR_READONLY: record('insufficient access rights on object id', 403),
  INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY: record(
    'insufficient access rights on cross-reference id',
    403,
  ),
  INVALID_CROSS_REFERENCE_KEY: record('invalid cross reference id'),
  CANNOT_UPDATE_CONVERTED_LEAD: record('cannot reference converted lead'),
  ENTITY_IS_DELETED: record('entity is deleted', 404),
  NOT_FOUND: record('The requested resource does not exist', 404),
};
