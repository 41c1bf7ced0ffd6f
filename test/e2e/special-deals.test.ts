import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { inventDeal } from '../../src/app/programme/invent-deals.ts';
import { newDeals, startSystem, type RunningSystem } from './running-system.ts';
import { until } from './tributary-process.ts';

let system: RunningSystem;

beforeAll(async () => {
  system = await startSystem();
}, 240_000);
afterAll(() => system?.close());

async function register(): Promise<string> {
  const [deal] = newDeals(1, ['salesforce']);
  if (!deal) throw new Error('no deal');
  const registration: Partial<typeof deal> & ReturnType<typeof inventDeal> = { ...deal };
  delete registration.crm;
  return system.client.register(registration);
}

async function seedOpportunity(name: string): Promise<string> {
  const admin = system.admin('salesforce');
  const [account = ''] = await admin.seed('Account', [{ Name: `Customer of ${name}` }]);
  const fields = {
    StageName: 'Qualification',
    CloseDate: '2027-01-31',
    Amount: 5000,
    CurrencyIsoCode: 'USD',
  };
  const [id = ''] = await admin.seed('Opportunity', [{ ...fields, Name: name, AccountId: account }]);
  return id;
}

async function opportunity(id: string): Promise<Record<string, unknown>> {
  const all = await system.admin('salesforce').records('Opportunity');
  return all.find((record) => record['Id'] === id) ?? {};
}

/** Waits until the opportunity carries this registration; null = none. */
function untilCarries(id: string, dealId: string | null): Promise<true> {
  return until(
    `${id} to carry ${dealId ?? 'nothing'}`,
    async () => (((await opportunity(id))['Tributary_Deal_Id__c'] ?? null) === dealId ? true : undefined),
    30_000,
  );
}

describe('a deal of a customer the rep knows already', () => {
  it('is shown to the approver, attached with the approval, heard when won, held for want of a rule, and taken off', async () => {
    const dealId = await register();
    const known = await seedOpportunity('Known to the rep');
    const looked = await system.cli('conflicts', dealId, '--json');
    expect(looked.code).toBe(0);
    expect(JSON.parse(looked.stdout)).toMatchObject({ deal: dealId, conflicts: expect.any(Array) });

    const attached = await system.cli(
      'attach',
      dealId,
      '--connection',
      'salesforce',
      '--to',
      known,
      '--approve',
      '--by',
      'Kim',
      '--json',
    );
    expect(JSON.parse(attached.stdout)).toEqual({ deal: dealId, connection: 'salesforce', crmId: known });
    await untilCarries(known, dealId);
    expect(await opportunity(known)).toMatchObject({
      Name: 'Known to the rep',
      Amount: 5000,
      Tributary_Partner_Sourced__c: false,
      Tributary_Partner_Influence__c: 'influenced',
    });

    await system.admin('salesforce').play([{ action: 'win', id: known }]);
    await until(
      'the hold',
      async () => {
        const rows = await system.db.query<{ reason: string }>(
          'SELECT reason FROM commission_outcomes WHERE deal_id = $1',
          [dealId],
        );
        return rows[0]?.reason === 'influence-not-in-plan' ? true : undefined;
      },
      30_000,
    );

    const answer = await fetch(`${system.url}/v1/deals/${dealId}/attachment?connection=salesforce&by=Kim`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${system.apiKey}` },
    });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { deal: dealId, connection: 'salesforce', crmId: known },
    ]);
    await untilCarries(known, null);
    await until(
      'an opportunity of its own',
      async () => {
        const all = await system.admin('salesforce').records('Opportunity');
        return all.some((record) => record['Tributary_Deal_Id__c'] === dealId) || undefined;
      },
      30_000,
    );
  }, 240_000);

  it('is refused over HTTP with the reason where the opportunity does not exist', async () => {
    const dealId = await register();
    const answer = await fetch(`${system.url}/v1/deals/${dealId}/attachment`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ connection: 'salesforce', crmId: '006000000000000AAA', approve: true }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      404,
      { detail: expect.stringContaining('does not exist in salesforce') },
    ]);
  }, 240_000);
});
