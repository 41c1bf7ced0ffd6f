import { describe, expect, it } from '@jest/globals';
import type { Answer } from './client.ts';
import { fromItemError, fromRefusal, fromUnreadableAnswer, type CallSite } from './errors.ts';
import { refusedToken } from './login-errors.ts';

const PUSH: CallSite = { stage: 'push', write: true };
const READ: CallSite = { stage: 'read', write: false };

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const json: unknown = typeof body === 'string' ? undefined : body;
  return { status, text, json, header: (name) => headers[name] ?? null };
}

describe('a refusal of HubSpot', () => {
  it.each([
    [
      'the documented burst limit',
      { errorType: 'RATE_LIMIT', policyName: 'TEN_SECONDLY_ROLLING' },
      'rate-limited',
      10_000,
    ],
    [
      'a limit named in the message only',
      { message: 'You have reached your ten_secondly_rolling limit.' },
      'rate-limited',
      10_000,
    ],
    [
      'the search limit',
      { message: 'You have reached your secondly limit.', category: 'RATE_LIMITS' },
      'rate-limited',
      1000,
    ],
    ['a 429 that says nothing', {}, 'rate-limited', 10_000],
    [
      'the daily limit',
      { policyName: 'DAILY', message: 'You have reached your daily limit.' },
      'quota-exhausted',
      undefined,
    ],
  ])('reads %s', (_name, body, kind, retryAfterMs) => {
    const { details } = fromRefusal(answer(429, body), PUSH);
    expect([details.kind, details.retryAfterMs]).toEqual([kind, retryAfterMs]);
  });

  it('obeys Retry-After before any policy, in seconds or as a date', () => {
    const burst = { policyName: 'TEN_SECONDLY_ROLLING' };
    expect(fromRefusal(answer(429, burst, { 'retry-after': '3' }), PUSH).details.retryAfterMs).toBe(3000);
    const dates = { date: 'Tue, 01 Sep 2026 10:00:00 GMT', 'retry-after': 'Tue, 01 Sep 2026 10:00:07 GMT' };
    expect(fromRefusal(answer(429, burst, dates), PUSH).details.retryAfterMs).toBe(7000);
    expect(fromRefusal(answer(477, '', { 'retry-after': '60' }), PUSH).details).toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: 60_000,
    });
  });

  it.each([500, 502, 503, 504, 520, 524])('cannot tell after a %i whether a write happened', (status) => {
    const html = '<html><body>Bad gateway</body></html>';
    expect(fromRefusal(answer(status, html), PUSH).kind).toBe('ambiguous');
    expect(fromRefusal(answer(status, html), READ).kind).toBe('unavailable');
  });

  it('waits two seconds for a lock', () => {
    expect(fromRefusal(answer(423, {}), PUSH).details).toMatchObject({
      kind: 'rate-limited',
      retryAfterMs: 2000,
    });
  });

  it('names the scopes that are missing and what to do', () => {
    const errors = [{ message: 'm', context: { requiredGranularScopes: ['crm.objects.deals.write'] } }];
    const { details } = fromRefusal(answer(403, { category: 'MISSING_SCOPES', errors }), PUSH);
    expect(details.kind).toBe('auth-expired');
    expect(details.plain).toBe(
      'the app lacks the HubSpot scopes crm.objects.deals.write: no partner deal arrives in HubSpot',
    );
    expect(details.nextStep).toMatch(/^Grant/);
  });

  it('takes a 404 for a missing record only when HubSpot itself says so', () => {
    expect(fromRefusal(answer(404, '<html></html>', { 'x-hubspot-notfound': 'true' }), PUSH).kind).toBe(
      'not-found',
    );
    expect(fromRefusal(answer(404, { category: 'OBJECT_NOT_FOUND' }), PUSH).kind).toBe('not-found');
    expect(fromRefusal(answer(404, '<html>nginx</html>'), PUSH).kind).toBe('ambiguous');
    expect(fromRefusal(answer(404, '<html>nginx</html>'), READ).kind).toBe('unavailable');
  });

  it('never takes the 404 of an upsert for a deleted record', () => {
    expect(fromRefusal(answer(404, { category: 'OBJECT_NOT_FOUND' }), { ...PUSH, creates: true }).kind).toBe(
      'bug',
    );
    expect(fromItemError({ category: 'OBJECT_NOT_FOUND' }, { ...PUSH, creates: true }).kind).toBe('bug');
  });

  it('names the record in the way', () => {
    const exists = fromRefusal(
      answer(409, { category: 'CONFLICT', message: 'Contact already exists. Existing ID: 51' }),
      PUSH,
    );
    expect(exists.details).toMatchObject({ kind: 'duplicate', existingIds: ['51'] });
    const taken =
      'Cannot set PropertyValueCoordinates{portalId=1, objectTypeId=ObjectTypeId{legacyObjectType=DEAL}, propertyName=tributary_deal_id, value=x} on 12. 34 already has that value.';
    const clash = fromRefusal(answer(400, { category: 'VALIDATION_ERROR', message: taken }), PUSH);
    expect(clash.details).toMatchObject({
      kind: 'duplicate',
      existingIds: ['34'],
      fields: ['tributary_deal_id'],
    });
  });

  it('digs the bad properties out of the JSON inside the message', () => {
    const faults = [
      {
        isValid: false,
        message: 'Property "tier" does not exist',
        error: 'PROPERTY_DOESNT_EXIST',
        name: 'tier',
      },
      { isValid: false, message: 'x was not a valid number.', error: 'INVALID_LONG', name: 'amount' },
    ];
    const { details } = fromRefusal(
      answer(400, { message: `Property values were not valid: ${JSON.stringify(faults)}` }),
      PUSH,
    );
    expect(details).toMatchObject({
      kind: 'invalid-record',
      fields: ['tier', 'amount'],
      vendorCode: 'PROPERTY_DOESNT_EXIST',
    });
    expect(details.plain).toBe('tier: the portal has no such property; amount: x was not a valid number.');
  });

  it('understands bodies of any shape and keeps secrets out of what it quotes', () => {
    for (const body of ['', 'null', '<html>', [], 7, { message: { a: 1 }, errors: 'none', context: [] }]) {
      expect(fromRefusal(answer(400, body), PUSH).kind).toBe('invalid-record');
      expect(fromRefusal(answer(400, body), READ).kind).toBe('bug');
    }
    const leak = { message: 'refused: Authorization: Bearer pat-na1-0123456789abcdef' };
    expect(JSON.stringify(fromRefusal(answer(400, leak), PUSH).details)).not.toContain('0123456789abcdef');
  });

  it('asks a person to connect again when the refresh token is refused, in either wording', () => {
    for (const body of [
      { status: 'BAD_REFRESH_TOKEN', message: 'missing or invalid refresh token' },
      { error: 'invalid_grant' },
    ]) {
      expect(refusedToken(answer(400, body)).details).toMatchObject({
        kind: 'auth-expired',
        stage: 'connect',
      });
    }
    expect(refusedToken(answer(503, '')).kind).toBe('unavailable');
    expect(refusedToken(answer(429, {})).kind).toBe('rate-limited');
    // A proxy's page is no word of HubSpot's about the login.
    expect(refusedToken(answer(403, '<html>blocked</html>')).kind).toBe('unavailable');
    expect(refusedToken(answer(400, { status: 'BAD_CLIENT_SECRET' })).details).toMatchObject({
      kind: 'auth-expired',
      plain: expect.stringContaining('client secret'),
    });
  });

  it('holds a yes that cannot be read for no answer at all', () => {
    expect(fromUnreadableAnswer(answer(200, ''), PUSH, '').kind).toBe('ambiguous');
    expect(fromUnreadableAnswer(answer(200, '<html>'), READ, '').kind).toBe('unavailable');
    expect(fromUnreadableAnswer(answer(200, { results: 1 }), READ, 'results: not a list').kind).toBe('bug');
  });

  it('lets a record of a batch be tried again only when its error will pass', () => {
    const kindOf = (category: string) => fromItemError({ category }, PUSH).kind;
    expect(kindOf('RATE_LIMITS')).toBe('rate-limited');
    expect(kindOf('INTERNAL_ERROR')).toBe('unavailable');
    expect(kindOf('OBJECT_NOT_FOUND')).toBe('not-found');
    expect(kindOf('CONFLICT')).toBe('conflict');
    expect(kindOf('SOMETHING_NEW')).toBe('invalid-record');
  });
});
