import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openBulkClient } from '../../../test/sandbox/bulk-client.ts';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

const opened: OpenOrg[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((org) => org.close()));
});

async function open(options: Parameters<typeof openOrg>[0]): Promise<OpenOrg> {
  const org = await openOrg(options);
  opened.push(org);
  return org;
}

function accounts(count: number): string {
  return 'Name\n' + Array.from({ length: count }, (_, at) => `Bulk ${at}\n`).join('');
}

const INSERT = { object: 'Account', operation: 'insert' };

async function liveAccounts(org: OpenOrg): Promise<unknown> {
  return (await org.admin('GET', '/counts'))['Account'];
}

describe('a bulk job that waits by the sandbox clock', () => {
  it('takes one step each time the clock is moved, and keeps what it wrote when it is aborted', async () => {
    const org = await open({ settings: { bulkPace: 'clock', bulkStepMs: 60_000, bulkBatchRecords: 2 } });
    const bulk = await openBulkClient(org);
    const before = Number(await liveAccounts(org));
    const id = await bulk.load(INSERT, accounts(5));
    const state = async () => (await bulk.call('GET', `/ingest/${id}`)).body['state'];
    const after = async (processed: number) => {
      for (;;) {
        const { body } = await bulk.call('GET', `/ingest/${id}`);
        if (body['numberRecordsProcessed'] === processed && body['state'] === 'InProgress') return;
        org.clock.advance(60_000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    expect(await state()).toBe('UploadComplete');
    await after(2);
    expect(Number(await liveAccounts(org)) - before).toBe(2);
    await bulk.call('PATCH', `/ingest/${id}`, { state: 'Aborted' });
    org.clock.advance(600_000);
    expect(await state()).toBe('Aborted');
    expect(Number(await liveAccounts(org)) - before).toBe(2);
    expect((await bulk.file(`/ingest/${id}/successfulResults`)).text.split('\n')).toHaveLength(4);
    expect((await bulk.file(`/ingest/${id}/unprocessedrecords`)).text).toBe(
      '"Name"\n"Bulk 2"\n"Bulk 3"\n"Bulk 4"\n',
    );
  });

  it('is forgotten after seven days, with its results', async () => {
    const org = await open({ settings: { bulkStepMs: 0 } });
    const bulk = await openBulkClient(org);
    const id = await bulk.load(INSERT, accounts(1));
    await bulk.wait('ingest', id);
    org.clock.advance(7 * 24 * 3600 * 1000 + 1);
    const later = await openBulkClient(org);
    expect((await later.call('GET', `/ingest/${id}`)).status).toBe(404);
    expect((await later.call('GET', '/ingest')).body).toEqual({
      done: true,
      records: [],
      nextRecordsUrl: null,
    });
  });
});

describe('internal batches', () => {
  it('count for the day, and no more jobs are taken once it is used up', async () => {
    const org = await open({ settings: { bulkStepMs: 0, bulkBatchRecords: 3, bulkDailyBatches: 3 } });
    const bulk = await openBulkClient(org);
    const id = await bulk.load(INSERT, accounts(7));
    expect(await bulk.wait('ingest', id)).toMatchObject({ state: 'JobComplete', numberRecordsProcessed: 7 });
    const refused = await bulk.call('POST', '/ingest', INSERT);
    expect(refused).toMatchObject({ status: 400, body: [{ errorCode: 'EXCEEDEDQUOTA' }] });
    org.clock.advance(24 * 3600 * 1000 + 1);
    expect((await (await openBulkClient(org)).call('POST', '/ingest', INSERT)).status).toBe(200);
  });

  it('are tried again while a fault strikes them, and fail the job after twenty times', async () => {
    const org = await open({ settings: { bulkStepMs: 0 } });
    const bulk = await openBulkClient(org);
    const busy = {
      match: { endpoint: 'BATCH /jobs/ingest/Account' },
      fault: { kind: 'status', status: 503 },
    };
    await org.admin('POST', '/faults', { rules: [{ ...busy, when: { times: 2 } }] });
    const lucky = await bulk.load(INSERT, accounts(1));
    expect(await bulk.wait('ingest', lucky)).toMatchObject({ state: 'JobComplete', retries: 2 });
    await org.admin('POST', '/faults', { rules: [busy] });
    const unlucky = await bulk.load(INSERT, accounts(1));
    expect(await bulk.wait('ingest', unlucky)).toMatchObject({
      state: 'Failed',
      retries: 20,
      numberRecordsProcessed: 0,
    });
  });

  it('let a rule fail some of their rows', async () => {
    const org = await open({ settings: { bulkStepMs: 0 } });
    const bulk = await openBulkClient(org);
    const fault = { kind: 'partial', probability: 1, code: 'UNABLE_TO_LOCK_ROW', message: 'locked' };
    await org.admin('POST', '/faults', {
      rules: [{ match: { endpoint: 'BATCH /jobs/ingest/Account' }, fault }],
    });
    const id = await bulk.load(INSERT, accounts(2));
    expect(await bulk.wait('ingest', id)).toMatchObject({ state: 'JobComplete', numberRecordsFailed: 2 });
    expect((await bulk.file(`/ingest/${id}/failedResults`)).text).toContain('"UNABLE_TO_LOCK_ROW:locked:--"');
  });
});

describe('a restart', () => {
  it('goes on where the last batch ended, and still has the results of earlier jobs', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'bulk-restart-'));
    try {
      const first = await openOrg({ dataDir, settings: { bulkStepMs: 0, bulkBatchRecords: 2 } });
      const before = Number(await liveAccounts(first));
      const bulk = await openBulkClient(first);
      const done = await bulk.load(INSERT, accounts(1));
      await bulk.wait('ingest', done);
      const query = String(
        (await bulk.call('POST', '/query', { operation: 'query', query: 'SELECT Name FROM Account' })).body[
          'id'
        ],
      );
      await bulk.wait('query', query);
      const page = await bulk.file(`/query/${query}/results`);
      await first.admin('PATCH', '/settings', { bulkPace: 'clock', bulkStepMs: 1000 });
      const half = await bulk.load(INSERT, accounts(5));
      for (;;) {
        const { body } = await bulk.call('GET', `/ingest/${half}`);
        if (body['numberRecordsProcessed'] === 2) break;
        first.clock.advance(1000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await first.close();

      const second = await open({ dataDir, settings: { bulkPace: 'real', bulkStepMs: 0 } });
      const again = await openBulkClient(second);
      expect(await again.wait('ingest', half)).toMatchObject({
        state: 'JobComplete',
        numberRecordsProcessed: 5,
      });
      expect(Number(await liveAccounts(second)) - before).toBe(6);
      const rows = (await again.file(`/ingest/${half}/successfulResults`)).text.trim().split('\n');
      expect(rows.slice(1).map((row) => row.split(',')[2])).toEqual(
        [0, 1, 2, 3, 4].map((at) => `"Bulk ${at}"`),
      );
      expect((await again.file(`/ingest/${done}/successfulResults`)).text).toContain('"Bulk 0"');
      expect((await again.file(`/query/${query}/results`)).text).toBe(page.text);
      const next = String((await again.call('POST', '/ingest', INSERT)).body['id']);
      expect([done, query, half]).not.toContain(next);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
