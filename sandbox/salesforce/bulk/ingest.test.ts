import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openBulkClient, type BulkClient } from '../../../test/sandbox/bulk-client.ts';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let bulk: BulkClient;
beforeAll(async () => {
  org = await openOrg({ settings: { bulkStepMs: 1 } });
  bulk = await openBulkClient(org);
});
afterAll(() => org.close());

const FAR = '2030-01-31';

async function results(id: string): Promise<{ ok: string; failed: string; rest: string }> {
  const [ok, failed, rest] = await Promise.all(
    ['successfulResults', 'failedResults', 'unprocessedrecords'].map((name) =>
      bulk.file(`/ingest/${id}/${name}/`),
    ),
  );
  return { ok: ok?.text ?? '', failed: failed?.text ?? '', rest: rest?.text ?? '' };
}

async function find(soql: string): Promise<Record<string, unknown>[]> {
  const connection = await org.connect();
  return (await connection.query<Record<string, unknown>>(soql)).records;
}

describe('an ingest job', () => {
  it('goes from open to complete on its own, and shows what clients read on the way', async () => {
    const created = await bulk.call('POST', '/ingest', { object: 'account', operation: 'insert' });
    expect(created).toMatchObject({
      status: 200,
      body: {
        object: 'Account',
        operation: 'insert',
        state: 'Open',
        concurrencyMode: 'Parallel',
        contentType: 'CSV',
        apiVersion: 62,
        lineEnding: 'LF',
        columnDelimiter: 'COMMA',
      },
    });
    const id = String(created.body['id']);
    expect(id).toMatch(/^750\w{15}$/);
    expect(created.body['contentUrl']).toBe(`services/data/v62.0/jobs/ingest/${id}/batches`);
    expect(await bulk.put(id, 'Name\nLife\n')).toEqual({ status: 201, body: {} });
    const closed = await bulk.call('PATCH', `/ingest/${id}`, { state: 'UploadComplete' });
    expect(closed.body['state']).toBe('UploadComplete');
    expect(await bulk.wait('ingest', id)).toMatchObject({
      state: 'JobComplete',
      jobType: 'V2Ingest',
      numberRecordsProcessed: 1,
      numberRecordsFailed: 0,
      retries: 0,
    });
    expect((await bulk.call('DELETE', `/ingest/${id}`)).status).toBe(204);
    expect((await bulk.call('GET', `/ingest/${id}`)).status).toBe(404);
  });

  it('echoes every column of the rows that went well and of those that failed', async () => {
    const csv =
      'name,NUMBEROFEMPLOYEES,Description\n"Multi\nline, ""quoted""",12,#N/A\n,3,nameless\nWrong,many,\n';
    const id = await bulk.load({ object: 'Account', operation: 'insert' }, csv);
    expect(await bulk.wait('ingest', id)).toMatchObject({
      numberRecordsProcessed: 3,
      numberRecordsFailed: 2,
    });
    const { ok, failed, rest } = await results(id);
    const [record] = await find("SELECT Id, Description FROM Account WHERE Name LIKE 'Multi%'");
    expect(ok).toBe(
      `"sf__Id","sf__Created","name","NUMBEROFEMPLOYEES","Description"\n"${String(record?.['Id'])}","true","Multi\nline, ""quoted""","12","#N/A"\n`,
    );
    expect(failed).toBe(
      '"sf__Id","sf__Error","name","NUMBEROFEMPLOYEES","Description"\n' +
        '"","REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --","","3","nameless"\n' +
        '"","INVALID_TYPE_ON_FIELD_IN_RECORD:Employees: value not of required type: many:NumberOfEmployees --","Wrong","many",""\n',
    );
    expect(rest).toBe('"name","NUMBEROFEMPLOYEES","Description"\n');
    expect(record?.['Description']).toBeNull();
  });

  it('clears a field for #N/A and leaves it for an empty cell', async () => {
    const insert = await bulk.load(
      { object: 'Account', operation: 'insert' },
      'Name,Phone,Website\nKeep,123,https://a.example\n',
    );
    await bulk.wait('ingest', insert);
    const [before] = await find("SELECT Id FROM Account WHERE Name = 'Keep'");
    const update = await bulk.load(
      { object: 'Account', operation: 'update' },
      `Id,Phone,Website\n${String(before?.['Id'])},#N/A,\n`,
    );
    await bulk.wait('ingest', update);
    expect((await results(update)).ok).toContain('"false"');
    expect(await find("SELECT Phone, Website FROM Account WHERE Name = 'Keep'")).toMatchObject([
      { Phone: null, Website: 'https://a.example' },
    ]);
  });

  it('upserts by an external id and finds parents by theirs', async () => {
    const accounts = await bulk.load(
      { object: 'Account', operation: 'upsert', externalIdFieldName: 'Tributary_Account_Key__c' },
      'Tributary_Account_Key__c,Name\nacc-1,Parent\n',
    );
    const done = await bulk.wait('ingest', accounts);
    expect(done).toMatchObject({ state: 'JobComplete', externalIdFieldName: 'Tributary_Account_Key__c' });
    const deals = { object: 'Opportunity', operation: 'upsert', externalIdFieldName: 'tributary_deal_id__c' };
    const csv = `Tributary_Deal_Id__c,Name,StageName,CloseDate,Account.Tributary_Account_Key__c\nd-1,First,Prospecting,${FAR},acc-1\nd-2,Second,Prospecting,${FAR},nobody\nd-1x,Same,Prospecting,${FAR},\nd-1X,Same,Prospecting,${FAR},\n`;
    const first = await bulk.load(deals, csv);
    await bulk.wait('ingest', first);
    const { ok, failed } = await results(first);
    expect(ok.split('\n')[1]).toMatch(/^"006\w{15}","true","d-1"/);
    expect(failed).toContain('INVALID_FIELD:Foreign key external ID: nobody not found');
    expect(
      await find("SELECT Account.Name FROM Opportunity WHERE Tributary_Deal_Id__c = 'd-1'"),
    ).toMatchObject([{ Account: { Name: 'Parent' } }]);
    const again = await bulk.load(deals, `Tributary_Deal_Id__c,Name\nd-1,Renamed\n`);
    await bulk.wait('ingest', again);
    expect((await results(again)).ok.split('\n')[1]).toMatch(/^"006\w{15}","false"/);
  });

  it('refuses the same key twice in one go', async () => {
    const insert = await bulk.load({ object: 'Account', operation: 'insert' }, 'Name\nTwice\n');
    await bulk.wait('ingest', insert);
    const [account] = await find("SELECT Id FROM Account WHERE Name = 'Twice'");
    const id = String(account?.['Id']);
    const update = await bulk.load(
      { object: 'Account', operation: 'update' },
      `Id,Phone\n${id},1\n${id.slice(0, 15)},2\n`,
    );
    expect(await bulk.wait('ingest', update)).toMatchObject({ numberRecordsFailed: 2 });
    expect((await results(update)).failed).toContain(`DUPLICATE_VALUE:Duplicate id specified: ${id}:Id --`);
  });

  it.each([
    ['BACKQUOTE', '`'],
    ['CARET', '^'],
    ['COMMA', ','],
    ['PIPE', '|'],
    ['SEMICOLON', ';'],
    ['TAB', '\t'],
  ])('reads and writes columns separated by %s, and Windows line ends', async (columnDelimiter, char) => {
    const id = await bulk.load(
      { object: 'Account', operation: 'insert', columnDelimiter, lineEnding: 'CRLF' },
      `Name${char}Phone\r\n"Del ${columnDelimiter}"${char}1\r\n`,
    );
    expect(await bulk.wait('ingest', id)).toMatchObject({ state: 'JobComplete', numberRecordsFailed: 0 });
    const { ok } = await results(id);
    expect(ok.split('\r\n')[0]).toBe(['"sf__Id"', '"sf__Created"', '"Name"', '"Phone"'].join(char));
    expect(ok.split('\r\n')[1]).toContain(`"Del ${columnDelimiter}"${char}"1"`);
  });

  it.each([
    ['an unknown column', 'Name,Colour\nx,red\n', 'InvalidBatch : Field name not found : Colour'],
    ['an unknown parent key', 'Name,Parent.Name\nx,y\n', 'InvalidBatch : Field name not found : Parent.Name'],
    [
      'Windows line ends that were not announced',
      'Name\r\nx\r\n',
      'ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF',
    ],
    [
      'a byte order mark',
      '\uFEFF"Name"\n"x"\n',
      'InvalidBatch : Failed to parse CSV. Found unescaped quote. A value with quote should be within a quote',
    ],
    [
      'a quote that never ends, far down',
      'Name\nfine\n"x\n',
      'InvalidBatch : Failed to parse CSV. EOF reached before closing an opened quote',
    ],
    [
      'a row that is too short',
      'Name,Phone\nfine,1\nx\n',
      'InvalidBatch : Failed to parse CSV. Row 3 has 1 columns, the header 2',
    ],
  ])('fails as a whole for %s, and writes nothing', async (_what, csv, errorMessage) => {
    const before = (await org.admin('GET', '/counts'))['Account'];
    const id = await bulk.load({ object: 'Account', operation: 'insert' }, csv);
    expect(await bulk.wait('ingest', id)).toMatchObject({
      state: 'Failed',
      errorMessage,
      numberRecordsProcessed: 0,
    });
    expect(await results(id)).toEqual({
      ok: '"sf__Id","sf__Created"\n',
      failed: '"sf__Id","sf__Error"\n',
      // Fetch takes a byte order mark off the text it decodes.
      rest: csv.replace('\uFEFF', ''),
    });
    expect((await org.admin('GET', '/counts'))['Account']).toBe(before);
  });

  it('deletes, and takes nothing but ids for it', async () => {
    const insert = await bulk.load({ object: 'Account', operation: 'insert' }, 'Name\nGone\n');
    await bulk.wait('ingest', insert);
    const [account] = await find("SELECT Id FROM Account WHERE Name = 'Gone'");
    const wrong = await bulk.load(
      { object: 'Account', operation: 'delete' },
      `Id,Name\n${String(account?.['Id'])},Gone\n`,
    );
    expect(await bulk.wait('ingest', wrong)).toMatchObject({
      state: 'Failed',
      errorMessage: 'InvalidBatch : Field name not found : Name',
    });
    const right = await bulk.load(
      { object: 'Account', operation: 'delete' },
      `ID\n${String(account?.['Id'])}\n`,
    );
    await bulk.wait('ingest', right);
    expect((await results(right)).ok).toContain(`"${String(account?.['Id'])}","false"`);
    expect(await find("SELECT Id FROM Account WHERE Name = 'Gone'")).toEqual([]);
  });

  it('hard-deletes where the user may: not even queryAll finds the record again', async () => {
    await org.admin('PATCH', '/settings', { bulkHardDelete: true });
    const insert = await bulk.load({ object: 'Account', operation: 'insert' }, 'Name\nFor good\nBinned\n');
    await bulk.wait('ingest', insert);
    const accounts = await find(
      "SELECT Id FROM Account WHERE Name IN ('For good', 'Binned') ORDER BY Name DESC",
    );
    const [forGood, binned] = accounts.map((account) => String(account['Id']));
    await bulk.wait(
      'ingest',
      await bulk.load({ object: 'Account', operation: 'hardDelete' }, `Id\n${String(forGood)}\n`),
    );
    await bulk.wait(
      'ingest',
      await bulk.load({ object: 'Account', operation: 'delete' }, `Id\n${String(binned)}\n`),
    );
    await org.admin('PATCH', '/settings', { bulkHardDelete: false });
    const all = await org.raw(
      'GET',
      `/services/data/v62.0/queryAll?q=${encodeURIComponent("SELECT Name FROM Account WHERE Name IN ('For good', 'Binned')")}`,
    );
    expect(all.body).toMatchObject({ totalSize: 1, records: [{ Name: 'Binned' }] });
  });

  it('can be created with its data in one multipart request', async () => {
    const form = new FormData();
    form.set(
      'job',
      new Blob([JSON.stringify({ object: 'Account', operation: 'insert' })], { type: 'application/json' }),
    );
    form.set('content', new Blob(['Name\nIn one\n'], { type: 'text/csv' }), 'content');
    const answer = await fetch(`${org.sandbox.url}/services/data/v62.0/jobs/ingest`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await org.token()}` },
      body: form,
    });
    const job = (await answer.json()) as Record<string, unknown>;
    expect(job['state']).toBe('UploadComplete');
    expect(await bulk.wait('ingest', String(job['id']))).toMatchObject({
      state: 'JobComplete',
      numberRecordsProcessed: 1,
    });
    expect(await find("SELECT Name FROM Account WHERE Name = 'In one'")).toHaveLength(1);
  });

  it('leaves its writes in the log of committed writes, as those of an API client', async () => {
    const id = await bulk.load({ object: 'Account', operation: 'insert' }, 'Name\nTraced\n');
    await bulk.wait('ingest', id);
    const writes = (await org.admin('GET', '/writes?object=Account')) as unknown as {
      origin: string;
      fields: unknown;
    }[];
    expect(writes.at(-1)).toMatchObject({ origin: 'api', op: 'create', fields: { Name: 'Traced' } });
  });
});

describe('a request for a job that makes no sense', () => {
  it.each([
    ['no object', { operation: 'insert' }, 'INVALIDJOB'],
    ['an unknown object', { object: 'Nothing__c', operation: 'insert' }, 'INVALIDENTITY'],
    ['an unknown operation', { object: 'Account', operation: 'merge' }, 'JSON_PARSER_ERROR'],
    ['an unknown member', { object: 'Account', operation: 'insert', colour: 1 }, 'JSON_PARSER_ERROR'],
    ['an upsert without a key', { object: 'Account', operation: 'upsert' }, 'INVALIDJOB'],
    [
      'an upsert by a plain field',
      { object: 'Account', operation: 'upsert', externalIdFieldName: 'Phone' },
      'INVALIDJOB',
    ],
    ['a hard delete', { object: 'Account', operation: 'hardDelete' }, 'FEATURENOTENABLED'],
  ])('is refused: %s', async (_what, job, errorCode) => {
    const { status, body } = await bulk.call('POST', '/ingest', job);
    expect({ status, body }).toMatchObject({ status: 400, body: [{ errorCode }] });
  });

  it('is refused while the state forbids it', async () => {
    const { body: open } = await bulk.call('POST', '/ingest', { object: 'Account', operation: 'insert' });
    const id = String(open['id']);
    const code = async (method: string, path: string, body?: unknown) => {
      const answer = await bulk.call(method, path, body);
      return [answer.status, (answer.body as unknown as { errorCode: string }[])[0]?.errorCode];
    };
    const wrongState = [400, 'INVALIDJOBSTATE'];
    expect(await code('DELETE', `/ingest/${id}`)).toEqual(wrongState);
    expect(await code('GET', `/ingest/${id}/successfulResults`)).toEqual(wrongState);
    await bulk.put(id, 'Name\nx\n');
    expect((await bulk.put(id, 'Name\ny\n')).status).toBe(400);
    expect((await bulk.call('PATCH', `/ingest/${id}`, { state: 'Aborted' })).body['state']).toBe('Aborted');
    expect(await code('PATCH', `/ingest/${id}`, { state: 'Aborted' })).toEqual(wrongState);
    expect(await code('PATCH', `/ingest/${id}`, { state: 'UploadComplete' })).toEqual(wrongState);
    expect((await bulk.file(`/ingest/${id}/unprocessedrecords`)).text).toBe('Name\nx\n');
  });
});
