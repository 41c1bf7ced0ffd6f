import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { BulkStatus, BulkTarget, BulkWriter } from '../../../src/crm/bulk.ts';
import type { RecordWrite } from '../../../src/crm/connector.ts';
import {
  dealKey,
  opportunity,
  openOrg,
  until,
  within,
  type TestOrg,
} from '../../../test/salesforce/open-org.ts';
import { problemOf } from './read-outcomes.ts';

let org: TestOrg;
let bulk: BulkWriter;
beforeAll(async () => {
  org = await openOrg({ settings: { bulkStepMs: 0 } });
  if (!org.connector.bulk) throw new Error('the connector writes no files');
  bulk = org.connector.bulk;
});
afterAll(() => org.close());
afterEach(() => org.calm());

const upsert: BulkTarget = { object: 'Opportunity', operation: 'upsert', keyField: dealKey, stage: 'push' };

async function over(id: string, target: BulkTarget): Promise<BulkStatus> {
  return until(
    () => bulk.status(id, target, within()),
    ({ state }) => state !== 'working' && state !== 'open',
  );
}

async function carryOut(target: BulkTarget, records: readonly RecordWrite[]) {
  const id = await bulk.create(target, within());
  await bulk.upload(id, target, records, within());
  await bulk.complete(id, target, within());
  return bulk.results(id, target, await over(id, target), records, within());
}

function kindOf(outcome: unknown): unknown {
  const { status, error } = outcome as { status: string; error?: { kind: string } };
  return error?.kind ?? status;
}

describe('a bulk job', () => {
  it('writes what a file can hold: commas, quotes, line breaks, other scripts, exact amounts', async () => {
    const fields = opportunity({
      Name: 'Ünïcode, "quoted"\nsecond line, 名前',
      Amount: '1234567.89',
      Tributary_Partner_Tier__c: null,
    });
    const outcomes = await carryOut(upsert, [{ key: 'bulk-text', fields }]);
    const outcome = outcomes.get('bulk-text');
    expect(outcome).toMatchObject({ status: 'written', created: true });
    const id = outcome?.status === 'written' ? outcome.crmId : '';
    expect(await org.admin('GET', `/records/Opportunity/${id}`)).toMatchObject({
      Name: 'Ünïcode, "quoted"\nsecond line, 名前',
      Amount: 1234567.89,
    });
  });

  it('clears a field that is null, and leaves one alone that the record does not name', async () => {
    const [id] = await org.seed('Opportunity', {
      ...opportunity(),
      [dealKey]: 'bulk-null',
      Tributary_Partner__c: 'before',
      Tributary_Partner_Tier__c: 'gold',
    });
    const target: BulkTarget = { object: 'Opportunity', operation: 'update', stage: 'push' };
    await carryOut(target, [
      { key: 'bulk-null', crmId: id ?? '', fields: { Tributary_Partner_Tier__c: null } },
    ]);
    expect(await org.admin('GET', `/records/Opportunity/${id}`)).toMatchObject({
      Tributary_Partner__c: 'before',
      Tributary_Partner_Tier__c: null,
    });
  });

  it('says per record what became of it, in the words of an ordinary batch', async () => {
    const records = [
      { key: 'bulk-good', fields: opportunity() },
      { key: 'bulk-no-date', fields: { Name: 'x', StageName: 'Prospecting' } },
      { key: 'bulk-stage', fields: opportunity({ StageName: 'No such stage' }) },
      { key: 'bulk-long', fields: opportunity({ Name: 'x'.repeat(121) }) },
    ];
    const outcomes = await carryOut(upsert, records);
    const ordinary = await org.connector.push(
      { kind: 'deal', object: 'Opportunity', keyField: dealKey, operation: 'upsert', records },
      within(),
    );
    expect(records.map(({ key }) => kindOf(outcomes.get(key)))).toEqual(ordinary.map(kindOf));
    for (const outcome of ordinary) {
      const other = outcomes.get(outcome.key);
      if (outcome.status === 'failed' && other?.status === 'failed')
        expect(other.error.details.vendorCode).toBe(outcome.error.details.vendorCode);
    }
  });

  it('leaves out of the results what it did not get to', async () => {
    const slow = await openOrg({ settings: { bulkPace: 'clock', bulkStepMs: 60_000, bulkBatchRecords: 2 } });
    try {
      const writer = slow.connector.bulk as BulkWriter;
      const records = ['a', 'b', 'c'].map((key) => ({ key, fields: opportunity() }));
      const id = await writer.create(upsert, within());
      await writer.upload(id, upsert, records, within());
      await writer.complete(id, upsert, within());
      const processed = async (): Promise<BulkStatus> => {
        await slow.admin('POST', '/clock', { advanceMs: 60_000 });
        return writer.status(id, upsert, within());
      };
      await until(processed, (status) => status.processed === 2);
      await writer.abort(id, upsert, within());
      const status = await writer.status(id, upsert, within());
      expect(status.state).toBe('aborted');
      expect([...(await writer.results(id, upsert, status, records, within())).keys()]).toEqual(['a', 'b']);
    } finally {
      await slow.close();
    }
  });

  it('that the org does not know any more is gone', async () => {
    expect((await bulk.status('750000000000001AAA', upsert, within())).state).toBe('gone');
  });
});

describe('the text of a failed row', () => {
  it('is taken apart where the message holds colons, too', () => {
    expect(problemOf('REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --')).toEqual({
      statusCode: 'REQUIRED_FIELD_MISSING',
      message: 'Required fields are missing: [Name]',
      fields: ['Name'],
    });
    expect(problemOf('UNABLE_TO_LOCK_ROW:unable to obtain access: 001:--')).toMatchObject({
      statusCode: 'UNABLE_TO_LOCK_ROW',
      fields: [],
    });
  });
});

describe('the day of the org', () => {
  it('is known from any answer, at no call of its own', async () => {
    await org.admin('POST', '/limits', { dailyApiRequests: 5_000 });
    const fresh = org.connect();
    expect(fresh.usage?.()).toBeNull();
    await fresh.describe('Account', within());
    expect(fresh.usage?.()).toMatchObject({ allowed: 5_000 });
  });
});
