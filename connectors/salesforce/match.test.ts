import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FoundRecord, MatchWanted } from '../../src/crm/matching.ts';
import { spellingsOf } from '../../src/mirror/company-name.ts';
import { accountKey, contactKey, openOrg, within, type TestOrg } from '../../test/salesforce/open-org.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());

async function accounts(...wanted: MatchWanted[]): Promise<readonly FoundRecord[]> {
  const request = { kind: 'account', object: 'Account', keyField: accountKey, wanted, fields: [] } as const;
  return org.connector.findMatches(request, within());
}

async function idsOf(...wanted: MatchWanted[]): Promise<string[]> {
  return (await accounts(...wanted)).map(({ crmId }) => crmId).sort();
}

describe('findMatches of accounts', () => {
  it.each([
    'acme-a.com',
    'www.acme-b.com',
    'http://acme-c.com/',
    'HTTPS://WWW.Acme-D.com',
    'https://www.acme-e.com/',
  ])('finds the website %s by its domain', async (Website) => {
    const [id] = await org.seed('Account', { Name: 'Somebody', Website });
    const domain = /acme-.\.com/.exec(Website.toLowerCase())?.[0] ?? '';
    expect(await accounts({ key: 'x', name: 'Else', domain })).toMatchObject([
      { crmId: id, name: 'Somebody', website: Website },
    ]);
  });

  it('brings the raw facts by which a record is recognised, and the fields asked for', async () => {
    const [parent] = await org.seed('Account', { Name: 'Facts Holding' });
    const [id] = await org.seed('Account', {
      Name: 'Facts AG',
      Website: 'facts.example',
      BillingCountry: 'Schweiz',
      ParentId: parent,
      Type: 'Prospect',
      [accountKey]: 'domain:facts.example',
    });
    const wanted = [{ key: 'x', domain: 'facts.example' }];
    const request = {
      kind: 'account',
      object: 'Account',
      keyField: accountKey,
      wanted,
      fields: ['Type'],
    } as const;
    expect(await org.connector.findMatches(request, within())).toEqual([
      {
        crmId: id,
        name: 'Facts AG',
        key: 'domain:facts.example',
        website: 'facts.example',
        country: 'Schweiz',
        email: null,
        parentId: parent,
        accountId: null,
        isPerson: false,
        fields: { Type: 'Prospect' },
      },
    ]);
  });

  it('finds a name under each of the spellings given, and by another identifier', async () => {
    const ids = await org.seed(
      'Account',
      { Name: 'Spelt, Inc.' },
      { Name: 'SPELT' },
      { Name: 'Numbered', DunsNumber: '123456789' },
    );
    const spelt = { key: 'x', name: 'Spelt Corp', spellings: ['Spelt Corp', 'Spelt', 'Spelt, Inc.'] };
    const numbered = { key: 'y', ids: { DunsNumber: '123456789' } };
    expect(await idsOf(spelt, numbered)).toEqual([...ids].sort());
  });

  it('does not take a domain that only contains the one wanted', async () => {
    const websites = [
      'https://notzeta.com',
      'zeta.com.evil.example',
      'https://evil.example/zeta.com',
      'zeta.community',
    ];
    await org.seed('Account', ...websites.map((Website) => ({ Name: 'Lookalike', Website })));
    expect(await idsOf({ key: 'x', domain: 'zeta.com' })).toEqual([]);
  });

  it('finds a record by our key, whatever became of its name and website', async () => {
    const [id] = await org.seed('Account', {
      Name: 'Renamed since',
      Website: 'moved.example',
      [accountKey]: 'domain:old.com',
    });
    expect(await accounts({ key: 'domain:old.com', name: 'Old', domain: 'old.com' })).toMatchObject([
      { crmId: id, key: 'domain:old.com' },
    ]);
  });

  it('does not find deleted accounts', async () => {
    const [id = ''] = await org.seed('Account', { Name: 'Gone Inc', Website: 'gone.example' });
    await org.play('delete', id, { object: 'Account' });
    expect(await idsOf({ key: 'x', name: 'Gone Inc', domain: 'gone.example' })).toEqual([]);
  });

  it('finds each hostile name, and nothing else by it', async () => {
    const names = [
      `O'Neil & Söhne`,
      `Back\\slash`,
      `100% "Pure" Ltd`,
      `x' OR Name != '`,
      `日本 商事 🚀`,
      `under_score`,
    ];
    const ids = await org.seed('Account', ...names.map((Name) => ({ Name })), { Name: 'underXscore' });
    for (const [index, name] of names.entries())
      expect(await idsOf({ key: 'h', name })).toEqual([ids[index]]);
    expect(await idsOf(...names.map((name, index) => ({ key: `h${index}`, name })))).toEqual(
      ids.slice(0, 6).sort(),
    );
  });

  it('survives hostile domains', async () => {
    const found = await accounts(
      ...[`%`, `_`, `'`, `\\`, `a'b.com`, `\ud800`].map((domain, index) => ({ key: `d${index}`, domain })),
    );
    expect(found).toEqual([]);
  });

  it('splits 200 long wants into requests the URI can hold, and finds them all', async () => {
    const wanted = Array.from({ length: 200 }, (_wanted, index) => ({
      key: `domain:company-with-a-long-name-${index}.example`,
      name: `Gesellschaft für Prüfung & Beratung Nr. ${index} mbH`,
      domain: `company-with-a-long-name-${index}.example`,
    }));
    const ids = await org.seed(
      'Account',
      ...wanted.map(({ name, domain }) => ({ Name: name, Website: `https://www.${domain}/` })),
    );
    await org.forget();
    expect(await idsOf(...wanted)).toEqual([...ids].sort());
    // Up to five queries travel in one request: 14 kB of values each.
    expect((await org.calls())['POST /composite']).toBeLessThanOrEqual(3);
  });

  it('asks for 200 companies in all their spellings in a handful of requests', async () => {
    const wanted = Array.from({ length: 200 }, (_wanted, index) => {
      const name = `Usual Company ${index} GmbH`;
      const key = `domain:usual-company-${index}.example`;
      return { key, name, spellings: spellingsOf(name, 'Germany'), domain: key.slice(7) };
    });
    await idsOf({ key: 'x' });
    await org.forget();
    await idsOf(...wanted);
    const calls = await org.calls();
    expect(Object.keys(calls)).toEqual(['POST /composite']);
    expect(calls['POST /composite']).toBeLessThanOrEqual(4);
  });
});

describe('findMatches of contacts', () => {
  it('finds by e-mail address whatever its case, and by our key', async () => {
    const [byMail, byKey] = await org.seed(
      'Contact',
      { LastName: 'Mail', Email: 'O.Neil+x@Acme.com' },
      { LastName: 'Key', Email: 'new@acme.com', [contactKey]: 'old@acme.com' },
    );
    const wanted = [
      { key: 'o.neil+x@acme.com', email: 'o.neil+x@acme.com' },
      { key: 'old@acme.com', email: 'old@acme.com' },
      { key: "no'body@acme.com", email: "no'body@acme.com" },
    ];
    const request = { kind: 'contact', object: 'Contact', keyField: contactKey, wanted, fields: [] } as const;
    const found = await org.connector.findMatches(request, within());
    expect(found.map(({ crmId, email, key }) => ({ crmId, email, key }))).toEqual(
      expect.arrayContaining([
        { crmId: byMail, email: 'O.Neil+x@Acme.com', key: null },
        { crmId: byKey, email: 'new@acme.com', key: 'old@acme.com' },
      ]),
    );
    expect(found).toHaveLength(2);
  });
});

describe('lookupByKey', () => {
  it('finds hundreds of keys and leaves the missing out', async () => {
    const keys = Array.from(
      { length: 400 },
      (_key, index) => `contact-number-${index}-with-a-long-key@example.com`,
    );
    const known = keys.filter((_key, index) => index % 2 === 0);
    const ids = await org.seed('Contact', ...known.map((key) => ({ LastName: 'x', [contactKey]: key })));
    const found = await org.connector.lookupByKey('Contact', contactKey, keys, within());
    expect(found).toEqual(new Map(known.map((key, index) => [key, ids[index]])));
  });
});
