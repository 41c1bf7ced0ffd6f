import { describe, expect, it } from '@jest/globals';
import type { SyncErrorKind } from '../../src/crm/sync-error.ts';
import { refusedCall, refusedItem, silence, Unanswered } from './errors.ts';
import { refusedToken } from './login-errors.ts';
import { VendorProblem } from './schema.ts';

const write = { stage: 'push', write: true } as const;
const read = { stage: 'read', write: false } as const;

function answer(status: number, errorCode?: string, message = 'text', headers: Record<string, string> = {}) {
  return { status, headers, body: errorCode === undefined ? '<html>' : [{ errorCode, message }] };
}

function item(statusCode: string, more: Record<string, unknown> = {}) {
  return [VendorProblem.parse({ statusCode, message: 'text', ...more })];
}

describe('a refused request', () => {
  const table: [number, string | undefined, string, SyncErrorKind, SyncErrorKind][] = [
    // status, code, message → kind of a read, kind of a write
    [401, 'INVALID_SESSION_ID', 'Session expired or invalid', 'auth-expired', 'auth-expired'],
    [403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.', 'quota-exhausted', 'quota-exhausted'],
    [
      403,
      'REQUEST_LIMIT_EXCEEDED',
      'ConcurrentPerOrgLongTxn Limit exceeded.',
      'rate-limited',
      'rate-limited',
    ],
    [403, 'API_DISABLED_FOR_ORG', '', 'auth-expired', 'auth-expired'],
    [403, 'INSUFFICIENT_ACCESS_OR_READONLY', '', 'invalid-record', 'invalid-record'],
    [400, 'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY', '', 'invalid-record', 'invalid-record'],
    [503, 'SERVER_UNAVAILABLE', '', 'unavailable', 'ambiguous'],
    [500, 'UNKNOWN_EXCEPTION', '', 'unavailable', 'ambiguous'],
    [502, undefined, '', 'unavailable', 'ambiguous'],
    [504, undefined, '', 'unavailable', 'ambiguous'],
    [400, 'UNABLE_TO_LOCK_ROW', '', 'unavailable', 'unavailable'],
    [400, 'QUERY_TIMEOUT', '', 'unavailable', 'unavailable'],
    [500, 'QUERY_TIMEOUT', '', 'unavailable', 'ambiguous'],
    [400, 'DUPLICATES_DETECTED', '', 'conflict', 'conflict'],
    [400, 'DUPLICATE_VALUE', '', 'duplicate', 'duplicate'],
    [400, 'FIELD_CUSTOM_VALIDATION_EXCEPTION', '', 'invalid-record', 'invalid-record'],
    [400, 'STRING_TOO_LONG', '', 'invalid-record', 'invalid-record'],
    [400, 'REQUIRED_FIELD_MISSING', '', 'invalid-record', 'invalid-record'],
    [400, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', '', 'invalid-record', 'invalid-record'],
    [400, 'INVALID_EMAIL_ADDRESS', '', 'invalid-record', 'invalid-record'],
    [400, 'MALFORMED_ID', '', 'invalid-record', 'invalid-record'],
    [400, 'INVALID_FIELD', '', 'invalid-record', 'invalid-record'],
    [400, 'JSON_PARSER_ERROR', '', 'invalid-record', 'invalid-record'],
    [400, 'MALFORMED_QUERY', '', 'bug', 'bug'],
    [400, 'INVALID_CROSS_REFERENCE_KEY', '', 'invalid-record', 'invalid-record'],
    [400, 'CANNOT_UPDATE_CONVERTED_LEAD', '', 'invalid-record', 'invalid-record'],
    [429, undefined, '', 'rate-limited', 'rate-limited'],
    [400, 'SOMETHING_NEW', '', 'invalid-record', 'invalid-record'],
    [414, undefined, '', 'bug', 'bug'],
  ];

  it.each(table)(
    '%i %s "%s" is %s for a read and %s for a write',
    (status, code, message, forRead, forWrite) => {
      expect(refusedCall(answer(status, code, message), read).kind).toBe(forRead);
      expect(refusedCall(answer(status, code, message), write).kind).toBe(forWrite);
    },
  );

  it('is never "not found" as a whole: a missing field must not turn every deal into a tombstone', () => {
    for (const code of ['NOT_FOUND', 'ENTITY_IS_DELETED', undefined]) {
      expect(refusedCall(answer(404, code), write).kind).toBe('invalid-record');
    }
  });

  it('carries how long to wait, from seconds or from a date in the vendor clock', () => {
    const wait = (headers: Record<string, string>) =>
      refusedCall(answer(429, undefined, '', headers), read).details.retryAfterMs;
    expect(wait({ 'retry-after': '7' })).toBe(7000);
    const date = 'Tue, 03 Feb 2026 10:00:00 GMT';
    expect(wait({ date, 'retry-after': 'Tue, 03 Feb 2026 10:00:30 GMT' })).toBe(30_000);
    expect(wait({})).toBeUndefined();
  });

  it('names the fields and keeps the vendor text, without session ids or secrets', () => {
    const message = 'bad 00D4S000000abcD!AQEAQ.x_y and refresh_token=5Aep861 in it';
    const body = [{ errorCode: 'INVALID_FIELD', message, fields: ['Amount'] }];
    const { details } = refusedCall({ status: 400, headers: {}, body }, write);
    expect(details.fields).toEqual(['Amount']);
    expect(details.plain).toContain('(Amount)');
    expect(details.vendorMessage).toBe('bad [session] and refresh_token=[secret] in it');
    expect(details.nextStep).toBeDefined();
  });
});

describe('a refused record', () => {
  it('that is gone is "not found"', () => {
    expect(refusedItem(item('ENTITY_IS_DELETED'), write, true).kind).toBe('not-found');
    expect(refusedItem(item('NOT_FOUND'), write, true).kind).toBe('not-found');
  });

  it('says so in the words of whoever wrote the rule, without secrets', () => {
    const rule = item('FIELD_CUSTOM_VALIDATION_EXCEPTION', {
      message: 'Close within twelve months, refresh_token=5Aep861',
      fields: ['CloseDate'],
    });
    expect(refusedItem(rule, write, false).details.plain).toBe(
      'a validation rule in Salesforce refused the record (CloseDate): Close within twelve months, refresh_token=[secret]',
    );
  });

  it('whose own id is unknown is "not found", but not when something it refers to is', () => {
    expect(refusedItem(item('INVALID_CROSS_REFERENCE_KEY'), write, true).kind).toBe('not-found');
    const reference = item('INVALID_CROSS_REFERENCE_KEY', { fields: ['AccountId'] });
    expect(refusedItem(reference, write, true).kind).toBe('invalid-record');
    expect(refusedItem(item('INVALID_CROSS_REFERENCE_KEY'), write, false).kind).toBe('invalid-record');
  });

  it('that is created where it is missing is never "not found": a deleted account must not make a deal a tombstone', () => {
    for (const code of ['ENTITY_IS_DELETED', 'NOT_FOUND'])
      expect(refusedItem(item(code), write, false).kind).toBe('invalid-record');
    expect(refusedItem(item('ENTITY_IS_DELETED', { fields: ['AccountId'] }), write, true).kind).toBe(
      'invalid-record',
    );
  });

  it('names the record that has its unique value', () => {
    const message = 'duplicate value found: Key__c duplicates value on record with id: 0014S000007NxmlQAC';
    const error = refusedItem(item('DUPLICATE_VALUE', { message }), write, false);
    expect(error.kind).toBe('duplicate');
    expect(error.details.existingIds).toEqual(['0014S000007NxmlQAC']);
  });

  it('that looks like others is a conflict naming them', () => {
    const record = (Id: string) => ({ record: { Id } });
    const duplicateResult = {
      allowSave: true,
      matchResults: [{ matchRecords: [record('001A'), record('001B')] }, { matchRecords: [record('001A')] }],
    };
    const error = refusedItem(item('DUPLICATES_DETECTED', { duplicateResult }), write, false);
    expect(error.kind).toBe('conflict');
    expect(error.details.existingIds).toEqual(['001A', '001B']);
  });

  it('that is locked may be sent again', () => {
    expect(refusedItem(item('UNABLE_TO_LOCK_ROW'), write, true).kind).toBe('unavailable');
  });
});

describe('silence', () => {
  it('leaves a write open, unless it never left', () => {
    expect(silence(new Unanswered(true, undefined), write).kind).toBe('ambiguous');
    expect(silence(new Unanswered(false, undefined), write).kind).toBe('unavailable');
    expect(silence(new Unanswered(true, undefined), read).kind).toBe('unavailable');
  });

  it('keeps the code of a network error but not its text, which holds the URL', () => {
    const cause = Object.assign(new Error('request to https://x/query?q=jane@example.com failed'), {
      code: 'ECONNRESET',
    });
    const error = silence(new Unanswered(true, cause), read);
    expect(error.details.vendorCode).toBe('ECONNRESET');
    expect(JSON.stringify([error.message, error.details])).not.toContain('jane');
  });
});

describe('a refused login', () => {
  it('needs a person when Salesforce says why', () => {
    const body = { error: 'invalid_grant', error_description: 'expired access/refresh token' };
    const error = refusedToken({ status: 400, headers: {}, body }, write);
    expect(error.kind).toBe('auth-expired');
    expect(error.details.vendorCode).toBe('invalid_grant');
    expect(error.details.nextStep).toBeDefined();
  });

  it('leaves the call unsent when the login server is down', () => {
    expect(refusedToken({ status: 503, headers: {}, body: '<html>' }, write).kind).toBe('unavailable');
    expect(refusedToken({ status: 429, headers: {}, body: '' }, write).kind).toBe('rate-limited');
  });
});
