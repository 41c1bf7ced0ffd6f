import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let connection: Connection;
beforeAll(async () => {
  org = await openOrg();
  connection = await org.connect();
});
afterAll(() => org.close());

const BASE = '/services/data/v62.0';

function fields(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { Name: name, StageName: 'Prospecting', CloseDate: '2027-03-31', ...more };
}

async function createOpportunity(more: Record<string, unknown>): Promise<string> {
  const { body } = await org.raw('POST', `${BASE}/sobjects/Opportunity`, { body: fields('one', more) });
  return (body as { id: string }).id;
}

async function refusal(
  work: Promise<unknown>,
): Promise<{ errorCode: string; message: string; fields?: string[] }> {
  const error = (await work.then(
    () => expect(undefined).toBe('a refusal'),
    (reason: unknown) => reason,
  )) as { errorCode: string; data: { errorCode: string; message: string; fields?: string[] } };
  return error.data ?? error;
}

describe('one record', () => {
  it('is created, read, changed and deleted by jsforce', async () => {
    const created = await connection
      .sobject('Account')
      .create({ Name: '  Acme  ', Website: 'https://acme.example' });
    const id = created.id as string;
    expect(id).toMatch(/^001\w{15}$/);
    const read = await connection.sobject('Account').retrieve(id);
    expect(read).toMatchObject({ Name: 'Acme', IsDeleted: false, Type: null, CurrencyIsoCode: 'USD' });
    expect(read['CreatedDate']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    await connection.sobject('Account').update({ Id: id, Name: 'Acme Inc.' });
    const later = await connection.sobject('Account').retrieve(id);
    expect(later['Name']).toBe('Acme Inc.');
    expect(Date.parse(String(later['SystemModstamp']))).toBeGreaterThan(
      Date.parse(String(read['SystemModstamp'])),
    );
    await connection.sobject('Account').destroy(id);
    expect(await refusal(connection.sobject('Account').retrieve(id))).toMatchObject({
      errorCode: 'NOT_FOUND',
    });
    expect(await refusal(connection.sobject('Account').destroy(id))).toMatchObject({
      errorCode: 'ENTITY_IS_DELETED',
    });
  });

  it('carries the headers of a real answer', async () => {
    const { status, headers } = await org.raw('POST', `${BASE}/sobjects/Account`, {
      body: { Name: 'Headers' },
    });
    expect(status).toBe(201);
    expect(headers.get('location')).toMatch(/^\/services\/data\/v62\.0\/sobjects\/Account\/001/);
    expect(headers.get('sforce-limit-info')).toMatch(/^api-usage=\d+\/1000000$/);
    expect(headers.get('content-type')).toBe('application/json;charset=UTF-8');
  });

  it.each([
    [
      'a missing required field',
      { StageName: undefined },
      'REQUIRED_FIELD_MISSING',
      'Required fields are missing: [StageName]',
    ],
    [
      'an unknown column',
      { Nope__c: 1 },
      'INVALID_FIELD',
      "No such column 'Nope__c' on sobject of type Opportunity",
    ],
    [
      'a read-only field',
      { IsWon: true },
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      'Unable to create/update fields: IsWon',
    ],
    ['a text that is too long', { Name: 'x'.repeat(121) }, 'STRING_TOO_LONG', '(max length=120)'],
    [
      'a stage the org does not have',
      { StageName: 'Nope' },
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      'bad value for restricted picklist field: Nope',
    ],
    ['an inactive currency', { CurrencyIsoCode: 'XTS' }, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', 'XTS'],
    [
      'an impossible date',
      { CloseDate: '2027-02-30' },
      'JSON_PARSER_ERROR',
      'Cannot deserialize instance of date',
    ],
    ['text for a number', { Amount: 'much' }, 'JSON_PARSER_ERROR', 'Cannot deserialize instance of double'],
    ['a number for text', { Name: 5 }, 'JSON_PARSER_ERROR', 'Cannot deserialize instance of string'],
    [
      'text for a checkbox',
      { IsPrivate: 'true' },
      'JSON_PARSER_ERROR',
      'Cannot deserialize instance of boolean',
    ],
    ['a number out of range', { Amount: 1e17 }, 'NUMBER_OUTSIDE_VALID_RANGE', 'value outside of valid range'],
    ['a malformed reference', { AccountId: 'abc' }, 'MALFORMED_ID', 'id value of incorrect type: abc'],
    [
      'a reference to another object',
      { AccountId: '0035g0000000001AAA' },
      'FIELD_INTEGRITY_EXCEPTION',
      'id value of incorrect type',
    ],
    [
      'an unknown reference',
      { AccountId: '0015g0000zzzzzz' },
      'INVALID_CROSS_REFERENCE_KEY',
      'invalid cross reference id',
    ],
    [
      'an id of its own choice',
      { Id: '0065g0000000001AAA' },
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      'cannot specify Id',
    ],
  ])('is refused with %s', async (_what, wrong, code, message) => {
    const { status, body } = await org.raw('POST', `${BASE}/sobjects/Opportunity`, {
      body: fields('x', wrong),
    });
    const [error] = body as { errorCode: string; message: string }[];
    expect({ status, code: error?.errorCode }).toEqual({ status: 400, code });
    expect(error?.message).toContain(message);
  });

  it('refuses a bad e-mail address and a taken unique value', async () => {
    const bad = await refusal(connection.sobject('Contact').create({ LastName: 'X', Email: 'badone' }));
    expect(bad).toMatchObject({
      errorCode: 'INVALID_EMAIL_ADDRESS',
      message: 'Email: invalid email address: badone',
      fields: ['Email'],
    });
    const first = await connection
      .sobject('Contact')
      .create({ LastName: 'One', Tributary_Contact_Key__c: 'Key-1' });
    const taken = await refusal(
      connection.sobject('Contact').create({ LastName: 'Two', Tributary_Contact_Key__c: 'KEY-1' }),
    );
    expect(taken.errorCode).toBe('DUPLICATE_VALUE');
    expect(taken.message).toBe(
      `duplicate value found: Tributary_Contact_Key__c duplicates value on record with id: ${String(first.id).slice(0, 15)}`,
    );
  });

  it('keeps its required fields on update, and rounds numbers to their scale', async () => {
    const id = await createOpportunity({ Amount: '1.005' });
    expect((await connection.sobject('Opportunity').retrieve(id))['Amount']).toBe(1.01);
    const error = await refusal(connection.sobject('Opportunity').update({ Id: id, Name: null } as never));
    expect(error.errorCode).toBe('REQUIRED_FIELD_MISSING');
  });

  it('finds its parent by the parent’s external id', async () => {
    await connection.sobject('Account').create({ Name: 'Parent', Tributary_Account_Key__c: 'parent-1' });
    const id = await createOpportunity({ Account: { Tributary_Account_Key__c: 'parent-1' } });
    const found = await connection.query(`SELECT Account.Name FROM Opportunity WHERE Id = '${id}'`);
    expect(found.records[0]).toMatchObject({ Account: { Name: 'Parent' } });
    const missing = await refusal(
      connection
        .sobject('Opportunity')
        .create({ ...fields('orphan'), Account: { Tributary_Account_Key__c: 'nobody' } } as never),
    );
    expect(missing).toMatchObject({
      errorCode: 'INVALID_FIELD',
      message: expect.stringContaining('nobody not found'),
    });
  });

  it('answers unknown objects, paths, methods and versions as the vendor does', async () => {
    expect((await org.raw('GET', `${BASE}/sobjects/Nope/describe`)).status).toBe(404);
    expect((await org.raw('GET', `${BASE}/nothing`)).status).toBe(404);
    expect((await org.raw('PUT', `${BASE}/sobjects/Account`)).status).toBe(405);
    expect((await org.raw('GET', '/services/data/v20.0/limits')).status).toBe(410);
    expect((await org.raw('GET', '/services/data/v99.0/limits')).status).toBe(404);
    expect((await org.raw('POST', `${BASE}/sobjects/Account`, { body: '{"Name":' })).body).toMatchObject([
      { errorCode: 'JSON_PARSER_ERROR' },
    ]);
    const unsupported = await org.raw('POST', `${BASE}/sobjects/Account`, {
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    expect(unsupported.status).toBe(415);
  });
});

describe('upsert of one record', () => {
  it('answers 201 for a new record and 200 for a known one', async () => {
    const path = `${BASE}/sobjects/Opportunity/Tributary_Deal_Id__c/${encodeURIComponent('a/b c?d#e')}`;
    const first = await org.raw('PATCH', path, { body: fields('single') });
    expect(first).toMatchObject({ status: 201, body: { success: true, errors: [], created: true } });
    const second = await org.raw('PATCH', path, { body: { Amount: 5 } });
    expect(second).toMatchObject({ status: 200, body: { created: false } });
    const read = await org.raw('GET', path);
    expect(read.body).toMatchObject({ Amount: 5, Tributary_Deal_Id__c: 'a/b c?d#e' });
  });

  it('answers 204 for a known record before version 46', async () => {
    const path = '/services/data/v45.0/sobjects/Opportunity/Tributary_Deal_Id__c/old-version';
    expect((await org.raw('PATCH', path, { body: fields('old') })).status).toBe(201);
    const again = await org.raw('PATCH', path, { body: { Amount: 5 } });
    expect(again).toMatchObject({ status: 204, body: undefined });
  });

  it('refuses the key in the body, a field that is no key, and an update of nothing', async () => {
    const path = `${BASE}/sobjects/Opportunity/Tributary_Deal_Id__c/k1`;
    expect((await org.raw('PATCH', path, { body: { Tributary_Deal_Id__c: 'k1' } })).body).toMatchObject([
      {
        errorCode: 'INVALID_FIELD',
        message: 'The Tributary_Deal_Id__c field should not be specified in the sobject data.',
      },
    ]);
    expect(
      (await org.raw('PATCH', `${BASE}/sobjects/Opportunity/Name/k1`, { body: fields('k1') })).status,
    ).toBe(404);
    expect((await org.raw('PATCH', `${path}?updateOnly=true`, { body: fields('k1') })).status).toBe(404);
  });

  it('tells keys that differ in case apart where the field does', async () => {
    const path = (key: string) => `${BASE}/sobjects/Opportunity/Tributary_Deal_Id__c/${key}`;
    expect((await org.raw('PATCH', path('CaseKey'), { body: fields('a') })).status).toBe(201);
    expect((await org.raw('PATCH', path('casekey'), { body: fields('b') })).status).toBe(201);
    expect((await org.raw('PATCH', path('CaseKey'), { body: { Amount: 1 } })).status).toBe(200);
  });
});
