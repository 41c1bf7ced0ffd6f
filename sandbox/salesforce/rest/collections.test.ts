import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());

const PATH = '/services/data/v62.0/composite/sobjects';
const UPSERT = `${PATH}/Opportunity/Tributary_Deal_Id__c`;

interface Item {
  id?: string;
  success: boolean;
  created?: boolean;
  errors: { statusCode: string; message: string; fields: string[] }[];
}

async function send(method: string, path: string, records: unknown[], allOrNone = false): Promise<Item[]> {
  const { status, body } = await org.raw(method, path, { body: { allOrNone, records } });
  expect(status).toBe(200);
  return body as Item[];
}

function codes(items: Item[]): string[] {
  return items.map((item) => (item.success ? 'ok' : (item.errors[0]?.statusCode ?? '?')));
}

async function count(where: string): Promise<number> {
  const { body } = await org.raw(
    'GET',
    `/services/data/v62.0/query?q=${encodeURIComponent(`SELECT COUNT() FROM Opportunity WHERE ${where}`)}`,
  );
  return (body as { totalSize: number }).totalSize;
}

describe('a collection', () => {
  it('is upserted twice by jsforce: created, then updated, nothing twice', async () => {
    const connection = await org.connect();
    const records = Array.from({ length: 200 }, (_one, index) => deal(`twice-${index}`));
    const first = await connection.sobject('Opportunity').upsert(records as never, 'Tributary_Deal_Id__c');
    expect([first].flat().every((result) => (result as unknown as Item).created === true)).toBe(true);
    const second = await connection.sobject('Opportunity').upsert(records as never, 'Tributary_Deal_Id__c');
    expect(
      [second].flat().every((result) => result.success && (result as unknown as Item).created === false),
    ).toBe(true);
    expect([second].flat().map((result) => result.id)).toEqual([first].flat().map((result) => result.id));
    expect(await count("Tributary_Deal_Id__c LIKE 'twice-%'")).toBe(200);
  });

  it('keeps good records when their neighbours are bad, in request order', async () => {
    const items = await send('PATCH', UPSERT, [
      deal('n1'),
      deal('n2', { CloseDate: 'soon' }),
      deal('n3', { Amount: 10 }),
      deal('n4', { Bogus__c: 1 }),
      { ...deal('n5'), Tributary_Deal_Id__c: null },
    ]);
    expect(codes(items)).toEqual(['ok', 'JSON_PARSER_ERROR', 'ok', 'INVALID_FIELD', 'MISSING_ARGUMENT']);
    expect(items[1]).not.toHaveProperty('id');
    expect(items[1]).not.toHaveProperty('errors.0.errorCode');
    expect(await count("Tributary_Deal_Id__c IN ('n1', 'n2', 'n3', 'n4')")).toBe(2);
  });

  it('keeps nothing when all or none was asked for', async () => {
    const items = await send(
      'PATCH',
      UPSERT,
      [deal('a1'), deal('a2', { StageName: 'Nope' }), deal('a3')],
      true,
    );
    expect(codes(items)).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
    ]);
    expect(await count("Tributary_Deal_Id__c IN ('a1', 'a3')")).toBe(0);
    expect(codes(await send('PATCH', UPSERT, [deal('a1')]))).toEqual(['ok']);
  });

  it('refuses every record whose external id is there twice, and only those', async () => {
    const items = await send('PATCH', UPSERT, [deal('d1'), deal('d2'), deal('d1')]);
    expect(codes(items)).toEqual(['DUPLICATE_VALUE', 'ok', 'DUPLICATE_VALUE']);
    expect(items[0]?.errors[0]?.message).toBe('Duplicate external id specified: d1');
  });

  it('refuses more than 200 records, a body without records and records without a type', async () => {
    const many = Array.from({ length: 201 }, (_one, index) => deal(`m${index}`));
    expect((await org.raw('PATCH', UPSERT, { body: { records: many } })).body).toMatchObject([
      {
        errorCode: 'EXCEEDED_ID_LIMIT',
        message: 'record limit reached. cannot submit more than 200 records into this call',
      },
    ]);
    expect((await org.raw('PATCH', UPSERT, { body: {} })).status).toBe(400);
    expect((await org.raw('PATCH', UPSERT, { body: { records: [{ Name: 'x' }] } })).status).toBe(400);
    expect((await org.raw('PATCH', `${PATH}/Opportunity/Name`, { body: { records: [] } })).status).toBe(404);
  });

  it('is created, changed, read and deleted by id, several objects in one call', async () => {
    const created = await send('POST', PATH, [
      { attributes: { type: 'Account' }, Name: 'One' },
      { attributes: { type: 'Contact' }, LastName: 'Two' },
      { attributes: { type: 'Nope' }, Name: 'Three' },
    ]);
    expect(codes(created)).toEqual(['ok', 'ok', 'INVALID_TYPE']);
    const [account = '', contact = ''] = created.map((item) => item.id ?? '');
    const updated = await send('PATCH', PATH, [
      { attributes: { type: 'Account' }, id: account, Site: 'Berlin' },
      { attributes: { type: 'Contact' }, id: '0035g0000zzzzzzAAA', LastName: 'X' },
      { attributes: { type: 'Contact' }, id: 'junk', LastName: 'X' },
      { attributes: { type: 'Contact' }, LastName: 'X' },
    ]);
    expect(codes(updated)).toEqual(['ok', 'INVALID_CROSS_REFERENCE_KEY', 'MALFORMED_ID', 'MISSING_ARGUMENT']);
    const read = await org.raw('POST', `${PATH}/Account`, {
      body: { ids: [account, '0015g0000zzzzzz'], fields: ['Name', 'Site'] },
    });
    expect(read.body).toMatchObject([{ Id: account, Name: 'One', Site: 'Berlin' }, null]);
    expect((await org.raw('GET', `${PATH}/Account?ids=${account}&fields=Name`)).body).toMatchObject([
      { Name: 'One' },
    ]);
    expect(
      (await org.raw('POST', `${PATH}/Account`, { body: { ids: [account], fields: ['Nope'] } })).status,
    ).toBe(400);
    const gone = await org.raw('DELETE', `${PATH}?ids=${account},${contact},${account}&allOrNone=false`);
    expect(codes(gone.body as Item[])).toEqual(['ok', 'ok', 'ENTITY_IS_DELETED']);
    expect((await org.raw('DELETE', PATH)).body).toEqual([
      { message: 'At least 1 Id is required.', errorCode: 'REQUIRED_FIELD_MISSING' },
    ]);
  });

  it('shows who wrote what in the list of committed writes', async () => {
    const before = (await org.admin('GET', '/writes')) as unknown as { seq: number }[];
    const connection = await org.connect({ client: 'somebody' });
    await connection
      .sobject('Opportunity')
      .upsert([deal('w1', { Amount: 1 })] as never, 'Tributary_Deal_Id__c');
    await connection
      .sobject('Opportunity')
      .upsert([deal('w1', { Amount: 2 })] as never, 'Tributary_Deal_Id__c');
    const writes = await org.admin('GET', `/writes?object=Opportunity&since=${before.at(-1)?.seq ?? 0}`);
    expect(writes).toMatchObject([
      {
        op: 'create',
        origin: 'api',
        client: 'somebody',
        fields: { Tributary_Deal_Id__c: 'w1', Amount: 1 },
        previous: {},
      },
      { op: 'update', origin: 'api', client: 'somebody', fields: { Amount: 2 }, previous: { Amount: 1 } },
    ]);
  });
});

describe('a composite request', () => {
  const base = '/services/data/v62.0';

  it('lets later parts use answers of earlier ones', async () => {
    const { body } = await org.raw('POST', `${base}/composite`, {
      body: {
        compositeRequest: [
          {
            method: 'POST',
            url: `${base}/sobjects/Account`,
            referenceId: 'acc',
            body: { Name: 'Composite' },
          },
          {
            method: 'POST',
            url: `${base}/sobjects/Contact`,
            referenceId: 'con',
            body: { LastName: 'C', AccountId: '@{acc.id}' },
          },
          { method: 'GET', url: `${base}/sobjects/Contact/@{con.id}?fields=AccountId`, referenceId: 'read' },
        ],
      },
    });
    const { compositeResponse } = body as {
      compositeResponse: { httpStatusCode: number; body: Record<string, string> }[];
    };
    expect(compositeResponse.map((part) => part.httpStatusCode)).toEqual([201, 201, 200]);
    expect(compositeResponse[2]?.body['AccountId']).toBe(compositeResponse[0]?.body['id']);
  });

  it('undoes everything when all or none was asked for', async () => {
    const { body } = await org.raw('POST', `${base}/composite`, {
      body: {
        allOrNone: true,
        compositeRequest: [
          { method: 'POST', url: `${base}/sobjects/Account`, referenceId: 'acc', body: { Name: 'Undone' } },
          { method: 'POST', url: `${base}/sobjects/Contact`, referenceId: 'con', body: {} },
        ],
      },
    });
    const { compositeResponse } = body as {
      compositeResponse: { httpStatusCode: number; body: { errorCode: string }[] }[];
    };
    expect(compositeResponse.map((part) => part.body[0]?.errorCode)).toEqual([
      'PROCESSING_HALTED',
      'REQUIRED_FIELD_MISSING',
    ]);
    const found = await org.raw(
      'GET',
      `${base}/query?q=${encodeURIComponent("SELECT Id FROM Account WHERE Name = 'Undone'")}`,
    );
    expect(found.body).toMatchObject({ totalSize: 0 });
  });

  it('refuses parts without or with the same reference id', async () => {
    const part = { method: 'GET', url: `${base}/limits` };
    for (const compositeRequest of [
      [part],
      [
        { ...part, referenceId: 'a' },
        { ...part, referenceId: 'a' },
      ],
    ]) {
      expect((await org.raw('POST', `${base}/composite`, { body: { compositeRequest } })).status).toBe(400);
    }
  });
});
