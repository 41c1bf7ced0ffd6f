import { z } from 'zod';
import { account, opportunity, range } from './deals.ts';
import type { OrgUnderTest } from './org-under-test.ts';

const SEED = 10_000;
const Seeded = z.object({ ids: z.array(z.string()) });

/** What so many records cost the org that holds them. */
export interface Held {
  deals: number;
  accounts: number;
  seedSeconds: number;
  /** Resident memory with them, less that without, divided by all records. */
  rssPerRecord: number;
  heapPerRecord: number;
  rssMb: number;
}

/** Fills an org by way of its admin port: deals from `first` on, each two on one account. */
export async function holdRecords(org: OrgUnderTest, first: number, deals: number): Promise<Held> {
  const empty = await org.process.memory();
  const started = performance.now();
  const accounts = await seed(org, 'Account', range(first, first + deals / 2).map(account));
  const records = range(first, first + deals).map((index) =>
    opportunity(index, accounts[Math.floor((index - first) / 2)]),
  );
  await seed(org, 'Opportunity', records);
  const seedSeconds = (performance.now() - started) / 1000;
  const full = await org.process.memory();
  const all = deals + accounts.length;
  return {
    deals,
    accounts: accounts.length,
    seedSeconds,
    rssPerRecord: Math.round((full.rss - empty.rss) / all),
    heapPerRecord: Math.round((full.heapUsed - empty.heapUsed) / all),
    rssMb: Math.round(full.rss / 1e6),
  };
}

async function seed(org: OrgUnderTest, object: string, records: readonly unknown[]): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < records.length; at += SEED) {
    const body = { object, records: records.slice(at, at + SEED) };
    ids.push(...Seeded.parse(await org.admin('POST', '/seed', body)).ids);
  }
  return ids;
}
