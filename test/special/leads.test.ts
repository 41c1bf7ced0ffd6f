import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { redrive } from '../../src/mirror/redrive.ts';
import { observeEverything } from '../../src/observations/raise-hints.ts';
import { openEngine, type Engine } from '../salesforce/open-engine.ts';
import { goldTenPercent } from '../fixtures/plans.ts';

const plan = `${goldTenPercent}influenced: { share: 50 }
`;
const leadPart = `
target: lead
lead:
  object: Lead
  keyField: Tributary_Lead_Key__c
  write:
    - { to: Company, from: account.name, transforms: [trim, { truncate: 255 }], when: create }
    - { to: FirstName, from: contact.firstName, when: create }
    - { to: LastName, from: contact.lastName, transforms: [trim, { truncate: 80 }, { default: Unknown }], when: create }
    - { to: Email, from: contact.email, when: create }
    - { to: LeadSource, value: Partner Referral, when: create }
    - { to: Tributary_Version__c, from: deal.version }
    - { to: Tributary_Partner__c, from: partner.name }
    - { to: Tributary_Registration_URL__c, from: deal.registrationUrl }
    - { to: Tributary_Protected_Until__c, from: deal.protectedUntil, skipEmpty: false }
`;
const connectionId = 'salesforce';

let engine: Engine;
beforeAll(async () => {
  const mapping = await readFile('mappings/salesforce/mapping.yaml', 'utf8');
  engine = await openEngine({ mapping: mapping + leadPart });
  await engine.publish(plan);
  await engine.app.wiring.open(connectionId);
  await engine.observe();
}, 60_000);
afterAll(() => engine?.close());

async function record(object: string, id: string): Promise<Record<string, unknown>> {
  return (await engine.org.admin('GET', `/records/${object}/${id}`)) as Record<string, unknown>;
}

async function mirroredLead(
  change: Record<string, unknown> = {},
): Promise<{ dealId: string; leadId: string }> {
  const dealId = await engine.register(change);
  await engine.approve(dealId);
  await engine.push();
  const mirror = await engine.mirror(dealId);
  expect(mirror).toMatchObject({ state: 'mirrored', last_error: null });
  return { dealId, leadId: mirror.crm_id ?? '' };
}

async function convert(leadId: string, how: object = {}): Promise<string> {
  await engine.org.admin('POST', '/convert-lead', { leadId, ...how });
  return String((await record('Lead', leadId))['ConvertedOpportunityId'] ?? '');
}

describe('a deal mirrored as a lead', () => {
  it('is one lead, no account, contact or opportunity, and is never read as an opportunity', async () => {
    const { dealId, leadId } = await mirroredLead();
    expect(await record('Lead', leadId)).toMatchObject({
      Company: 'Acme Ltd',
      LastName: 'Smith',
      Email: 'jo@acme.com',
      LeadSource: 'Partner Referral',
      Tributary_Lead_Key__c: dealId,
      Tributary_Partner__c: 'Partner north',
    });
    expect(await engine.org.records('Opportunity')).toEqual([]);
    expect(await engine.org.records('Contact')).toEqual([]);
    expect((await engine.org.records('Account')).map((row) => row['Name'])).toEqual(['North Partners']);
    await observeEverything(engine.db, connectionId, engine.clock.now());
    await engine.observe();
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: leadId });
  });

  it('is followed when a rep converts it: the opportunity gets the registration, and earns once', async () => {
    const { dealId, leadId } = await mirroredLead();
    const id = await convert(leadId);
    await engine.observe();
    await engine.push();
    expect(await record('Opportunity', id)).toMatchObject({
      Name: 'Acme Ltd',
      Tributary_Deal_Id__c: dealId,
      Tributary_Partner_Account__c: engine.partnerAccount,
      Tributary_Partner_Sourced__c: true,
      Tributary_Partner_Influence__c: 'sourced',
    });
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: id });
    await engine.org.play('update', id, { fields: { Amount: 3000 } });
    await engine.org.play('win', id);
    await engine.observe();
    await engine.observe();
    expect(await engine.ledger(dealId)).toEqual({ sum: 30_000n, entries: 1 });
  });

  it('is followed though an edit was refused because the lead had been converted', async () => {
    const { dealId, leadId } = await mirroredLead({ ref: 'edited-lead' });
    const id = await convert(leadId);
    await engine.register({ ref: 'edited-lead', amount: '77.00' });
    await engine.push();
    expect(await engine.mirror(dealId)).toMatchObject({
      state: 'parked',
      last_error: { plain: expect.stringContaining('the lead has been converted') },
    });
    await engine.observe();
    await engine.push();
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: id });
    expect(await record('Opportunity', id)).toMatchObject({ Tributary_Deal_Id__c: dealId });
  });

  it('counts as influenced where it was converted into an opportunity that was there before', async () => {
    const { dealId, leadId } = await mirroredLead();
    const [account = ''] = await engine.org.seed('Account', { Name: 'Acme, known' });
    const [id = ''] = await engine.org.seed('Opportunity', {
      Name: 'Known to the rep',
      StageName: 'Qualification',
      CloseDate: '2027-01-31',
      Amount: 4000,
      CurrencyIsoCode: 'USD',
      AccountId: account,
    });
    await engine.org.admin('POST', '/clock', { advanceMs: 3_600_000 });
    expect(await convert(leadId, { accountId: account, opportunityId: id })).toBe(id);
    await engine.observe();
    await engine.push();
    expect(await record('Opportunity', id)).toMatchObject({
      Name: 'Known to the rep',
      Amount: 4000,
      Tributary_Deal_Id__c: dealId,
      Tributary_Partner_Influence__c: 'influenced',
    });
    await engine.org.play('win', id);
    await engine.observe();
    // 10 % of 4,000.00, of which a half.
    expect(await engine.ledger(dealId)).toEqual({ sum: 20_000n, entries: 1 });
  });

  it('waits for a person where it was converted without an opportunity, who attaches it', async () => {
    const { dealId, leadId } = await mirroredLead();
    await convert(leadId, { doNotCreateOpportunity: true });
    await engine.observe();
    expect(await engine.mirror(dealId)).toMatchObject({
      state: 'parked',
      last_error: { plain: `The lead ${leadId} was converted without an opportunity.` },
    });
    const [id = ''] = await engine.org.seed('Opportunity', {
      Name: 'Later',
      StageName: 'Qualification',
      CloseDate: '2027-01-31',
    });
    await engine.attachments.attach({ dealId, connectionId, crmId: id, by: 'Kim', approve: false });
    await engine.push();
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: id });
  });

  it('is a tombstone once the lead was deleted, which only a person ends, and revives when it is restored', async () => {
    const { dealId, leadId } = await mirroredLead({ ref: 'deleted-lead' });
    await engine.org.play('delete', leadId, { object: 'Lead' });
    await engine.observe();
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'tombstone' });
    const count = (await engine.org.records('Lead')).length;
    await redrive(engine.db, {}, engine.clock.now());
    await engine.register({ ref: 'deleted-lead', amount: '99.00' });
    await engine.push();
    expect((await engine.org.records('Lead')).length).toBe(count);
    await engine.org.play('undelete', leadId, { object: 'Lead' });
    await engine.observe();
    await engine.push();
    expect(await engine.mirror(dealId)).toMatchObject({ state: 'mirrored', crm_id: leadId });
  });
});
