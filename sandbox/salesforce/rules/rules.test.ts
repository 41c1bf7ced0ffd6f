import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let connection: Connection;
beforeAll(async () => {
  org = await openOrg();
  connection = await org.connect();
});
afterAll(() => org.close());

async function add(object: string, fields: Record<string, unknown>): Promise<string> {
  const { body, status } = await org.raw('POST', `/services/data/v62.0/sobjects/${object}`, { body: fields });
  expect({ status, body }).toMatchObject({ status: 201 });
  return (body as { id: string }).id;
}

async function addDeal(key: string, more: Record<string, unknown> = {}): Promise<string> {
  return add('Opportunity', deal(key, more));
}

async function history(id: string): Promise<Record<string, unknown>[]> {
  const soql = `SELECT StageName, Amount, Probability, CloseDate, ForecastCategory, CurrencyIsoCode, CreatedDate, SystemModstamp, IsDeleted FROM OpportunityHistory WHERE OpportunityId = '${id}' ORDER BY CreatedDate`;
  return (await connection.query(soql)).records;
}

describe('an opportunity', () => {
  it('follows its stage, and may override the probability', async () => {
    const id = await addDeal('stage', { Amount: 200 });
    expect(await connection.sobject('Opportunity').retrieve(id)).toMatchObject({
      IsClosed: false,
      IsWon: false,
      Probability: 10,
      ForecastCategory: 'Pipeline',
      ExpectedRevenue: 20,
      CurrencyIsoCode: 'USD',
      Fiscal: '2027 1',
    });
    await connection.sobject('Opportunity').update({ Id: id, StageName: 'Closed Won' });
    expect(await connection.sobject('Opportunity').retrieve(id)).toMatchObject({
      IsClosed: true,
      IsWon: true,
      Probability: 100,
      ForecastCategory: 'Closed',
      ExpectedRevenue: 200,
    });
    await connection.sobject('Opportunity').update({ Id: id, StageName: 'Qualification', Probability: 55 });
    expect(await connection.sobject('Opportunity').retrieve(id)).toMatchObject({
      IsWon: false,
      Probability: 55,
    });
  });

  it('leaves a history row at creation and at each change of stage, amount, probability or close date', async () => {
    const id = await addDeal('history', { Amount: 10, CurrencyIsoCode: 'EUR' });
    for (const change of [
      { Amount: 20 },
      { NextStep: 'call' },
      { StageName: 'Closed Won' },
      { CloseDate: '2027-05-05' },
      { Amount: 20 },
    ]) {
      await connection.sobject('Opportunity').update({ Id: id, ...change });
    }
    const rows = await history(id);
    expect(
      rows.map((row) => [row['StageName'], row['Amount'], row['Probability'], row['CloseDate']]),
    ).toEqual([
      ['Prospecting', 10, 10, '2027-03-31'],
      ['Prospecting', 20, 10, '2027-03-31'],
      ['Closed Won', 20, 100, '2027-03-31'],
      ['Closed Won', 20, 100, '2027-05-05'],
    ]);
    expect(rows[0]).toMatchObject({ CurrencyIsoCode: 'EUR', IsDeleted: false, ForecastCategory: 'Pipeline' });
    const stamps = rows.map((row) => Date.parse(String(row['CreatedDate'])));
    expect(stamps).toEqual([...new Set(stamps)].sort((left, right) => left - right));
  });

  it('is stamped later with every write, even within one millisecond', async () => {
    const frozen = await openOrg({ clock: { now: () => new Date('2026-06-01T00:00:00Z') } });
    try {
      const client = await frozen.connect();
      const stamps: string[] = [];
      for (let run = 0; run < 3; run += 1) {
        await client.sobject('Opportunity').upsert([deal('frozen')] as never, 'Tributary_Deal_Id__c');
        const found = await client.query<{ SystemModstamp: string }>(
          'SELECT SystemModstamp FROM Opportunity',
        );
        stamps.push(found.records[0]?.SystemModstamp ?? '');
      }
      expect(stamps.map((stamp) => stamp.slice(20))).toEqual(['000+0000', '001+0000', '002+0000']);
    } finally {
      await frozen.close();
    }
  });

  it('has one primary contact at a time', async () => {
    const [opportunity, one, two] = [
      await addDeal('roles'),
      await add('Contact', { LastName: 'One' }),
      await add('Contact', { FirstName: 'Anna', LastName: 'Two' }),
    ];
    await add('OpportunityContactRole', {
      OpportunityId: opportunity,
      ContactId: one,
      Role: 'Decision Maker',
      IsPrimary: true,
    });
    await add('OpportunityContactRole', { OpportunityId: opportunity, ContactId: two, IsPrimary: true });
    const roles = await connection.query(
      `SELECT Contact.Name, IsPrimary FROM OpportunityContactRole WHERE OpportunityId = '${opportunity}' ORDER BY Contact.Name`,
    );
    expect(roles.records).toMatchObject([
      { Contact: { Name: 'Anna Two' }, IsPrimary: true },
      { Contact: { Name: 'One' }, IsPrimary: false },
    ]);
  });

  it('shows partners that were written through Partner, with a reverse row', async () => {
    const customer = await add('Account', { Name: 'Customer' });
    const [first, second] = [
      await add('Account', { Name: 'First Partner' }),
      await add('Account', { Name: 'Second Partner' }),
    ];
    const opportunity = await addDeal('partners', { AccountId: customer });
    const id = await add('Partner', {
      OpportunityId: opportunity,
      AccountToId: first,
      Role: 'VAR/Reseller',
      IsPrimary: true,
    });
    await add('Partner', { OpportunityId: opportunity, AccountToId: second, IsPrimary: true });
    const partners = await connection.query(
      `SELECT Id, AccountToId, Role, IsPrimary FROM OpportunityPartner WHERE OpportunityId = '${opportunity}' ORDER BY AccountTo.Name`,
    );
    expect(partners.records).toMatchObject([
      { Id: id, AccountToId: first, Role: 'VAR/Reseller', IsPrimary: false },
      { AccountToId: second, Role: 'None', IsPrimary: true },
    ]);
    const reverse = await connection.query(
      `SELECT AccountFromId FROM Partner WHERE AccountToId = '${customer}'`,
    );
    expect(reverse.totalSize).toBe(2);
    const path = `/services/data/v62.0/sobjects`;
    expect((await org.raw('PATCH', `${path}/Partner/${id}`, { body: { Role: 'Agency' } })).status).toBe(400);
    expect(
      (await org.raw('POST', `${path}/OpportunityPartner`, { body: { OpportunityId: opportunity } })).status,
    ).toBe(400);
    await connection.sobject('Partner').destroy(id);
    const left = await connection.query(
      `SELECT Id FROM OpportunityPartner WHERE OpportunityId = '${opportunity}'`,
    );
    expect(left.totalSize).toBe(1);
  });
});

describe('an account', () => {
  it('takes its contacts and opportunities along into the recycle bin, and back', async () => {
    const account = await add('Account', { Name: 'Parent' });
    const contact = await add('Contact', { LastName: 'Child', AccountId: account });
    const opportunity = await addDeal('cascade', { AccountId: account });
    await add('OpportunityContactRole', { OpportunityId: opportunity, ContactId: contact });
    await connection.sobject('Account').destroy(account);
    const left = async () => {
      const counted = await Promise.all([
        connection.query(`SELECT Id FROM Contact WHERE Id = '${contact}'`),
        connection.query(`SELECT Id FROM Opportunity WHERE Id = '${opportunity}'`),
        connection.query(`SELECT Id FROM OpportunityContactRole WHERE OpportunityId = '${opportunity}'`),
      ]);
      return counted.map((found) => found.totalSize);
    };
    expect(await left()).toEqual([0, 0, 0]);
    const refused = await org.raw('PATCH', `/services/data/v62.0/sobjects/Opportunity/${opportunity}`, {
      body: { Amount: 1 },
    });
    expect(refused).toMatchObject({ status: 404, body: [{ errorCode: 'ENTITY_IS_DELETED' }] });
    await org.admin('POST', '/play', { action: 'undelete', object: 'Account', id: account });
    expect(await left()).toEqual([1, 1, 1]);
  });
});

describe('the presets', () => {
  it('leave out what an org of that kind does not have', async () => {
    const single = await openOrg({ preset: 'single-currency' });
    const fresh = await openOrg({ preset: 'fresh' });
    try {
      const refused = await single.raw('POST', '/services/data/v62.0/sobjects/Account', {
        body: { Name: 'A', CurrencyIsoCode: 'USD' },
      });
      expect(refused.body).toMatchObject([{ errorCode: 'INVALID_FIELD' }]);
      const query = await single.raw(
        'GET',
        '/services/data/v62.0/query?q=SELECT+CurrencyIsoCode+FROM+Opportunity',
      );
      expect(query.body).toMatchObject([{ errorCode: 'INVALID_FIELD' }]);
      const path = '/services/data/v62.0/composite/sobjects/Opportunity/Tributary_Deal_Id__c';
      expect((await fresh.raw('PATCH', path, { body: { records: [deal('x')] } })).status).toBe(404);
    } finally {
      await Promise.all([single.close(), fresh.close()]);
    }
  });

  it('rename the won stage and leave a retired stage under the old name', async () => {
    const renamed = await openOrg({ preset: 'renamed-stages' });
    try {
      const client = await renamed.connect();
      const stages = await client.query(
        'SELECT ApiName, IsWon FROM OpportunityStage WHERE IsActive = true AND IsWon = true',
      );
      expect(stages.records).toMatchObject([{ ApiName: 'Gewonnen', IsWon: true }]);
      const trap = await client.query(
        "SELECT IsWon, IsActive FROM OpportunityStage WHERE ApiName = 'Closed Won'",
      );
      expect(trap.records).toMatchObject([{ IsWon: false, IsActive: false }]);
    } finally {
      await renamed.close();
    }
  });

  it('are refused by an unknown name', async () => {
    await expect(openOrg({ preset: 'nope' })).rejects.toThrow('unknown Salesforce preset "nope"');
  });
});

describe('describe', () => {
  it('tells what a mapping has to know', async () => {
    const described = await connection.sobject('Opportunity').describe();
    const field = (name: string) => described.fields.find((one) => one.name === name);
    expect(field('Tributary_Deal_Id__c')).toMatchObject({
      type: 'string',
      length: 64,
      unique: true,
      externalId: true,
      caseSensitive: true,
      idLookup: true,
      custom: true,
    });
    expect(field('Tributary_Partner_Account__c')).toMatchObject({
      type: 'reference',
      referenceTo: ['Account'],
      relationshipName: 'Tributary_Partner_Account__r',
    });
    expect(field('StageName')).toMatchObject({ restrictedPicklist: true, nillable: false });
    expect(field('StageName')?.picklistValues?.map((one) => one.value)).toContain('Closed Won');
    expect(field('IsWon')).toMatchObject({ createable: false, updateable: false });
    expect(field('LeadSource')?.picklistValues?.map((one) => one.value)).toContain('Partner Referral');
    const global = await connection.describeGlobal();
    expect(global.sobjects.map((one) => one.name)).toEqual(
      expect.arrayContaining(['Account', 'Contact', 'Opportunity', 'Partner']),
    );
  });

  it('answers 304 when nothing changed since', async () => {
    const path = '/services/data/v62.0/sobjects/Account/describe';
    const { headers } = await org.raw('GET', path);
    const since = headers.get('date') ?? '';
    expect((await org.raw('GET', path, { headers: { 'if-modified-since': since } })).status).toBe(304);
    const earlier = new Date(Date.parse(since) - 86_400_000).toUTCString();
    expect((await org.raw('GET', path, { headers: { 'if-modified-since': earlier } })).status).toBe(200);
  });
});

describe('the daily allowance', () => {
  it('is counted on every answer and ends in REQUEST_LIMIT_EXCEEDED', async () => {
    const own = await openOrg({ dailyApiRequests: 2 });
    try {
      const call = () => own.raw('GET', '/services/data/v62.0/limits');
      expect((await call()).body).toMatchObject({ DailyApiRequests: { Max: 2, Remaining: 1 } });
      expect((await call()).headers.get('sforce-limit-info')).toBe('api-usage=2/2');
      expect(await call()).toMatchObject({
        status: 403,
        body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' }],
      });
      await own.admin('POST', '/limits', { dailyApiRequests: 10 });
      expect((await call()).status).toBe(200);
    } finally {
      await own.close();
    }
  });
});
