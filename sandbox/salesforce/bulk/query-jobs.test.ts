import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openBulkClient, type BulkClient } from '../../../test/sandbox/bulk-client.ts';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let bulk: BulkClient;
beforeAll(async () => {
  org = await openOrg({ settings: { bulkStepMs: 0 } });
  bulk = await openBulkClient(org);
  const records = Array.from({ length: 5 }, (_, at) => ({
    Name: `Account ${at}`,
    NumberOfEmployees: at,
    AnnualRevenue: 10 * at,
  }));
  await org.admin('POST', '/seed', { object: 'Account', records });
});
afterAll(() => org.close());

async function run(query: string, options: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await bulk.call('POST', '/query', { operation: 'query', query, ...options });
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { state: 'UploadComplete', contentType: 'CSV' },
  });
  const id = String(body['id']);
  await bulk.wait('query', id);
  return id;
}

describe('a query job', () => {
  it('hands out its result page by page, the last one with the locator null', async () => {
    const id = await run('SELECT Name, NumberOfEmployees FROM Account ORDER BY Name');
    expect((await bulk.call('GET', `/query/${id}`)).body).toMatchObject({
      object: 'Account',
      operation: 'query',
      state: 'JobComplete',
      jobType: 'V2Query',
      numberRecordsProcessed: 5,
    });
    const pages: string[] = [];
    const sizes: (string | null)[] = [];
    let locator: string | null = '';
    while (locator !== 'null') {
      const more = locator === '' ? '' : `&locator=${String(locator)}`;
      const { status, headers, text } = await bulk.file(`/query/${id}/results?maxRecords=2${more}`);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^text\/csv/);
      pages.push(text);
      sizes.push(headers.get('sforce-numberofrecords'));
      locator = headers.get('sforce-locator');
    }
    expect(sizes).toEqual(['2', '2', '1']);
    const header = '"Name","NumberOfEmployees"\n';
    expect(pages).toEqual([
      `${header}"Account 0","0"\n"Account 1","1"\n`,
      `${header}"Account 2","2"\n"Account 3","3"\n`,
      `${header}"Account 4","4"\n`,
    ]);
  });

  it('shows what it read at its time, in the dialect asked for', async () => {
    const id = await run(
      "SELECT Name, AnnualRevenue, Owner.Name, Phone FROM Account WHERE Name = 'Account 1'",
      {
        columnDelimiter: 'PIPE',
        lineEnding: 'CRLF',
      },
    );
    const [account] = (await (await org.connect()).query("SELECT Id FROM Account WHERE Name = 'Account 1'"))
      .records;
    await org.admin('POST', '/play', {
      action: 'update',
      object: 'Account',
      id: account?.Id,
      fields: { Phone: '1' },
    });
    expect((await bulk.file(`/query/${id}/results`)).text).toBe(
      '"Name"|"AnnualRevenue"|"Owner.Name"|"Phone"\r\n"Account 1"|"10.0"|"Riley Rep"|""\r\n',
    );
    expect((await bulk.file(`/query/${id}/results`)).headers.get('sforce-locator')).toBe('null');
  });

  it('includes deleted records when asked for all', async () => {
    const connection = await org.connect();
    const { id } = await connection.sobject('Account').create({ Name: 'Binned' });
    await connection.sobject('Account').destroy(String(id));
    const soql = "SELECT Name FROM Account WHERE Name = 'Binned'";
    expect((await bulk.file(`/query/${await run(soql)}/results`)).text).toBe('"Name"\n');
    const all = await run(soql, { operation: 'queryAll' });
    expect((await bulk.file(`/query/${all}/results`)).text).toBe('"Name"\n"Binned"\n');
  });

  it('streams into jsforce', async () => {
    const connection = await org.connect();
    connection.bulk2.pollInterval = 5;
    const stream = await connection.bulk2.query("SELECT Name FROM Account WHERE Name LIKE 'Account %'");
    expect(await stream.toArray()).toHaveLength(5);
  });

  it.each([
    ['a statement that cannot be read', 'SELECT FROM Account', 'MALFORMED_QUERY'],
    ['an unknown field', 'SELECT Colour FROM Account', 'INVALID_FIELD'],
    ['an unknown object', 'SELECT Id FROM Nothing__c', 'INVALID_TYPE'],
    ['an aggregate', 'SELECT COUNT(Id) FROM Account', 'API_ERROR'],
    ['a child subquery', 'SELECT Id, (SELECT Id FROM Contacts) FROM Account', 'API_ERROR'],
    ['an offset', 'SELECT Id FROM Account LIMIT 1 OFFSET 1', 'API_ERROR'],
  ])('is refused at once for %s', async (_what, query, errorCode) => {
    const { status, body } = await bulk.call('POST', '/query', { operation: 'query', query });
    expect({ status, body }).toMatchObject({ status: 400, body: [{ errorCode }] });
  });

  it('keeps its result to itself until it is complete, and may be aborted meanwhile', async () => {
    await org.admin('PATCH', '/settings', { bulkPace: 'clock', bulkStepMs: 60_000 });
    const { body } = await bulk.call('POST', '/query', {
      operation: 'query',
      query: 'SELECT Id FROM Account',
    });
    const id = String(body['id']);
    const early = await bulk.call('GET', `/query/${id}/results`);
    expect(early).toMatchObject({ status: 400, body: [{ errorCode: 'INVALIDJOBSTATE' }] });
    expect((await bulk.call('DELETE', `/query/${id}`)).status).toBe(400);
    expect((await bulk.call('PATCH', `/query/${id}`, { state: 'Aborted' })).body['state']).toBe('Aborted');
    expect((await bulk.call('DELETE', `/query/${id}`)).status).toBe(204);
    await org.admin('PATCH', '/settings', { bulkPace: 'real', bulkStepMs: 0 });
  });

  it('stands in the list of its kind', async () => {
    const { body } = await bulk.call('GET', '/query?jobType=V2Query');
    const records = body['records'] as Record<string, unknown>[];
    expect(body['done']).toBe(true);
    expect(records.length).toBeGreaterThan(3);
    expect(new Set(records.map((record) => record['jobType']))).toEqual(new Set(['V2Query']));
    expect((await bulk.call('GET', '/ingest')).body['records']).toEqual([]);
  });
});
