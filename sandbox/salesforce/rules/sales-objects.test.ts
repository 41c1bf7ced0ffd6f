import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';
import { clientOf, type Client } from '../../../test/sandbox/salesforce-client.ts';

let org: OpenOrg;
let client: Client;
let standard: string;
beforeAll(async () => {
  org = await openOrg();
  client = clientOf(org);
  const [book] = await client.query('SELECT Id FROM Pricebook2 WHERE IsStandard = true');
  standard = String(book?.['Id']);
});
afterAll(() => org.close());

describe('line items', () => {
  let product: string;
  let entry: string;
  beforeAll(async () => {
    product = await client.add('Product2', { Name: 'Widget', ProductCode: 'W', IsActive: true });
    entry = await client.add('PricebookEntry', {
      Pricebook2Id: standard,
      Product2Id: product,
      UnitPrice: 10,
      IsActive: true,
    });
  });

  it('roll up into the amount, which can no longer be written', async () => {
    const id = await client.addDeal('items', { Amount: 5, Pricebook2Id: standard });
    const line = { OpportunityId: id, PricebookEntryId: entry, Quantity: 3, UnitPrice: 9.99 };
    const first = await client.add('OpportunityLineItem', line);
    await client.add('OpportunityLineItem', { ...line, Quantity: 1, UnitPrice: 100 });
    expect(await client.read('Opportunity', id)).toMatchObject({
      Amount: 129.97,
      ExpectedRevenue: 13,
      HasOpportunityLineItem: true,
      TotalOpportunityQuantity: 4,
    });
    expect(await client.read('OpportunityLineItem', first)).toMatchObject({
      TotalPrice: 29.97,
      ListPrice: 10,
      Product2Id: product,
      ProductCode: 'W',
      Name: 'Deal items Widget',
    });
    expect((await client.change('Opportunity', id, { Amount: 1, NextStep: 'sign' })).status).toBe(204);
    expect(await client.read('Opportunity', id)).toMatchObject({ Amount: 129.97, NextStep: 'sign' });
    await org.admin('PATCH', '/settings', { lineItemAmount: 'refused' });
    expect(await client.change('Opportunity', id, { Amount: 1 })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE', fields: ['Amount'] }],
    });
    await org.admin('PATCH', '/settings', { lineItemAmount: 'ignored' });
    for (const fixed of [{ Pricebook2Id: null }, { CurrencyIsoCode: 'EUR' }])
      expect((await client.change('Opportunity', id, fixed)).body).toMatchObject([
        { errorCode: 'FIELD_INTEGRITY_EXCEPTION' },
      ]);
    await client.change('OpportunityLineItem', first, { Quantity: 1 });
    expect(await client.read('Opportunity', id)).toMatchObject({ Amount: 109.99 });
    const items = await client.query(`SELECT Id FROM OpportunityLineItem WHERE OpportunityId = '${id}'`);
    for (const item of items) await client.remove('OpportunityLineItem', String(item['Id']));
    expect(await client.read('Opportunity', id)).toMatchObject({ HasOpportunityLineItem: false });
    expect((await client.change('Opportunity', id, { Amount: 7 })).status).toBe(204);
    expect(await client.read('Opportunity', id)).toMatchObject({ Amount: 7 });
  });

  it('are refused from another price book, of another currency, inactive, or without a price', async () => {
    const line = (OpportunityId: string, fields: object = {}) =>
      client.create('OpportunityLineItem', {
        OpportunityId,
        PricebookEntryId: entry,
        Quantity: 1,
        UnitPrice: 1,
        ...fields,
      });
    const reason = async (answer: ReturnType<typeof line>) =>
      ((await answer).body as { errorCode: string; message: string }[])[0];
    const withoutBook = await client.addDeal('no-book');
    const wrong = 'pricebook entry is in a different pricebook than the one assigned to the opportunity';
    expect(await reason(line(withoutBook))).toMatchObject({
      errorCode: 'FIELD_INTEGRITY_EXCEPTION',
      message: expect.stringContaining(wrong),
    });
    const euro = await client.addDeal('euro', { Pricebook2Id: standard, CurrencyIsoCode: 'EUR' });
    expect((await reason(line(euro)))?.message).toContain('currency code does not match');
    const dollar = await client.addDeal('dollar', { Pricebook2Id: standard });
    const byProduct = { OpportunityId: dollar, Product2Id: product, Quantity: 1, UnitPrice: 1 };
    expect((await client.create('OpportunityLineItem', byProduct)).status).toBe(201);
    expect((await reason(line(dollar, { UnitPrice: null })))?.errorCode).toBe('REQUIRED_FIELD_MISSING');
    expect((await reason(line(dollar, { TotalPrice: 4 })))?.errorCode).toBe('FIELD_INTEGRITY_EXCEPTION');
  });

  it('need a standard price before any other', async () => {
    const custom = await client.add('Pricebook2', { Name: 'Partners', IsActive: true });
    const other = await client.add('Product2', { Name: 'Gadget' });
    const price = (Pricebook2Id: string, Product2Id: string) =>
      client.create('PricebookEntry', { Pricebook2Id, Product2Id, UnitPrice: 1, IsActive: true });
    expect((await price(custom, other)).body).toMatchObject([{ errorCode: 'STANDARD_PRICE_NOT_DEFINED' }]);
    expect((await price(standard, other)).status).toBe(201);
    expect((await price(custom, other)).status).toBe(201);
    expect((await price(custom, other)).body).toMatchObject([{ errorCode: 'DUPLICATE_VALUE' }]);
  });
});

describe('a campaign', () => {
  it('counts its members and opportunities, and has each member once', async () => {
    const campaign = await client.add('Campaign', { Name: 'Spring' });
    const lead = await client.add('Lead', { LastName: 'Lead', Company: 'Co' });
    const contact = await client.add('Contact', { LastName: 'Contact' });
    const member = await client.add('CampaignMember', { CampaignId: campaign, LeadId: lead });
    await client.add('CampaignMember', { CampaignId: campaign, ContactId: contact, Status: 'Responded' });
    expect(
      (await client.create('CampaignMember', { CampaignId: campaign, LeadId: lead })).body,
    ).toMatchObject([{ errorCode: 'DUPLICATE_VALUE', message: 'Already a campaign member.' }]);
    const id = await client.addDeal('campaign', { CampaignId: campaign, Amount: 50 });
    await client.change('Opportunity', id, { StageName: 'Closed Won', Amount: 60 });
    const figures = { NumberOfLeads: 1, NumberOfContacts: 1, NumberOfResponses: 1, NumberOfOpportunities: 1 };
    expect(await client.read('Campaign', campaign)).toMatchObject({
      ...figures,
      NumberOfWonOpportunities: 1,
      AmountWonOpportunities: 60,
    });
    await client.remove('CampaignMember', member);
    await client.remove('Opportunity', id);
    expect(await client.read('Campaign', campaign)).toMatchObject({
      NumberOfLeads: 0,
      NumberOfOpportunities: 0,
      AmountAllOpportunities: 0,
    });
  });
});

describe('converting a lead', () => {
  it('makes an account, a contact and an opportunity, and closes the lead to changes', async () => {
    const lead = await client.add('Lead', {
      FirstName: 'Ada',
      LastName: 'L',
      Company: 'Analytical',
      Email: 'ada@x.example',
      LeadSource: 'Partner Referral',
    });
    const campaign = await client.add('Campaign', { Name: 'Conversion' });
    await client.add('CampaignMember', { CampaignId: campaign, LeadId: lead });
    const done = await org.admin('POST', '/convert-lead', { leadId: lead, opportunityName: 'First deal' });
    const [account, contact, opportunity] = ['accountId', 'contactId', 'opportunityId'].map((name) =>
      String(done[name]),
    );
    expect(await client.read('Lead', lead)).toMatchObject({
      IsConverted: true,
      Status: 'Closed - Converted',
      ConvertedAccountId: account,
      ConvertedContactId: contact,
      ConvertedOpportunityId: opportunity,
    });
    expect(await client.read('Opportunity', String(opportunity))).toMatchObject({
      Name: 'First deal',
      AccountId: account,
      LeadSource: 'Partner Referral',
      StageName: 'Prospecting',
    });
    expect(await client.read('Contact', String(contact))).toMatchObject({
      Name: 'Ada L',
      Email: 'ada@x.example',
      AccountId: account,
    });
    expect(
      await client.query(`SELECT Id FROM OpportunityContactRole WHERE ContactId = '${contact}'`),
    ).toHaveLength(1);
    expect(await client.query(`SELECT Id FROM CampaignMember WHERE ContactId = '${contact}'`)).toHaveLength(
      1,
    );
    expect(await client.change('Lead', lead, { Title: 'x' })).toMatchObject({
      status: 400,
      body: [{ errorCode: 'CANNOT_UPDATE_CONVERTED_LEAD', message: 'cannot reference converted lead' }],
    });
    expect(await org.admin('POST', '/convert-lead', { leadId: lead })).toMatchObject({
      error: expect.stringContaining('CANNOT_UPDATE_CONVERTED_LEAD'),
    });
  });

  it('runs the validation rules of all that it writes, and leaves nothing when one refuses', async () => {
    const when = [{ field: 'IsConverted', op: 'equals', value: true }];
    await org.admin('PATCH', '/settings', {
      validationRules: [{ name: 'No', object: 'Lead', when, message: 'Not yet' }],
    });
    const lead = await client.add('Lead', { LastName: 'Held', Company: 'Held back' });
    const refused = await org.admin('POST', '/convert-lead', { leadId: lead });
    await org.admin('PATCH', '/settings', { validationRules: [] });
    expect(refused).toMatchObject({ error: expect.stringContaining('Not yet') });
    expect(await client.query("SELECT Id FROM Account WHERE Name = 'Held back'")).toEqual([]);
  });
});

describe('merging', () => {
  it('re-parents the children of the losers and names the winner on them', async () => {
    const master = await client.add('Account', { Name: 'Winner' });
    const loser = await client.add('Account', { Name: 'Loser', Phone: '1' });
    const contact = await client.add('Contact', { LastName: 'Moved', AccountId: loser });
    const opportunity = await client.addDeal('moved', {
      AccountId: loser,
      Tributary_Partner_Account__c: loser,
    });
    const done = await org.admin('POST', '/play', {
      action: 'merge',
      object: 'Account',
      id: loser,
      into: master,
      fields: { Phone: '1' },
    });
    expect(done).toMatchObject({ ok: true, records: [{ Id: master, Phone: '1', Name: 'Winner' }] });
    expect(await client.read('Contact', contact)).toMatchObject({ AccountId: master });
    expect(await client.read('Opportunity', opportunity)).toMatchObject({
      AccountId: master,
      Tributary_Partner_Account__c: master,
    });
    const deleted = await org.raw(
      'GET',
      `/services/data/v62.0/queryAll?q=${encodeURIComponent(`SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '${loser}'`)}`,
    );
    expect(deleted.body).toMatchObject({ records: [{ IsDeleted: true, MasterRecordId: master }] });
    expect((await client.change('Account', loser, { Phone: '2' })).body).toMatchObject([
      { errorCode: 'ENTITY_IS_DELETED' },
    ]);
  });

  it('is for accounts, contacts and leads, up to three at a time', async () => {
    const [one, two] = [await client.addDeal('merge-1'), await client.addDeal('merge-2')];
    const merge = (body: object) => org.admin('POST', '/merge', body);
    expect(await merge({ object: 'Opportunity', masterId: one, losers: [two] })).toHaveProperty('error');
    const contacts = await Promise.all([1, 2, 3].map((n) => client.add('Contact', { LastName: `C${n}` })));
    const [master = '', ...losers] = contacts;
    expect(await merge({ object: 'Contact', masterId: master, losers: [master] })).toHaveProperty('error');
    expect(await merge({ object: 'Contact', masterId: master, losers })).toEqual({ id: master });
    expect(await client.query("SELECT Id FROM Contact WHERE LastName LIKE 'C_'")).toHaveLength(1);
  });
});

describe('the recycle bin', () => {
  it('gives back what went along with a parent, and only that', async () => {
    const account = await client.add('Account', { Name: 'Binned' });
    const [gone, kept] = [
      await client.add('Contact', { LastName: 'Earlier', AccountId: account }),
      await client.add('Contact', { LastName: 'Along', AccountId: account }),
    ];
    await client.remove('Contact', gone);
    await client.remove('Account', account);
    expect(
      await org.admin('POST', '/play', { action: 'undelete', object: 'Account', id: account }),
    ).toMatchObject({ ok: true });
    const left = await client.query(`SELECT Id FROM Contact WHERE AccountId = '${account}'`);
    expect(left.map((row) => row['Id'])).toEqual([kept]);
  });

  it('is emptied after 15 days', async () => {
    const own = await openOrg();
    try {
      const there = clientOf(own);
      const id = await there.add('Account', { Name: 'Old' });
      await there.remove('Account', id);
      const all = async () => {
        const soql = encodeURIComponent(`SELECT Id FROM Account WHERE Id = '${id}'`);
        const { body } = await own.raw('GET', `/services/data/v62.0/queryAll?q=${soql}`);
        return (body as { totalSize: number }).totalSize;
      };
      expect(await all()).toBe(1);
      await own.admin('POST', '/clock', { advanceMs: 15 * 24 * 3600 * 1000 + 60_000 });
      // The access token did not live that long; the refusal makes the next call ask for a new one.
      expect((await own.raw('GET', '/services/data/v62.0/limits')).status).toBe(401);
      expect(await all()).toBe(0);
      expect(await own.admin('POST', '/play', { action: 'undelete', object: 'Account', id })).toMatchObject({
        error: expect.stringContaining('UNDELETE_FAILED'),
      });
    } finally {
      await own.close();
    }
  });
});

describe('partners of an account', () => {
  it('are shown from both sides', async () => {
    const [customer, partner] = [
      await client.add('Account', { Name: 'Us' }),
      await client.add('Account', { Name: 'Them' }),
    ];
    const id = await client.add('Partner', { AccountFromId: customer, AccountToId: partner, Role: 'Agency' });
    const soql = (from: string) =>
      `SELECT AccountToId, Role FROM AccountPartner WHERE AccountFromId = '${from}'`;
    expect(await client.query(soql(customer))).toMatchObject([{ AccountToId: partner, Role: 'Agency' }]);
    expect(await client.query(soql(partner))).toMatchObject([{ AccountToId: customer }]);
    await client.remove('Partner', id);
    expect(await client.query(soql(customer))).toEqual([]);
    expect(await client.query(soql(partner))).toEqual([]);
  });
});

describe('record types', () => {
  it('decide what a restricted picklist takes, and belong to their object', async () => {
    const own = await openOrg({ preset: 'record-types' });
    try {
      const there = clientOf(own);
      const types = await there.query('SELECT Id, DeveloperName, SobjectType FROM RecordType');
      const idOf = (object: string, name: string) =>
        String(types.find((row) => row['SobjectType'] === object && row['DeveloperName'] === name)?.['Id']);
      const id = await there.addDeal('typed');
      expect(await there.read('Opportunity', id)).toMatchObject({
        RecordTypeId: idOf('Opportunity', 'Direct'),
      });
      const partner = { RecordTypeId: idOf('Opportunity', 'Partner') };
      expect(
        (await there.create('Opportunity', deal('t2', { ...partner, StageName: 'Needs Analysis' }))).body,
      ).toMatchObject([
        {
          errorCode: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
          message: 'Stage: bad value for restricted picklist field: Needs Analysis',
          fields: ['StageName'],
        },
      ]);
      expect((await there.create('Opportunity', deal('t3', partner))).status).toBe(201);
      const foreign = idOf('Account', 'Customer');
      expect((await there.change('Opportunity', id, { RecordTypeId: foreign })).body).toMatchObject([
        {
          errorCode: 'INVALID_CROSS_REFERENCE_KEY',
          message: `Record Type ID: this ID value isn't valid for the user: ${foreign}`,
          fields: ['RecordTypeId'],
        },
      ]);
    } finally {
      await own.close();
    }
  });
});

describe('person accounts', () => {
  it('have a name of parts and a contact behind them', async () => {
    const own = await openOrg({ preset: 'person-accounts' });
    try {
      const there = clientOf(own);
      const [type] = await there.query('SELECT Id FROM RecordType WHERE IsPersonType = true');
      const person = {
        RecordTypeId: type?.['Id'],
        FirstName: 'Grace',
        LastName: 'H',
        PersonEmail: 'grace@x.example',
      };
      const id = await there.add('Account', person);
      const account = await there.read('Account', id);
      expect(account).toMatchObject({ IsPersonAccount: true, Name: 'Grace H' });
      const contact = String(account['PersonContactId']);
      expect(await there.read('Contact', contact)).toMatchObject({
        Name: 'Grace H',
        Email: 'grace@x.example',
        AccountId: id,
        IsPersonAccount: true,
      });
      await there.change('Account', id, { LastName: 'Hopper' });
      expect(await there.read('Contact', contact)).toMatchObject({
        LastName: 'Hopper',
        Name: 'Grace Hopper',
      });
      const refusals = [
        there.change('Account', id, { Name: 'Other' }),
        there.create('Account', { Name: 'Firm', LastName: 'X' }),
      ];
      for (const answer of await Promise.all(refusals))
        expect(answer.body).toMatchObject([{ errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE' }]);
      expect((await there.create('Account', { RecordTypeId: type?.['Id'] })).body).toMatchObject([
        { errorCode: 'REQUIRED_FIELD_MISSING', message: 'Required fields are missing: [LastName]' },
      ]);
      expect((await there.create('Account', { Name: 'Firm' })).status).toBe(201);
      await there.remove('Account', id);
      expect(await there.query(`SELECT Id FROM Contact WHERE Id = '${contact}'`)).toEqual([]);
    } finally {
      await own.close();
    }
  });
});
