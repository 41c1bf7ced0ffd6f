/** A customer and the accounts of the CRM in a running system: found, asked about, chosen, followed. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminUrl,
  newDeals,
  recordOf,
  recordsOf,
  registerAndApprove,
  startSystem,
  untilClean,
  untilMirrored,
  type RegisteredDeal,
  type RunningSystem,
} from './running-system.ts';
import { until } from './tributary-process.ts';

let system: RunningSystem;
beforeAll(async () => {
  system = await startSystem();
}, 240_000);
afterAll(() => system?.close());

interface Waiting {
  key: string;
  name: string;
  deals: number;
  problem: { kind: string; plain: string };
  candidates: { crmId: string; score: number; reasons: string[] }[];
}

async function dealOf(company: { name: string; domain?: string }): Promise<RegisteredDeal> {
  const country = 'United States';
  const wanted = newDeals(1, ['salesforce']).map((deal) => ({ ...deal, company: { ...company, country } }));
  const [deal] = await registerAndApprove(system, wanted as Parameters<typeof registerAndApprove>[1]);
  if (!deal) throw new Error('no deal');
  return deal;
}

async function waiting(name: string): Promise<Waiting> {
  return until(
    `a question about ${name}`,
    async () => {
      const listed = await system.cli('matches', 'list', '--connection', 'salesforce', '--json');
      const { matches } = JSON.parse(listed.stdout) as { matches: Waiting[] };
      return matches.find((match) => match.name === name);
    },
    20_000,
  );
}

async function accountOf(deal: RegisteredDeal): Promise<unknown> {
  const { crmId } = await recordOf(system, deal);
  const rows = await system.admin('salesforce').records('Opportunity');
  return rows.find((row) => row['Id'] === crmId)?.['AccountId'];
}

async function change(method: string, path: string, body: object): Promise<void> {
  const answer = await fetch(adminUrl(system, 'salesforce') + path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

function accounts(...records: object[]): Promise<string[]> {
  return system.admin('salesforce').seed('Account', records as Record<string, unknown>[]);
}

describe('the account of a customer', () => {
  it('is linked where name and country are clear, and asked about with score and reasons where they are not', async () => {
    const [clear = '', unsure = ''] = await accounts(
      { Name: 'CLEAR WATERS, INC.', BillingCountry: 'USA' },
      { Name: 'Muddy Waters Ltd' },
    );
    const linked = await dealOf({ name: 'Clear Waters' });
    const asked = await dealOf({ name: 'Muddy Waters' });
    expect(await waiting('Muddy Waters')).toMatchObject({
      deals: 1,
      problem: { kind: 'unsure-match' },
      candidates: [{ crmId: unsure, score: 60, reasons: ['same name Muddy Waters Ltd +60'] }],
    });
    expect(await recordsOf(system, asked)).toEqual([]);
    const { key } = await waiting('Muddy Waters');
    const choose = ['matches', 'choose', 'salesforce', 'account', key, '--crm-id', unsure, '--by', 'Ada'];
    expect((await system.cli(...choose)).code).toBe(0);
    await untilMirrored(system, [linked, asked]);
    expect([await accountOf(linked), await accountOf(asked)]).toEqual([clear, unsure]);
  }, 240_000);

  it('passes a duplicate rule of the org by the word of a person, and not before', async () => {
    const [twin = ''] = await accounts({ Name: 'Twin Rivers', BillingCountry: 'Japan' });
    const rule = { name: 'Twins', object: 'Account', fields: [{ field: 'Name', how: 'name' }] };
    await change('PATCH', '/settings', { duplicateRules: [rule] });
    const deal = await dealOf({ name: 'Twin Rivers LLC', domain: 'twin-rivers-llc.com' });
    const { key, problem, candidates } = await waiting('Twin Rivers LLC');
    expect([problem.kind, candidates.map(({ crmId }) => crmId)]).toEqual(['possible-duplicate', [twin]]);
    expect(await recordsOf(system, deal)).toEqual([]);
    expect((await system.cli('matches', 'choose', 'salesforce', 'account', key, '--allow')).code).toBe(0);
    await untilMirrored(system, [deal]);
    expect(await accountOf(deal)).not.toBe(twin);
    await change('PATCH', '/settings', { duplicateRules: [] });
  }, 240_000);

  it('that was merged in the CRM is followed when a deal meets it; nothing waits and nothing is doubled', async () => {
    const company = { name: 'Merging Streams', domain: 'merging-streams.com' };
    const first = await dealOf(company);
    await untilMirrored(system, [first]);
    const [master = ''] = await accounts({ Name: 'The Stream' });
    await change('POST', '/merge', { object: 'Account', masterId: master, losers: [await accountOf(first)] });
    const second = await dealOf(company);
    await untilMirrored(system, [first, second]);
    expect([await accountOf(first), await accountOf(second)]).toEqual([master, master]);
    await untilClean(system);
    for (const deal of [first, second]) expect(await recordsOf(system, deal)).toHaveLength(1);
  }, 240_000);
});
