import { z } from 'zod';
import { inBatches } from '../in-batches.ts';
import { account, opportunity, range } from './deals.ts';
import type { OrgUnderTest } from './org-under-test.ts';

const COLLECTION = 200;
const IN_FLIGHT = 4;
const Results = z.array(z.object({ id: z.string(), success: z.literal(true) }));

/** Records written and what they cost. */
export interface Rate {
  what: string;
  records: number;
  /** Records a second of the sandbox's own processor time: what one core can do, whatever the client costs. */
  perCpuSecond: number;
  /** Records a second of the clock, with a client that shares the machine. */
  perSecond: number;
}

/** Upserts deals and their accounts by external id in collections of 200 over HTTP: all new, then all changed. */
export async function measureWrites(org: OrgUnderTest, records: number): Promise<Rate[]> {
  const upsert = async (object: string, key: string, batch: unknown[]): Promise<string[]> => {
    const path = `/services/data/v62.0/composite/sobjects/${object}/${key}`;
    const answer = await org.call('PATCH', path, { allOrNone: false, records: batch });
    return Results.parse(JSON.parse(answer)).map(({ id }) => id);
  };
  let accountIds: string[] = [];
  const deals = (amount: number) => (): Promise<string[]> =>
    inBatches(range(0, records), COLLECTION, IN_FLIGHT, (batch) =>
      upsert(
        'Opportunity',
        'Tributary_Deal_Id__c',
        batch.map((index) => opportunity(index, accountIds[Math.floor(index / 2)], amount)),
      ),
    );
  // Not counted: an engine that has not compiled its hot paths yet says nothing about an org that has run for a minute.
  const warmUp = (): Promise<string[]> =>
    inBatches(range(0, 2000), COLLECTION, IN_FLIGHT, (batch) =>
      upsert(
        'Opportunity',
        'Tributary_Deal_Id__c',
        batch.map((index) => ({ ...opportunity(index, undefined), Tributary_Deal_Id__c: `warm-${index}` })),
      ),
    );
  await warmUp();
  return [
    await rateOf(org, 'accounts, upserted new', records / 2, async () => {
      accountIds = await inBatches(range(0, records / 2), COLLECTION, IN_FLIGHT, (batch) =>
        upsert('Account', 'Tributary_Account_Key__c', batch.map(account)),
      );
    }),
    await rateOf(org, 'deals, upserted new', records, deals(1000)),
    await rateOf(org, 'deals, upserted again with other amounts', records, deals(2000)),
  ];
}

/** Runs work on so many records and says what it cost. */
export async function rateOf(
  org: OrgUnderTest,
  what: string,
  records: number,
  work: () => Promise<unknown>,
): Promise<Rate> {
  const [cpuBefore, before] = [await org.process.cpuSeconds(), performance.now()];
  await work();
  const seconds = (performance.now() - before) / 1000;
  const cpu = (await org.process.cpuSeconds()) - cpuBefore;
  return {
    what,
    records,
    perCpuSecond: Math.round(records / cpu),
    perSecond: Math.round(records / seconds),
  };
}
