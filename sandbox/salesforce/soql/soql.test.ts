import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let connection: Connection;
let accountId: string;

beforeAll(async () => {
  org = await openOrg();
  connection = await org.connect();
  const account = await connection
    .sobject('Account')
    .create({ Name: "O'Hara & Söhne", Website: 'https://ohara.example' });
  accountId = account.id as string;
  const deals = [
    deal('q1', { Name: 'Alpha', Amount: 100.5, AccountId: accountId, CloseDate: '2027-01-15' }),
    deal('q2', {
      Name: 'beta',
      Amount: 200,
      CurrencyIsoCode: 'EUR',
      StageName: 'Closed Won',
      CloseDate: '2027-02-15',
    }),
    deal('q3', { Name: 'Gamma 100%', CloseDate: '2027-03-15', LeadSource: 'Partner Referral' }),
  ];
  await connection.sobject('Opportunity').upsert(deals as never, 'Tributary_Deal_Id__c');
});
afterAll(() => org.close());

async function keys(where: string): Promise<string> {
  const soql = `SELECT Tributary_Deal_Id__c FROM Opportunity WHERE ${where} ORDER BY Tributary_Deal_Id__c`;
  const { records } = await connection.query<{ Tributary_Deal_Id__c: string }>(soql);
  return records.map((record) => record.Tributary_Deal_Id__c).join();
}

describe('a query', () => {
  it.each([
    ["Name = 'ALPHA'", 'q1'],
    ["Name != 'alpha'", 'q2,q3'],
    ["Name LIKE '%a'", 'q1,q2'],
    ["Name LIKE 'gamma 100\\%'", 'q3'],
    ["Name LIKE '_eta'", 'q2'],
    ['Amount > 100', 'q1,q2'],
    ['Amount <= 100.5', 'q1'],
    ['Amount = null', 'q3'],
    ['Amount != null', 'q1,q2'],
    ['Amount != 200', 'q1,q3'],
    ['IsWon = true', 'q2'],
    ["StageName IN ('Closed Won', 'Nope')", 'q2'],
    ["StageName NOT IN ('Closed Won')", 'q1,q3'],
    ["LeadSource NOT IN ('Partner Referral')", 'q1,q2'],
    ['CloseDate >= 2027-02-15', 'q2,q3'],
    ['CloseDate > TODAY', 'q1,q2,q3'],
    ['CreatedDate = TODAY', 'q1,q2,q3'],
    ['CreatedDate < LAST_N_DAYS:2', ''],
    ["Account.Name = 'o\\'hara & söhne'", 'q1'],
    ["(Name = 'Alpha' OR Name = 'beta') AND (NOT Amount = 200)", 'q1'],
    ["NOT (Name = 'Alpha' OR Name = 'beta')", 'q3'],
    ["AccountId IN (SELECT Id FROM Account WHERE Website = 'https://ohara.example')", 'q1'],
    ["Tributary_Deal_Id__c IN ('q3', 'q1', 'Q2')", 'q1,q3'],
    ['SystemModstamp >= 2020-01-01T00:00:00Z', 'q1,q2,q3'],
    ['SystemModstamp > 2999-01-01T00:00:00.000+0200', ''],
  ])('finds by %s', async (where, expected) => {
    expect(await keys(where)).toBe(expected);
  });

  it('nests parents and children as the API does', async () => {
    const found = await connection.query(
      `SELECT Id, Account.Name, Account.Owner.Name, Owner.Username, (SELECT StageName FROM OpportunityHistories) FROM Opportunity WHERE AccountId = '${accountId.slice(0, 15)}'`,
    );
    expect(found.records[0]).toMatchObject({
      attributes: { type: 'Opportunity' },
      Account: {
        attributes: { type: 'Account' },
        Name: "O'Hara & Söhne",
        Owner: { Name: 'Integration Tributary' },
      },
      OpportunityHistories: { totalSize: 1, done: true, records: [{ StageName: 'Prospecting' }] },
    });
    const orphan = await connection.query(
      "SELECT Account.Name, (SELECT Id FROM OpportunityContactRoles) FROM Opportunity WHERE Name = 'beta'",
    );
    expect(orphan.records[0]).toMatchObject({ Account: null, OpportunityContactRoles: null });
  });

  it('sorts with nulls first, or last when asked, and cuts', async () => {
    const names = async (tail: string) =>
      (await connection.query<{ Name: string }>(`SELECT Name FROM Opportunity ${tail}`)).records
        .map((record) => record.Name[0])
        .join('');
    expect(await names('ORDER BY Amount')).toBe('GAb');
    expect(await names('ORDER BY Amount DESC NULLS LAST')).toBe('bAG');
    expect(await names('ORDER BY Name DESC LIMIT 1 OFFSET 1')).toBe('b');
  });

  it('counts without records', async () => {
    const counted = await org.raw(
      'GET',
      `/services/data/v62.0/query?q=${encodeURIComponent('SELECT COUNT() FROM Opportunity')}`,
    );
    expect(counted.body).toEqual({ totalSize: 3, done: true, records: [] });
  });

  it.each([
    ['SELECT Id FROM', 'MALFORMED_QUERY'],
    ['SELECT Nope FROM Opportunity', 'INVALID_FIELD'],
    ['SELECT Nope.Name FROM Opportunity', 'INVALID_FIELD'],
    ['SELECT Id FROM Nope', 'INVALID_TYPE'],
    ['SELECT Id, (SELECT Id FROM Nope) FROM Opportunity', 'INVALID_FIELD'],
    ["SELECT Id FROM Opportunity WHERE Amount = '5'", 'INVALID_FIELD'],
    ['SELECT Id FROM Opportunity WHERE Name = 5', 'INVALID_FIELD'],
    ["SELECT Id FROM Opportunity WHERE CreatedDate > '2020-01-01T00:00:00Z'", 'INVALID_FIELD'],
    ['SELECT Id FROM Opportunity WHERE CreatedDate > 2020-01-01', 'INVALID_FIELD'],
    ["SELECT Id FROM Opportunity WHERE Description = 'x'", 'INVALID_FIELD'],
    ["SELECT Id FROM Opportunity WHERE Id = 'junk'", 'INVALID_QUERY_FILTER_OPERATOR'],
    ["SELECT Id FROM Opportunity WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", 'MALFORMED_QUERY'],
    ['SELECT Id, Id FROM Opportunity', 'MALFORMED_QUERY'],
    ['SELECT Id FROM Opportunity OFFSET 2001', 'NUMBER_OUTSIDE_VALID_RANGE'],
    [`SELECT Id FROM Opportunity WHERE Name = '${'x'.repeat(100_001)}'`, 'URI_TOO_LONG'],
  ])('refuses %.60s', async (soql, code) => {
    const { status, body } = await org.raw('GET', `/services/data/v62.0/query?q=${encodeURIComponent(soql)}`);
    expect([status, (body as { errorCode: string }[])[0]?.errorCode]).toEqual([
      code === 'URI_TOO_LONG' ? 414 : 400,
      code,
    ]);
  });

  it('sees deleted rows only through queryAll', async () => {
    await connection.sobject('Opportunity').upsert([deal('gone')] as never, 'Tributary_Deal_Id__c');
    const [row] = (
      await connection.query<{ Id: string }>("SELECT Id FROM Opportunity WHERE Tributary_Deal_Id__c = 'gone'")
    ).records;
    await connection.sobject('Opportunity').destroy(row?.Id ?? '');
    expect(await keys("Tributary_Deal_Id__c = 'gone'")).toBe('');
    const all = await connection.query(
      "SELECT Id, IsDeleted FROM Opportunity WHERE Tributary_Deal_Id__c = 'gone'",
      { scanAll: true },
    );
    expect(all.records).toMatchObject([{ Id: row?.Id, IsDeleted: true }]);
  });
});

describe('a long result', () => {
  it('comes in pages of 2,000, or of the size asked for, until the cursor is two days old', async () => {
    const own = await openOrg();
    try {
      await own.admin('POST', '/seed', {
        object: 'Account',
        records: Array.from({ length: 2501 }, (_one, index) => ({ Name: `Account ${index}` })),
      });
      const path = '/services/data/v62.0/query?q=SELECT+Id+FROM+Account';
      const first = (await own.raw('GET', path)).body as {
        records: unknown[];
        done: boolean;
        nextRecordsUrl: string;
      };
      expect([first.records.length, first.done]).toEqual([2000, false]);
      expect(first.nextRecordsUrl).toMatch(/^\/services\/data\/v62\.0\/query\/0r8\w{15}-2000$/);
      const second = (await own.raw('GET', first.nextRecordsUrl)).body as {
        records: unknown[];
        done: boolean;
      };
      expect([second.records.length, second.done]).toEqual([501, true]);
      const small = await own.raw('GET', path, { headers: { 'sforce-query-options': 'batchSize=500' } });
      expect((small.body as { records: unknown[] }).records).toHaveLength(500);
      const connected = await own.connect();
      const all = await connected.query('SELECT Id FROM Account', { autoFetch: true, maxFetch: 10_000 });
      expect(new Set(all.records.map((record) => record['Id'])).size).toBe(2501);
      own.clock.advance(3600 * 1000);
      expect((await own.raw('GET', first.nextRecordsUrl)).status).toBe(200);
      expect((await own.raw('GET', '/services/data/v62.0/query/0r8000000000000AAA-2000')).body).toMatchObject(
        [{ errorCode: 'INVALID_QUERY_LOCATOR' }],
      );
      own.clock.advance(48 * 3600 * 1000);
      const late = await fetch(own.sandbox.url + first.nextRecordsUrl, {
        headers: { authorization: `Bearer ${await own.token()}` },
      });
      expect(late.status).toBe(400);
    } finally {
      await own.close();
    }
  });

  it('is answered from the index when an indexed field is asked for', async () => {
    const own = await openOrg();
    try {
      const count = 20_000;
      await own.admin('POST', '/seed', {
        object: 'Account',
        records: Array.from({ length: count }, (_one, index) => ({
          Name: `A${index}`,
          Tributary_Account_Key__c: `k${index}`,
        })),
      });
      const time = async (where: string) => {
        const path = `/services/data/v62.0/query?q=${encodeURIComponent(`SELECT Id FROM Account WHERE ${where}`)}`;
        const started = process.hrtime.bigint();
        for (let run = 0; run < 20; run += 1)
          expect((await own.raw('GET', path)).body).toMatchObject({ totalSize: 1 });
        return Number(process.hrtime.bigint() - started);
      };
      const scanned = await time("Phone = null AND Site = null AND Name LIKE 'A777'");
      const indexed = await time("Tributary_Account_Key__c IN ('K777')");
      expect(indexed).toBeLessThan(scanned / 2);
    } finally {
      await own.close();
    }
  });
});
