import { opportunity, range } from './deals.ts';
import type { OrgUnderTest } from './org-under-test.ts';

const CALLS = 300;

/** Median milliseconds of a call, over HTTP, one at a time. */
export interface Latency {
  byExternalId: number;
  byRecordId: number;
  /** The 200 records changed last, as a poll asks for them. */
  modifiedPage: number;
}

/** Asks an org the three things a connector asks all day. `records`: how many deals there are, named deal-0 on. */
export async function measureLatency(org: OrgUnderTest, records: number): Promise<Latency> {
  const since = await changeSome(org);
  const someId = (
    JSON.parse(await query(org, `SELECT Id FROM Opportunity LIMIT 1`)) as { records: { Id: string }[] }
  ).records[0]?.Id;
  return {
    byExternalId: await median(org, (call) => {
      const key = `deal-${(call * 7919) % records}`;
      return `SELECT Id, Name, StageName, Amount FROM Opportunity WHERE Tributary_Deal_Id__c = '${key}'`;
    }),
    byRecordId: await median(org, () => `SELECT Id, Name FROM Opportunity WHERE Id = '${someId ?? ''}'`),
    modifiedPage: await median(
      org,
      () =>
        `SELECT Id, StageName, Amount, SystemModstamp FROM Opportunity WHERE SystemModstamp >= ${since} ORDER BY SystemModstamp, Id LIMIT 200`,
    ),
  };
}

/** Changes 200 deals and says from when on they are the newest: as many are due at either size. */
async function changeSome(org: OrgUnderTest): Promise<string> {
  const records = range(0, 200).map((index) => opportunity(index, undefined, 5000));
  const path = '/services/data/v62.0/composite/sobjects/Opportunity/Tributary_Deal_Id__c';
  await org.call('PATCH', path, { allOrNone: true, records });
  const soql = "SELECT SystemModstamp FROM Opportunity WHERE Tributary_Deal_Id__c = 'deal-0'";
  const answer = JSON.parse(await query(org, soql)) as { records: { SystemModstamp: string }[] };
  return (answer.records[0]?.SystemModstamp ?? '').replace('+0000', 'Z');
}

function query(org: OrgUnderTest, soql: string): Promise<string> {
  return org.call('GET', `/services/data/v62.0/query?q=${encodeURIComponent(soql)}`);
}

async function median(org: OrgUnderTest, soql: (call: number) => string): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const before = performance.now();
    await query(org, soql(call));
    times.push(performance.now() - before);
  }
  return times.toSorted((left, right) => left - right)[CALLS / 2] ?? 0;
}
