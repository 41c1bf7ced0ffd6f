import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { openEngine, type Engine } from '../salesforce/open-engine.ts';

let engine: Engine;
beforeAll(async () => {
  // A row of the deal's own that always follows the partner, as a customer's mapping may have it.
  const mapping = await readFile('mappings/salesforce/mapping.yaml', 'utf8');
  const row = 'write:\n    - { to: NextStep, from: deal.name }\n';
  engine = await openEngine({ mapping: mapping.replace('write:\n', row) });
  await engine.publish(plan);
}, 60_000);
afterAll(() => engine?.close());

const plan = `
plan: p
version: 1
effectiveFrom: 2020-01-01
basis: deal-amount
currency: deal
tiers: { gold: { rate: 10 } }
otherTiers: hold
influenced: { share: 40 }
`;

const connectionId = 'salesforce';
let customers = 0;

async function reps(more: object = {}): Promise<string> {
  const [account = ''] = await engine.org.seed('Account', { Name: `Customer ${customers++}` });
  const [id = ''] = await engine.org.seed('Opportunity', {
    Name: 'Acme renewal of the rep',
    StageName: 'Qualification',
    CloseDate: '2027-01-31',
    Amount: 5000,
    CurrencyIsoCode: 'USD',
    AccountId: account,
    LeadSource: 'Web',
    ...more,
  });
  return id;
}

async function opportunity(id: string): Promise<Record<string, unknown>> {
  return (await engine.org.admin('GET', `/records/Opportunity/${id}`)) as Record<string, unknown>;
}

function attach(dealId: string, crmId: string, approve = false): Promise<{ crmId: string }> {
  return engine.attachments.attach({ dealId, connectionId, crmId, by: 'Kim', approve });
}

describe('a registration attached to an opportunity of a rep', () => {
  it('writes registration, partner and protection fields, and nothing of the rep', async () => {
    const id = await reps();
    const before = await opportunity(id);
    const dealId = await engine.register();
    // Copied out of an old page: without the three letters at the end.
    expect(await attach(dealId, id.slice(0, 15), true)).toEqual({ crmId: id });
    const accounts = (await engine.org.records('Account')).length;
    await engine.push();
    const after = await opportunity(id);
    expect(after).toMatchObject({
      Tributary_Deal_Id__c: dealId,
      Tributary_Partner__c: 'Partner north',
      Tributary_Partner_Account__c: engine.partnerAccount,
      Tributary_Partner_Sourced__c: false,
      Tributary_Partner_Influence__c: 'influenced',
      Tributary_Registration_URL__c: `https://tributary.example.com/deals/${dealId}`,
    });
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(changed.filter((name) => !/^(Tributary_|SystemModstamp|LastModified)/.test(name))).toEqual([]);
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: id });
    // No account, no contact, no contact role, no second opportunity was made for it.
    expect((await engine.org.records('Account')).length).toBe(accounts);
    expect(await engine.org.records('Contact')).toEqual([]);
    expect(await engine.org.records('OpportunityContactRole')).toEqual([]);
    expect((await engine.org.records('Opportunity')).length).toBe(1);
  });

  it('earns what the plan says of influenced deals when the rep wins it', async () => {
    const id = await reps();
    const dealId = await engine.register();
    await attach(dealId, id, true);
    await engine.push();
    await engine.observe();
    await engine.org.play('win', id);
    await engine.observe();
    // 10 % of 5,000.00, of which 40 % because it was influenced.
    expect(await engine.ledger(dealId)).toEqual({ sum: 20_000n, entries: 1 });
    const [entry] = await engine.db.query<{ explanation: string }>(
      'SELECT explanation FROM commission_entries WHERE deal_id = $1',
      [dealId],
    );
    expect(entry?.explanation).toContain('influenced: 40 % of 500.00 USD = 200.00 USD');
  });

  it('keeps an edit of the partner to those fields, too', async () => {
    const id = await reps();
    const dealId = await engine.register({ ref: 'edited' });
    await attach(dealId, id, true);
    await engine.push();
    await engine.register({
      ref: 'edited',
      amount: '77.00',
      company: { name: 'Other Ltd', domain: 'other.com', country: 'DE' },
    });
    await engine.push();
    expect(await opportunity(id)).toMatchObject({
      Name: 'Acme renewal of the rep',
      Amount: 5000,
      Tributary_Version__c: 3,
    });
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: id });
  });

  it('is refused where the opportunity is closed, gone, or carries another registration', async () => {
    const first = await engine.register();
    const id = await reps();
    await attach(first, id, true);
    const second = await engine.register();
    await expect(attach(second, id, true)).rejects.toThrow(`already belongs to the deal ${first}`);
    await engine.push();
    await expect(attach(second, id, true)).rejects.toThrow(`already carries the registration ${first}`);
    await expect(attach(second, await reps({ StageName: 'Closed Won' }), true)).rejects.toThrow('is closed');
    await expect(attach(second, '006000000000000AAA', true)).rejects.toThrow('does not exist');
    await expect(attach(second, await reps())).rejects.toThrow('Approve it first');
    // A refusal approves nothing.
    const [deal] = await engine.db.query('SELECT status FROM deals WHERE id = $1', [second]);
    expect(deal).toEqual({ status: 'submitted' });
  });

  it('leaves alone an opportunity that got the key of another registration after it was attached', async () => {
    const id = await reps();
    const dealId = await engine.register();
    await attach(dealId, id, true);
    const foreign = '0197f3b2-5a1c-7c3e-9d2e-0123456789ab';
    await engine.org.play('update', id, { fields: { Tributary_Deal_Id__c: foreign } });
    await engine.push();
    expect(await opportunity(id)).toMatchObject({
      Tributary_Deal_Id__c: foreign,
      Tributary_Partner__c: null,
    });
    expect(await engine.mirror(dealId)).toMatchObject({
      state: 'parked',
      last_error: { plain: `the record ${id} carries another registration, ${foreign}` },
    });
  });

  it('is refused for a deal that has an opportunity of its own', async () => {
    const dealId = await engine.register();
    await engine.approve(dealId);
    await engine.push();
    const own = (await engine.mirror(dealId)).crm_id ?? '';
    await expect(attach(dealId, await reps())).rejects.toThrow(`already Opportunity ${own}`);
  });
});

describe('a registration that is taken off again', () => {
  it('gives the fields back, ends its win, and becomes an opportunity of its own', async () => {
    const id = await reps({ Tributary_Partner__c: 'typed by the rep' });
    const dealId = await engine.register();
    await attach(dealId, id, true);
    await engine.push();
    await engine.org.play('win', id);
    await engine.observe();
    expect((await engine.ledger(dealId)).sum).toBe(20_000n);

    await engine.attachments.detach({ dealId, connectionId, by: 'Kim' });
    expect(await opportunity(id)).toMatchObject({
      StageName: 'Closed Won',
      Tributary_Deal_Id__c: null,
      Tributary_Partner__c: 'typed by the rep',
      Tributary_Partner_Influence__c: null,
      Tributary_Version__c: null,
    });
    await engine.observe();
    expect(await engine.ledger(dealId)).toEqual({ sum: 0n, entries: 2 });
    await engine.push();
    const own = await engine.mirror(dealId);
    expect(own).toMatchObject({ state: 'mirrored' });
    expect(own.crm_id).not.toBe(id);
    expect(await opportunity(own.crm_id ?? '')).toMatchObject({ Tributary_Partner_Sourced__c: true });
    await expect(engine.attachments.detach({ dealId, connectionId, by: 'Kim' })).rejects.toThrow(
      'not attached',
    );
  });

  it('leaves the opportunity free for the registration it belonged to', async () => {
    const id = await reps();
    const [wrong, right] = [await engine.register(), await engine.register()];
    await attach(wrong, id, true);
    await engine.push();
    await engine.attachments.detach({ dealId: wrong, connectionId, by: 'Kim' });
    await attach(right, id, true);
    await engine.push();
    await engine.org.play('win', id);
    await engine.observe();
    expect(await engine.ledger(right)).toEqual({ sum: 20_000n, entries: 1 });
    expect(await engine.ledger(wrong)).toEqual({ sum: 0n, entries: 0 });
  });
});

describe('an attached opportunity that was deleted', () => {
  it('is made by nobody, not even by a redrive, and revives when it is restored', async () => {
    const id = await reps();
    const dealId = await engine.register();
    await attach(dealId, id, true);
    await engine.push();
    await engine.org.play('delete', id);
    await engine.observe();
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'tombstone' });
    const { recreateTombstone } = await import('../../src/mirror/redrive.ts');
    expect(await recreateTombstone(engine.db, connectionId, dealId, engine.clock.now())).toBe(false);
    const count = (await engine.org.records('Opportunity')).length;
    await engine.push();
    expect((await engine.org.records('Opportunity')).length).toBe(count);
    await engine.org.play('undelete', id);
    await engine.observe();
    await engine.push();
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: id });
  });
});
