import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let connection: Connection;

beforeAll(async () => {
  org = await openOrg();
  connection = await org.connect();
  connection.bulk.pollInterval = 20;
});
afterAll(() => org.close());

describe('a job of the first Bulk API', () => {
  it('writes records through the usual client, and answers for each of them', async () => {
    const results = await connection.bulk.load('Account', 'insert', [
      { Name: 'Old bulk, "quoted"', Phone: '1' },
      { Phone: '1' },
    ]);
    expect(results).toMatchObject([
      { success: true, created: true, errors: [] },
      {
        id: null,
        success: false,
        errors: ['REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --'],
      },
    ]);
    const id = (results as { id: string }[])[0]?.id ?? '';
    await connection.bulk.load('Account', 'update', [{ Id: id, Phone: '#N/A', Name: 'Renamed' }]);
    expect(await connection.sobject('Account').retrieve(id)).toMatchObject({ Name: 'Renamed', Phone: null });
    await connection.bulk.load('Account', 'delete', [{ Id: id }]);
    expect((await connection.query(`SELECT Id FROM Account WHERE Id = '${id}'`)).totalSize).toBe(0);
  });

  it('runs queries', async () => {
    await connection.sobject('Account').create({ Name: 'Found by bulk' });
    const records: Record<string, unknown>[] = [];
    const stream = await connection.bulk.query("SELECT Id, Name FROM Account WHERE Name LIKE 'Found%'");
    await new Promise((resolve, reject) => {
      stream
        .on('record', (record: Record<string, unknown>) => records.push(record))
        .on('end', resolve)
        .on('error', reject);
    });
    expect(records).toMatchObject([{ Name: 'Found by bulk' }]);
  });

  it('fails a batch that it cannot read, and refuses one after the job was closed', async () => {
    await expect(connection.bulk.load('Account', 'insert', 'Name,Nope__c\na,b\n')).rejects.toThrow(
      'InvalidBatch : Field name not found : Nope__c',
    );
    const job = connection.bulk.createJob('Account', 'insert');
    const { id } = await job.open();
    await job.close();
    const late = await fetch(`${org.sandbox.url}/services/async/62.0/job/${id}/batch`, {
      method: 'POST',
      headers: { 'x-sfdc-session': connection.accessToken ?? '', 'content-type': 'text/csv' },
      body: 'Name\nLate\n',
    });
    expect([late.status, await late.text()]).toEqual([
      400,
      expect.stringContaining('<exceptionCode>InvalidJobState<'),
    ]);
  });

  it('is refused with XML for a session that is not in force', async () => {
    const answer = await fetch(`${org.sandbox.url}/services/async/62.0/job/750000000000001`, {
      headers: { 'x-sfdc-session': 'nobody' },
    });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      400,
      'application/xml;charset=UTF-8',
    ]);
    expect(await answer.text()).toContain('<exceptionCode>InvalidSessionId</exceptionCode>');
  });
});
