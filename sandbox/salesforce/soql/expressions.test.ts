import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let connection: Connection;
let accountId: string;

// A Wednesday; weeks begin on Sunday, the 9th.
const NOW = new Date('2026-08-12T10:00:00Z');

/** Close dates, so that each literal is met by some and missed by its neighbours. */
const DATES = [
  '2024-12-31',
  '2025-06-15',
  '2025-12-31',
  '2026-01-01',
  '2026-03-31',
  '2026-04-01',
  '2026-05-14',
  '2026-06-30',
  '2026-07-01',
  '2026-07-31',
  '2026-08-01',
  '2026-08-02',
  '2026-08-08',
  '2026-08-09',
  '2026-08-10',
  '2026-08-11',
  '2026-08-12',
  '2026-08-13',
  '2026-08-15',
  '2026-08-16',
  '2026-08-22',
  '2026-08-31',
  '2026-09-01',
  '2026-09-30',
  '2026-10-01',
  '2026-11-10',
  '2026-12-31',
  '2027-01-01',
  '2027-12-31',
  '2028-01-01',
];

beforeAll(async () => {
  org = await openOrg();
  org.clock.set(NOW);
  connection = await org.connect();
  const account = await connection.sobject('Account').create({ Name: 'Acme', Type: 'Prospect' });
  accountId = account.id as string;
  const deals = DATES.map((date, index) =>
    deal(date, { CloseDate: date, Name: `Deal ${index}`, ...(index === 0 ? { AccountId: accountId } : {}) }),
  );
  await connection.sobject('Opportunity').upsert(deals as never, 'Tributary_Deal_Id__c');
  await connection.sobject('Contact').create([
    { LastName: 'One', AccountId: accountId },
    { LastName: 'Two', AccountId: accountId },
  ]);
});
afterAll(() => org.close());

async function dates(where: string): Promise<string[]> {
  const soql = `SELECT CloseDate FROM Opportunity WHERE ${where} ORDER BY CloseDate`;
  const { records } = await connection.query<{ CloseDate: string }>(soql);
  return records.map((record) => record.CloseDate);
}

async function ask(path: string): Promise<{ status: number; body: unknown }> {
  return org.raw('GET', `/services/data/v62.0${path}`);
}

async function refusal(soql: string): Promise<[string | undefined, string | undefined]> {
  const { body } = await ask(`/query?q=${encodeURIComponent(soql)}`);
  const [error] = body as { errorCode: string; message: string }[];
  return [error?.errorCode, error?.message.split('\n').at(-1)];
}

describe('a date literal', () => {
  it.each([
    ['YESTERDAY', '2026-08-11', '2026-08-11'],
    ['TODAY', '2026-08-12', '2026-08-12'],
    ['TOMORROW', '2026-08-13', '2026-08-13'],
    ['LAST_WEEK', '2026-08-02', '2026-08-08'],
    ['THIS_WEEK', '2026-08-09', '2026-08-15'],
    ['NEXT_WEEK', '2026-08-16', '2026-08-22'],
    ['LAST_MONTH', '2026-07-01', '2026-07-31'],
    ['THIS_MONTH', '2026-08-01', '2026-08-31'],
    ['NEXT_MONTH', '2026-09-01', '2026-09-30'],
    ['LAST_90_DAYS', '2026-05-14', '2026-08-12'],
    ['NEXT_90_DAYS', '2026-08-13', '2026-11-10'],
    ['LAST_N_DAYS:1', '2026-08-11', '2026-08-12'],
    ['NEXT_N_DAYS:3', '2026-08-13', '2026-08-15'],
    ['N_DAYS_AGO:2', '2026-08-10', '2026-08-10'],
    ['LAST_N_WEEKS:1', '2026-08-02', '2026-08-08'],
    ['N_WEEKS_AGO:1', '2026-08-02', '2026-08-08'],
    ['NEXT_N_WEEKS:1', '2026-08-16', '2026-08-22'],
    ['LAST_N_MONTHS:2', '2026-06-30', '2026-07-31'],
    ['NEXT_N_MONTHS:2', '2026-09-01', '2026-10-01'],
    ['THIS_QUARTER', '2026-07-01', '2026-09-30'],
    ['LAST_QUARTER', '2026-04-01', '2026-06-30'],
    ['NEXT_QUARTER', '2026-10-01', '2026-12-31'],
    ['LAST_N_QUARTERS:2', '2026-01-01', '2026-06-30'],
    ['N_QUARTERS_AGO:2', '2026-01-01', '2026-03-31'],
    ['THIS_YEAR', '2026-01-01', '2026-12-31'],
    ['LAST_YEAR', '2025-06-15', '2025-12-31'],
    ['NEXT_YEAR', '2027-01-01', '2027-12-31'],
    ['LAST_N_YEARS:2', '2024-12-31', '2025-12-31'],
    ['THIS_FISCAL_QUARTER', '2026-07-01', '2026-09-30'],
    ['LAST_FISCAL_YEAR', '2025-06-15', '2025-12-31'],
    ['NEXT_N_FISCAL_QUARTERS:1', '2026-10-01', '2026-12-31'],
  ])('%s lasts from %s to %s', async (literal, first, last) => {
    const found = await dates(`CloseDate = ${literal}`);
    expect([found[0], found.at(-1)]).toEqual([first, last]);
    expect(await dates(`CloseDate < ${literal}`)).toEqual(DATES.filter((date) => date < first));
    expect(await dates(`CloseDate > ${literal}`)).toEqual(DATES.filter((date) => date > last));
  });

  it('may stand in a list', async () => {
    expect(await dates('CloseDate IN (TODAY, TOMORROW)')).toEqual(['2026-08-12', '2026-08-13']);
  });
});

describe('a function', () => {
  it('of a date filters and sorts', async () => {
    expect(await dates('CALENDAR_YEAR(CloseDate) = 2025')).toEqual(['2025-06-15', '2025-12-31']);
    expect(await dates('DAY_IN_MONTH(CloseDate) = 31 AND CALENDAR_QUARTER(CloseDate) = 3')).toEqual([
      '2026-07-31',
      '2026-08-31',
    ]);
    expect(await dates('DAY_ONLY(CreatedDate) = 2026-08-12 AND HOUR_IN_DAY(CreatedDate) = 10')).toHaveLength(
      DATES.length,
    );
    expect(await dates('WEEK_IN_YEAR(CloseDate) = 1')).toEqual(['2026-01-01', '2027-01-01', '2028-01-01']);
  });

  it('renders a value: label, formatted, converted', async () => {
    await connection
      .sobject('Opportunity')
      .upsert(
        [deal('2024-12-31', { CloseDate: '2024-12-31', Amount: 920, CurrencyIsoCode: 'EUR' })] as never,
        'Tributary_Deal_Id__c',
      );
    const { records } = await connection.query(
      'SELECT toLabel(StageName), Amount, format(Amount) shown, convertCurrency(Amount) usd, FORMAT(CloseDate) day, toLabel(Account.Type) FROM Opportunity WHERE CloseDate = 2024-12-31',
    );
    expect(records[0]).toMatchObject({
      StageName: 'Prospecting',
      Amount: 920,
      shown: 'EUR 920.00',
      usd: 1000,
      day: '12/31/2024',
      Account: { Type: 'Prospect' },
    });
    expect(await dates('Amount > USD999')).toEqual(['2024-12-31']);
    expect(await dates('Amount > USD1001')).toEqual([]);
  });

  it('FIELDS() stands for many fields, and needs a limit where they have no bound', async () => {
    const { records } = await connection.query('SELECT FIELDS(ALL) FROM Account LIMIT 200');
    expect(records[0]).toMatchObject({ Name: 'Acme', Tributary_Account_Key__c: null });
    const standard = await connection.query('SELECT FIELDS(STANDARD) FROM Account');
    expect(Object.keys(standard.records[0] ?? {})).not.toContain('Tributary_Account_Key__c');
    expect(await refusal('SELECT FIELDS(CUSTOM) FROM Account')).toEqual([
      'MALFORMED_QUERY',
      'The SOQL FIELDS function must have a LIMIT of at most 200',
    ]);
    expect(await refusal('SELECT FIELDS(ALL) FROM Account LIMIT 201')).toContain('MALFORMED_QUERY');
    expect(await refusal('SELECT FIELDS(ALL), Name FROM Account LIMIT 1')).toEqual([
      'MALFORMED_QUERY',
      'duplicate field selected: Name',
    ]);
  });
});

describe('a semi-join', () => {
  it('finds records by others, or by their absence', async () => {
    const names = async (where: string) =>
      (await connection.query(`SELECT Name FROM Account WHERE ${where}`)).records.map(
        (record) => record['Name'],
      );
    expect(await names('Id IN (SELECT AccountId FROM Opportunity WHERE CloseDate < 2025-01-01)')).toEqual([
      'Acme',
    ]);
    expect(await names('Id NOT IN (SELECT AccountId FROM Contact)')).toEqual([]);
  });

  it.each([
    [
      'SELECT Id FROM Account WHERE Name IN (SELECT AccountId FROM Contact)',
      /should be an id or reference field/,
    ],
    [
      'SELECT Id FROM Account WHERE Id IN (SELECT LastName FROM Contact)',
      /should point to the same object type/,
    ],
    ['SELECT Id FROM Account WHERE Id IN (SELECT ParentId FROM Account)', /not be on the same object type/],
    ["SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)", /'OR' operator/],
    ['SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact LIMIT 1)', /semi join/],
  ])('refuses %s', async (soql, message) => {
    const [code, text] = await refusal(soql);
    expect(code).toBe('MALFORMED_QUERY');
    expect(text).toMatch(message);
  });
});

describe('a query', () => {
  it('takes an alias of its object, and USING SCOPE', async () => {
    const { records } = await connection.query(
      "SELECT a.Name, a.Owner.Name FROM Account a WHERE a.Name = 'Acme' ORDER BY a.CreatedDate",
    );
    expect(records[0]).toMatchObject({ Name: 'Acme', Owner: { Name: 'Integration Tributary' } });
    expect((await connection.query('SELECT Id FROM Account USING SCOPE mine')).totalSize).toBe(1);
    await org.admin('POST', '/seed', { object: 'Account', records: [{ Name: 'of nobody in particular' }] });
    expect(await refusal('SELECT Id FROM Account USING SCOPE team')).toContain('MALFORMED_QUERY');
  });

  it('pages the children of a record on their own', async () => {
    const records = Array.from({ length: 450 }, (_one, index) => ({
      LastName: `C${index}`,
      AccountId: accountId,
    }));
    await org.admin('POST', '/seed', { object: 'Contact', records });
    const soql = `SELECT Id, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '${accountId}'`;
    const answer = await org.raw('GET', `/services/data/v62.0/query?q=${encodeURIComponent(soql)}`, {
      headers: { 'sforce-query-options': 'batchSize=200' },
    });
    const [found] = (answer.body as { records: { Contacts: Record<string, unknown> }[] }).records;
    expect(found?.Contacts).toMatchObject({ totalSize: 452, done: false });
    expect(found?.Contacts['records']).toHaveLength(200);
    const next = await org.raw('GET', String(found?.Contacts['nextRecordsUrl']));
    expect(next.body).toMatchObject({ totalSize: 452, done: true });
    expect((next.body as { records: unknown[] }).records).toHaveLength(252);
  });

  it('is explained', async () => {
    const { body } = await ask(
      `/query?explain=${encodeURIComponent("SELECT Id FROM Account WHERE Name = 'Acme'")}`,
    );
    expect(body).toMatchObject({
      sourceQuery: "SELECT Id FROM Account WHERE Name = 'Acme'",
      plans: [
        { leadingOperationType: 'Index', fields: ['Name'], cardinality: 1, sobjectType: 'Account' },
        { leadingOperationType: 'TableScan' },
      ],
    });
  });

  it('marks what it finds as viewed when it is FOR VIEW', async () => {
    await connection.query("SELECT Id FROM Account WHERE Name = 'Acme' FOR VIEW FOR REFERENCE");
    expect((await ask('/recent?limit=1')).body).toMatchObject([{ Id: accountId, Name: 'Acme' }]);
  });

  it.each([
    ['SELECT Id FROM Account ALL ROWS', 'MALFORMED_QUERY', 'ALL ROWS not allowed in this context'],
    ['SELECT Id FROM Account FOR UPDATE', 'MALFORMED_QUERY', 'FOR UPDATE not allowed in this context'],
    ['SELECT Id FROM', 'MALFORMED_QUERY', "unexpected token: '<EOF>'"],
    ['SELCT Id FROM Account', 'MALFORMED_QUERY', "unexpected token: 'SELCT'"],
    ['SELECT Id FROM Account WHERE Name == 1', 'MALFORMED_QUERY', "unexpected token: '='"],
    [
      "SELECT Id FROM Account WHERE Type INCLUDES ('a')",
      'INVALID_FIELD',
      'invalid operator on picklist field',
    ],
    ["SELECT Id FROM Account WHERE Id LIKE '001%'", 'INVALID_FIELD', 'invalid operator on id field'],
    [
      'SELECT Id FROM Account ORDER BY Description',
      'MALFORMED_QUERY',
      "field 'Description' can not be sorted in a query call",
    ],
  ])('refuses %s', async (soql, code, message) => {
    expect(await refusal(soql)).toEqual([code, message]);
  });

  it('points at the column that does not exist', async () => {
    const { body } = await ask(`/query?q=${encodeURIComponent('SELECT Id, Nope__c FROM Account')}`);
    const [error] = body as { message: string }[];
    expect(error?.message.split('\n').slice(0, 4)).toEqual([
      '',
      'SELECT Id, Nope__c FROM Account',
      '           ^',
      'ERROR at Row:1:Column:12',
    ]);
    expect(error?.message).toContain("No such column 'Nope__c' on entity 'Account'.");
  });
});
