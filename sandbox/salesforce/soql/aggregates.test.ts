import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
let connection: Connection;

beforeAll(async () => {
  org = await openOrg();
  connection = await org.connect();
  const account = await connection.sobject('Account').create({ Name: 'Acme' });
  const deals = [
    deal('a', { StageName: 'Prospecting', Amount: 100, CloseDate: '2026-11-30', AccountId: account.id }),
    deal('b', { StageName: 'Prospecting', Amount: 300, CloseDate: '2027-02-01', LeadSource: 'Web' }),
    deal('c', { StageName: 'Closed Won', Amount: 92, CurrencyIsoCode: 'EUR', CloseDate: '2027-02-20' }),
    deal('d', { StageName: 'Closed Won', CloseDate: '2027-05-01', LeadSource: 'Web' }),
  ];
  await connection.sobject('Opportunity').upsert(deals as never, 'Tributary_Deal_Id__c');
});
afterAll(() => org.close());

async function rows(soql: string): Promise<Record<string, unknown>[]> {
  const { records } = await connection.query<Record<string, unknown>>(soql);
  return records.map(({ attributes, ...values }) => {
    expect(attributes).toEqual({ type: 'AggregateResult' });
    return values;
  });
}

async function refusal(soql: string): Promise<[string | undefined, string]> {
  const answer = await org.raw('GET', `/services/data/v62.0/query?q=${encodeURIComponent(soql)}`);
  expect(answer.status).toBe(400);
  const [error] = answer.body as { errorCode: string; message: string }[];
  return [error?.errorCode, error?.message ?? ''];
}

describe('an aggregate query', () => {
  it('sums up everything found, amounts in the corporate currency, nulls left out', async () => {
    expect(
      await rows(
        'SELECT COUNT(Id), COUNT(Amount) known, COUNT_DISTINCT(StageName), SUM(Amount), AVG(Amount), MIN(CloseDate), MAX(Amount) most FROM Opportunity',
      ),
    ).toEqual([
      { expr0: 4, known: 3, expr1: 2, expr2: 500, expr3: 166.666666666667, expr4: '2026-11-30', most: 300 },
    ]);
  });

  it('answers one row even where nothing is found', async () => {
    expect(await rows("SELECT COUNT(Id), SUM(Amount) s FROM Opportunity WHERE Name = 'nobody'")).toEqual([
      { expr0: 0, s: null },
    ]);
  });

  it('groups, filters groups and orders them', async () => {
    expect(
      await rows('SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName ORDER BY StageName DESC'),
    ).toEqual([
      { StageName: 'Prospecting', n: 2 },
      { StageName: 'Closed Won', n: 2 },
    ]);
    expect(
      await rows(
        "SELECT StageName stage, SUM(Amount) FROM Opportunity GROUP BY StageName HAVING SUM(Amount) > 100 AND StageName LIKE 'P%'",
      ),
    ).toEqual([{ stage: 'Prospecting', expr0: 400 }]);
    expect(
      await rows(
        'SELECT LeadSource, COUNT(Id) FROM Opportunity GROUP BY LeadSource ORDER BY COUNT(Id) DESC, LeadSource NULLS LAST LIMIT 1',
      ),
    ).toEqual([{ LeadSource: 'Web', expr0: 2 }]);
  });

  it('groups by parts of a date and by a parent’s field', async () => {
    expect(
      await rows(
        'SELECT CALENDAR_YEAR(CloseDate), CALENDAR_QUARTER(CloseDate) q, COUNT(Id) n FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate), CALENDAR_QUARTER(CloseDate) ORDER BY CALENDAR_YEAR(CloseDate), CALENDAR_QUARTER(CloseDate)',
      ),
    ).toEqual([
      { expr0: 2026, q: 4, n: 1 },
      { expr0: 2027, q: 1, n: 2 },
      { expr0: 2027, q: 2, n: 1 },
    ]);
    expect(
      await rows(
        'SELECT Account.Name, COUNT(Id) n FROM Opportunity GROUP BY Account.Name ORDER BY Account.Name',
      ),
    ).toEqual([
      { Name: null, n: 3 },
      { Name: 'Acme', n: 1 },
    ]);
  });

  it('adds subtotals with ROLLUP and every combination with CUBE', async () => {
    const select =
      'SELECT StageName, LeadSource, COUNT(Id) n, GROUPING(LeadSource) all_sources FROM Opportunity GROUP BY';
    const rolled = await rows(`${select} ROLLUP(StageName, LeadSource)`);
    expect(rolled.filter((row) => row['all_sources'] === 1)).toEqual([
      { StageName: 'Prospecting', LeadSource: null, n: 2, all_sources: 1 },
      { StageName: 'Closed Won', LeadSource: null, n: 2, all_sources: 1 },
      { StageName: null, LeadSource: null, n: 4, all_sources: 1 },
    ]);
    const cubed = await rows(`${select} CUBE(StageName, LeadSource)`);
    expect(cubed.length - rolled.length).toBe(2);
  });

  it.each([
    ['SELECT Name, COUNT(Id) FROM Opportunity', 'Field must be grouped or aggregated: Name'],
    ['SELECT Name FROM Opportunity GROUP BY StageName', 'Field must be grouped or aggregated: Name'],
    [
      'SELECT StageName FROM Opportunity GROUP BY StageName ORDER BY Name',
      'Ordered field must be grouped or aggregated: Name',
    ],
    ['SELECT SUM(Name) FROM Opportunity', 'field Name does not support aggregate operator SUM'],
    ['SELECT COUNT(IsWon) FROM Opportunity', 'field IsWon does not support aggregate operator COUNT'],
    [
      'SELECT COUNT(Id) FROM Opportunity GROUP BY Amount',
      "field 'Amount' can not be grouped in a query call",
    ],
    [
      'SELECT COUNT(Id) FROM Opportunity LIMIT 1',
      'Non-grouped query that uses overall aggregate functions cannot also use LIMIT',
    ],
    ['SELECT Name n FROM Opportunity', 'only aggregate expressions use field aliasing'],
    ['SELECT COUNT(Id) n, SUM(Amount) n FROM Opportunity', 'duplicate alias: n'],
    ['SELECT Id FROM Opportunity WHERE COUNT(Id) > 1', "unexpected token: 'COUNT(Id)'"],
    ['SELECT COUNT(Id) FROM Opportunity HAVING COUNT(Id) > 1', "unexpected token: 'HAVING'"],
  ])('refuses %s', async (soql, message) => {
    const [code, text] = await refusal(soql);
    expect(code).toBe('MALFORMED_QUERY');
    expect(text.split('\n').at(-1)).toBe(message);
  });

  it('does not page: more groups than one batch holds are refused', async () => {
    const own = await openOrg();
    try {
      const records = Array.from({ length: 2001 }, (_one, index) => ({ Name: `A${index}` }));
      await own.admin('POST', '/seed', { object: 'Account', records });
      const soql = 'SELECT Name, COUNT(Id) FROM Account GROUP BY Name';
      const path = (text: string) => `/services/data/v62.0/query?q=${encodeURIComponent(text)}`;
      expect(await own.raw('GET', path(soql))).toMatchObject({
        status: 400,
        body: [{ errorCode: 'EXCEEDED_ID_LIMIT' }],
      });
      const cut = await own.raw('GET', path(`${soql} LIMIT 2000`));
      expect(cut.body).toMatchObject({ totalSize: 2000, done: true });
    } finally {
      await own.close();
    }
  });
});
