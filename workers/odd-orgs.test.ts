import { afterAll, describe, expect, it } from '@jest/globals';
import { within } from '../test/salesforce/open-org.ts';
import { openMirroredOrg, type MirroredOrg } from '../test/fixtures/mirrored-org.ts';
import { readMirror } from '../test/fixtures/rows.ts';

const opened: MirroredOrg[] = [];
afterAll(async () => {
  for (const crm of opened) await crm.close();
});

async function open(...options: Parameters<typeof openMirroredOrg>): Promise<MirroredOrg> {
  const crm = await openMirroredOrg(...options);
  opened.push(crm);
  return crm;
}

async function newDeal(crm: MirroredOrg, change: Record<string, unknown> = {}): Promise<string> {
  const { id } = await crm.addPartner(`Partner ${Math.random()}`);
  const [dealId = ''] = await crm.addDeals(id, 1, change);
  await crm.mirror();
  return dealId;
}

describe('an org with a validation rule', () => {
  it("parks a deal with the rule's own words, and its neighbours go on", async () => {
    const message = 'Deals above 50,000 need a sponsor.';
    const when = [{ field: 'Amount', op: 'greater' as const, value: 50_000 }];
    const rule = { object: 'Opportunity', name: 'Sponsor', message, when };
    const crm = await open('', { settings: { validationRules: [rule] } });
    const refused = await newDeal(crm, { amount_minor: 6_000_000, currency: 'USD' });
    const taken = await newDeal(crm, { amount_minor: 100_000, currency: 'USD' });
    const mirror = await readMirror(crm.test.db, crm.connectionId, refused);
    expect(mirror.state).toBe('parked');
    expect(mirror.last_error?.plain).toContain(message);
    expect((await readMirror(crm.test.db, crm.connectionId, taken)).state).toBe('mirrored');
  });
});

describe('an org with several currencies, or one', () => {
  it('keeps the currency of the deal where there are several', async () => {
    const crm = await open('');
    const dealId = await newDeal(crm, { amount_minor: 12_345, currency: 'EUR' });
    expect(await crm.opportunity(dealId)).toMatchObject({ Amount: 123.45, CurrencyIsoCode: 'EUR' });
  });

  it('takes a deal in its one currency, and parks one in another', async () => {
    const crm = await open('', { preset: 'single-currency' });
    const euros = await newDeal(crm, { amount_minor: 12_345, currency: 'EUR' });
    const dollars = await newDeal(crm, { amount_minor: 12_345, currency: 'USD' });
    expect(await crm.opportunity(dollars)).toMatchObject({ Amount: 123.45 });
    const parked = await readMirror(crm.test.db, crm.connectionId, euros);
    expect([parked.state, parked.last_error?.plain]).toEqual([
      'parked',
      expect.stringContaining('the org has no such field and implies USD, but the value is EUR'),
    ]);
  });
});

describe('an org with person accounts', () => {
  it('gives the deal the person as its contact, and changes nothing about the person', async () => {
    const crm = await open('', { preset: 'person-accounts' });
    const { org } = crm;
    const types = await org.records('RecordType');
    const person = types.find((type) => type['DeveloperName'] === 'PersonAccount');
    const [accountId = ''] = await org.seed('Account', {
      RecordTypeId: person?.['Id'],
      FirstName: 'Ada',
      LastName: 'Byron',
      PersonEmail: 'ada@byron.example',
    });
    const account = async () => (await org.records('Account')).find((row) => row['Id'] === accountId);
    const before = await account();
    const email = 'ada@byron.example';
    const found = await org.connector.findMatches(
      {
        kind: 'contact',
        object: 'Contact',
        keyField: 'Tributary_Contact_Key__c',
        wanted: [{ key: email, email }],
        fields: [],
      },
      within(),
    );
    const contactId = found.find((one) => one.email === email)?.crmId ?? '';
    expect(contactId).toBe(before?.['PersonContactId']);
    const [dealId = ''] = await org.seed('Opportunity', {
      Name: 'Deal',
      StageName: 'Prospecting',
      CloseDate: '2026-06-30',
      AccountId: accountId,
    });
    const link = { key: dealId, dealId, accountId, contactId, fresh: true };
    expect(await org.connector.link([link], within())).toEqual([{ key: dealId, status: 'linked' }]);
    const roles = (await org.records('OpportunityContactRole')).filter(
      (row) => row['OpportunityId'] === dealId,
    );
    expect(roles.map((row) => row['ContactId'])).toEqual([before?.['PersonContactId']]);
    expect(await account()).toEqual(before);
  });
});
