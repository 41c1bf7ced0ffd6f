import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

const MINUTE = 60_000;
const BASE = '/services/data/v62.0';

let org: OpenOrg;
let connection: Connection;

beforeAll(async () => {
  org = await openOrg();
  connection = await org.connect();
});
afterAll(() => org.close());

async function create(name: string, fields: Record<string, unknown> = {}): Promise<string> {
  return (await connection.sobject('Account').create({ Name: name, ...fields })).id as string;
}

describe('the replication reads', () => {
  it('name what changed and what was deleted in whole minutes', async () => {
    const start = org.clock.now();
    const changed = await create('Replicated');
    const gone = await create('Gone');
    await connection.sobject('Account').destroy(gone);
    org.clock.advance(2 * MINUTE);
    const late = await create('Too late');
    const end = org.clock.now();
    const updated = await connection.sobject('Account').updated(start, end);
    expect(updated.ids).toContain(changed);
    expect(updated.ids).not.toContain(gone);
    expect(updated.ids).not.toContain(late);
    expect(updated.latestDateCovered).toMatch(/:00\.000\+0000$/);
    const { deletedRecords } = await connection.sobject('Account').deleted(start, end);
    expect(deletedRecords).toMatchObject([{ id: gone }]);
  });

  it('refuse spans that are too short, too old or not there', async () => {
    const at = (ms: number) => encodeURIComponent(new Date(org.clock.ms() + ms).toISOString());
    const code = async (query: string) => {
      const { status, body } = await org.raw('GET', `${BASE}/sobjects/Account/updated?${query}`);
      return [status, (body as { errorCode: string }[])[0]?.errorCode];
    };
    expect(await code(`start=${at(0)}&end=${at(1000)}`)).toEqual([400, 'INVALID_REPLICATION_DATE']);
    expect(await code(`start=${at(-31 * 24 * 60 * MINUTE)}&end=${at(0)}`)).toEqual([
      400,
      'INVALID_REPLICATION_DATE',
    ]);
    expect(await code(`start=${at(0)}`)).toEqual([400, 'MISSING_ARGUMENT']);
    expect(await code(`start=yesterday&end=${at(0)}`)).toEqual([400, 'INVALID_FIELD']);
  });
});

describe('the records viewed last', () => {
  it('are those a query asked for FOR VIEW, newest first, and no others', async () => {
    expect(await connection.recent()).toEqual([]);
    const first = await create('Seen first');
    const second = await create('Seen last');
    for (const id of [first, second])
      await connection.query(`SELECT Id FROM Account WHERE Id = '${id}' FOR VIEW`);
    expect(await connection.recent(1)).toMatchObject([{ Id: second, attributes: { type: 'Account' } }]);
    expect(await connection.sobject('Account').recent()).toMatchObject([{ Id: second }, { Id: first }]);
    expect(await connection.sobject('Contact').recent()).toEqual([]);
  });
});

describe('a search', () => {
  let zephyr: string;

  beforeAll(async () => {
    zephyr = await create('Zephyr Wind Works', { Phone: '+49 30 1234', Description: 'Builds turbines' });
    await create('Zephyr Sails');
    await connection.sobject('Contact').create({ LastName: 'Zephyr', Email: 'wind@zephyr.example' });
  });

  const names = async (sosl: string) =>
    (await connection.search(sosl)).searchRecords.map((record) => record['Name'] ?? record.attributes?.type);

  it('finds nothing until the index has caught up', async () => {
    expect(await names('FIND {zephyr} RETURNING Account(Name)')).toEqual([]);
    org.clock.advance(10_000);
    expect(await names('FIND {zephyr} RETURNING Account(Name)')).toHaveLength(2);
  });

  it.each([
    [
      'FIND {zephyr} IN NAME FIELDS RETURNING Account(Name ORDER BY Name)',
      ['Zephyr Sails', 'Zephyr Wind Works'],
    ],
    ['FIND {zephyr wind} RETURNING Account(Name)', ['Zephyr Wind Works']],
    ['FIND {"wind works"} RETURNING Account(Name)', ['Zephyr Wind Works']],
    ['FIND {"works wind"} RETURNING Account(Name)', []],
    ['FIND {zeph*} RETURNING Account(Name ORDER BY Name DESC LIMIT 1)', ['Zephyr Wind Works']],
    ['FIND {zephyr AND NOT sails} RETURNING Account(Name)', ['Zephyr Wind Works']],
    ['FIND {sails OR works} RETURNING Account(Name ORDER BY Name)', ['Zephyr Sails', 'Zephyr Wind Works']],
    ['FIND {turbines} RETURNING Account(Name)', ['Zephyr Wind Works']],
    ['FIND {turbines} IN NAME FIELDS RETURNING Account(Name)', []],
    ["FIND {zephyr} RETURNING Account(Name WHERE Phone != null AND Name LIKE '%(%' ), Contact", ['Contact']],
    ['FIND {zephyr} IN EMAIL FIELDS RETURNING Account(Name), Contact(Name) LIMIT 1', ['Zephyr']],
  ])('%s', async (sosl, expected) => {
    expect(await names(sosl)).toEqual(expected);
  });

  it('without RETURNING gives ids of every kind', async () => {
    const { searchRecords } = await connection.search('FIND {zephyr}');
    expect(new Set(searchRecords.map((record) => record.attributes?.type))).toEqual(
      new Set(['Account', 'Contact']),
    );
  });

  it('takes parameters instead of a statement', async () => {
    const body = {
      q: 'zephyr',
      in: 'NAME',
      fields: ['Id', 'Name'],
      sobjects: [{ name: 'Account', where: 'Phone != null' }],
    };
    const posted = await org.raw('POST', `${BASE}/parameterizedSearch`, { body });
    expect(posted.body).toMatchObject({ searchRecords: [{ Id: zephyr, Name: 'Zephyr Wind Works' }] });
    const got = await org.raw(
      'GET',
      `${BASE}/parameterizedSearch?q=zephyr+sails&sobject=Account&Account.fields=Name`,
    );
    expect(got.body).toMatchObject({ searchRecords: [{ Name: 'Zephyr Sails' }] });
  });

  it.each([
    ['zephyr', 'No search term found. The search term must be enclosed in braces.'],
    ['FIND {z}', 'search term must be longer than one character: z'],
    ['FIND {zephyr} RETURNING Account(Name', "expecting a right parentheses, found '<EOF>'"],
    ['FIND {zephyr} NONSENSE', "unexpected token: 'NONSENSE'"],
  ])('refuses %s', async (sosl, message) => {
    const { status, body } = await org.raw('GET', `${BASE}/search?q=${encodeURIComponent(sosl)}`);
    expect([status, body]).toEqual([400, [{ errorCode: 'MALFORMED_SEARCH', message }]]);
  });
});

describe('what the pages of the org look like', () => {
  it('is told in layouts', async () => {
    const layouts = await connection.sobject('Account').layouts();
    expect(layouts.layouts).toMatchObject([
      { relatedLists: expect.arrayContaining([expect.objectContaining({ name: 'Contacts' })]) },
    ]);
    const [mapping] = layouts.recordTypeMappings as { recordTypeId: string; urls: { layout: string } }[];
    expect((await org.raw('GET', mapping?.urls.layout ?? '')).status).toBe(200);
    expect(await connection.sobject('User').layouts('UserAlt')).toMatchObject({ layouts: [{}] });
    expect((await connection.sobject('Account').compactLayouts()).compactLayouts).toMatchObject([
      { name: 'SYSTEM' },
    ]);
    expect(await connection.sobject('Account').approvalLayouts()).toEqual({ approvalLayouts: [] });
    expect((await org.raw('GET', `${BASE}/sobjects/Account/describe/namedLayouts/Nope`)).status).toBe(404);
  });

  it('is told in tabs and a theme', async () => {
    expect((await connection.tabs()).map((tab) => tab.sobjectName)).toContain('Opportunity');
    expect((await connection.theme()).themeItems.map((item) => item.name)).toContain('Opportunity');
    expect(await connection.sobject('Account').quickActions()).toEqual([]);
  });

  it('is told in list views, which answer with their records and plans', async () => {
    const { listviews } = (await connection.sobject('Account').listviews()) as {
      listviews: { id: string; label: string; resultsUrl: string }[];
    };
    expect(listviews.map((view) => view.label)).toEqual(['All Accounts', 'My Accounts']);
    const view = connection.sobject('Account').listview(listviews[0]?.id ?? '');
    const described = (await view.describe()) as { query: string; columns: { fieldNameOrPath: string }[] };
    expect(described.columns[0]?.fieldNameOrPath).toBe('Name');
    expect((await connection.query(described.query)).totalSize).toBeGreaterThan(3);
    const results = (await org.raw('GET', `${listviews[0]?.resultsUrl ?? ''}?limit=2`)).body;
    expect(results).toMatchObject({ size: 2, done: false });
    const explained = (await view.explain()) as { plans: unknown[] };
    expect(explained.plans).toMatchObject([{ leadingOperationType: 'TableScan', sobjectType: 'Account' }]);
  });
});
