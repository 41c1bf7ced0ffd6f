import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MatchCandidate, MatchWanted } from '../../src/crm/connector.ts';
import { accountKey, contactKey, openOrg, within, type TestOrg } from '../../test/salesforce/open-org.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());

async function accounts(...wanted: MatchWanted[]): Promise<readonly MatchCandidate[][]> {
  const found = await org.connector.findMatches('account', 'Account', accountKey, wanted, within());
  return wanted.map(({ key }) => [...(found.get(key) ?? [])]);
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
    const [candidates] = await accounts({ key: 'x', name: 'Else', domain });
    expect(candidates).toEqual([
      { crmId: id, name: 'Somebody', by: 'domain', because: `same website domain ${domain}` },
    ]);
  });

  it('finds a website with a longer path by its domain where the name leads to it', async () => {
    const [id] = await org.seed('Account', {
      Name: 'Deep Link AG',
      Website: 'https://shop.deep.example:8080/de?x=1',
    });
    const [candidates] = await accounts({ key: 'x', name: 'Deep Link AG', domain: 'deep.example' });
    expect(candidates).toMatchObject([{ crmId: id, by: 'domain' }]);
  });

  it('does not take a domain that only contains the one wanted', async () => {
    const websites = [
      'https://notzeta.com',
      'zeta.com.evil.example',
      'https://evil.example/zeta.com',
      'zeta.community',
    ];
    await org.seed('Account', ...websites.map((Website) => ({ Name: 'Lookalike', Website })));
    expect(await accounts({ key: 'x', domain: 'zeta.com' })).toEqual([[]]);
  });

  it('finds a name whatever its case and spacing, unless the website contradicts', async () => {
    const [plain] = await org.seed(
      'Account',
      { Name: 'Nordwind  Handels GmbH' },
      { Name: 'Nordwind Handels GmbH', Website: 'nordwind.example.org' },
    );
    const [candidates] = await accounts({ key: 'x', name: 'nordwind  handels gmbh', domain: 'nordwind.de' });
    expect(candidates?.map(({ crmId, by }) => ({ crmId, by }))).toEqual([{ crmId: plain, by: 'name' }]);
  });

  it('does not take the account of another company of ours for its namesake', async () => {
    await org.seed('Account', { Name: 'Twin', [accountKey]: 'name:twin|de' });
    expect(await accounts({ key: 'name:twin|us', name: 'Twin' })).toEqual([[]]);
  });

  it('knows a record by our key first', async () => {
    const [id] = await org.seed('Account', {
      Name: 'Renamed since',
      Website: 'moved.example',
      [accountKey]: 'domain:old.com',
    });
    const [candidates] = await accounts({ key: 'domain:old.com', name: 'Old', domain: 'old.com' });
    expect(candidates).toMatchObject([{ crmId: id, by: 'our-key' }]);
  });

  it('does not find deleted accounts', async () => {
    const [id = ''] = await org.seed('Account', { Name: 'Gone Inc', Website: 'gone.example' });
    await org.play('delete', id, { object: 'Account' });
    expect(await accounts({ key: 'x', name: 'Gone Inc', domain: 'gone.example' })).toEqual([[]]);
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
    const found = await accounts(...names.map((name, index) => ({ key: `h${index}`, name })));
    expect(found.map((candidates) => candidates.map(({ crmId }) => crmId))).toEqual(
      names.map((_name, index) => [ids[index]]),
    );
  });

  it('survives hostile domains', async () => {
    const found = await accounts(
      ...[`%`, `_`, `'`, `\\`, `a'b.com`, `\ud800`].map((domain, index) => ({ key: `d${index}`, domain })),
    );
    expect(found.flat()).toEqual([]);
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
    const found = await accounts(...wanted);
    expect(found.map((candidates) => candidates.map(({ crmId }) => crmId))).toEqual(ids.map((id) => [id]));
    // Up to five queries travel in one request: 14 kB of values each.
    expect((await org.calls())['POST /composite']).toBeLessThanOrEqual(3);
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
    const found = await org.connector.findMatches('contact', 'Contact', contactKey, wanted, within());
    const seen = wanted.map(({ key }) => (found.get(key) ?? []).map(({ crmId, by }) => ({ crmId, by })));
    expect(seen).toEqual([[{ crmId: byMail, by: 'email' }], [{ crmId: byKey, by: 'our-key' }], []]);
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
