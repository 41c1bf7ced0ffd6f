import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { opportunity, range } from './deals.ts';
import type { OrgUnderTest } from './org-under-test.ts';
import { rateOf, type Rate } from './write-rate.ts';

const JOBS = '/services/data/v62.0/jobs';
const Job = z.object({ id: z.string() });
const Info = z.object({ state: z.string(), numberRecordsFailed: z.number().optional() });

/** Loads deals by one Bulk API 2.0 job, from the upload to its completion, and reads them back by another. */
export async function measureBulk(org: OrgUnderTest, records: number): Promise<Rate[]> {
  return [
    await rateOf(org, 'deals, inserted by one Bulk 2.0 job', records, () => ingest(org, records)),
    await rateOf(org, 'deals, read by one Bulk 2.0 query job', records, () => readBack(org, records)),
  ];
}

async function ingest(org: OrgUnderTest, records: number): Promise<void> {
  const { id } = Job.parse(
    JSON.parse(
      await org.call('POST', `${JOBS}/ingest`, {
        object: 'Opportunity',
        operation: 'insert',
        contentType: 'CSV',
        lineEnding: 'LF',
      }),
    ),
  );
  await org.call('PUT', `${JOBS}/ingest/${id}/batches`, csv(records), 'text/csv');
  await org.call('PATCH', `${JOBS}/ingest/${id}`, { state: 'UploadComplete' });
  const { state, numberRecordsFailed } = await untilDone(org, `${JOBS}/ingest/${id}`);
  if (state !== 'JobComplete' || numberRecordsFailed !== 0)
    throw new Error(`the job ended as ${state} with ${String(numberRecordsFailed)} failed records`);
}

async function readBack(org: OrgUnderTest, records: number): Promise<void> {
  const query = "SELECT Id, Name, Amount, StageName FROM Opportunity WHERE LeadSource = 'Web'";
  const { id } = Job.parse(
    JSON.parse(await org.call('POST', `${JOBS}/query`, { operation: 'query', query })),
  );
  await untilDone(org, `${JOBS}/query/${id}`);
  const text = await org.call('GET', `${JOBS}/query/${id}/results?maxRecords=${records}`);
  const lines = text.trimEnd().split('\n').length - 1;
  if (lines !== records) throw new Error(`${lines} records were read back, not ${records}`);
}

async function untilDone(org: OrgUnderTest, path: string): Promise<z.infer<typeof Info>> {
  for (;;) {
    const info = Info.parse(JSON.parse(await org.call('GET', path)));
    if (/^(JobComplete|Failed|Aborted)$/.test(info.state)) return info;
    // The org's own time is moved, so that nobody waits for its queue.
    await org.admin('POST', '/clock', { advanceMs: 5000 });
    await sleep(20);
  }
}

function csv(records: number): string {
  const columns = ['Name', 'StageName', 'CloseDate', 'Amount', 'LeadSource', 'Tributary_Deal_Id__c'];
  const lines = range(0, records).map((index) => {
    const deal = {
      ...opportunity(index, undefined),
      Tributary_Deal_Id__c: `bulk-${index}`,
      LeadSource: 'Web',
    };
    return columns.map((name) => String((deal as Record<string, unknown>)[name])).join(',');
  });
  return `${columns.join(',')}\n${lines.join('\n')}\n`;
}
