/** How a deal's customer finds its account: through the real client, a local Salesforce and the database. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { matchProblems } from '../../src/mirror/match-problems.ts';
import { chooseMatchFor, listMatches, type ReferenceMatch } from '../../src/mirror/matches.ts';
import { startMirroredOrg, type MirroredOrg } from '../ownership/mirrored-org.ts';

let here: MirroredOrg;
beforeAll(async () => {
  here = await startMirroredOrg();
});
afterAll(() => here.close());
beforeEach(() => here.org.admin('PATCH', '/settings', { duplicateRules: [] }));

let refs = 0;
async function deal(company: object, change: object = {}): Promise<string> {
  refs += 1;
  const dealId = await here.register(`match-${refs}`, { company, contact: null, ...change });
  await here.approve(dealId);
  await here.push();
  return dealId;
}

async function accountOf(dealId: string): Promise<unknown> {
  return (await here.opportunity(await here.crmIdOf(dealId)))['AccountId'];
}

async function asked(name: string): Promise<ReferenceMatch> {
  const match = (await listMatches(here.test.db, here.connectionId, 100)).find((one) => one.name === name);
  if (!match) throw new Error(`nobody is asked about ${name}`);
  return match;
}

async function accountsNamed(...names: string[]): Promise<number> {
  return (await here.org.records('Account')).filter(({ Name }) => names.includes(String(Name))).length;
}

async function say(name: string, crmId: string | null, allowDuplicate = false): Promise<void> {
  const { kind, key } = await asked(name);
  const chosen = { connectionId: here.connectionId, kind, key, crmId, allowDuplicate, by: 'Ada' };
  expect(await chooseMatchFor(here.test.db, chosen, here.clock.now())).toBe(true);
  await here.push();
}

const nameRule = {
  name: 'Standard_Account_Rule',
  object: 'Account',
  fields: [{ field: 'Name', how: 'name' }],
};

describe('the account of a customer', () => {
  it.each([
    ['Grünwald Maschinenbau GmbH', 'Deutschland', 'GRUENWALD Maschinenbau', 'DE'],
    ['Weber and Sons Ltd', 'UK', 'Weber & Sons Limited', 'GB'],
    ['SOCIETE DUPONT SA', 'France', 'Société Dupont', 'FR'],
  ])('%s, %s, is found for %s, %s', async (Name, BillingCountry, name, country) => {
    const [id] = await here.org.seed('Account', { Name, BillingCountry });
    expect(await accountOf(await deal({ name, country }))).toBe(id);
  });

  it('that is not sure is asked for with score and reasons, and goes where a person says', async () => {
    const [unsure = ''] = await here.org.seed('Account', { Name: 'Unsure Ltd', BillingCountry: null });
    await deal({ name: 'Unsure', country: 'GB' });
    const match = await asked('Unsure');
    expect(match).toMatchObject({
      deals: 1,
      problem: { kind: matchProblems.unsure, nextStep: expect.stringContaining('matches choose') },
      candidates: [{ crmId: unsure, score: 60, because: 'same name Unsure Ltd +60' }],
    });
    await say('Unsure', unsure);
    const dealId = await deal({ name: 'Unsure', country: 'GB' });
    expect(await accountOf(dealId)).toBe(unsure);
  });

  it("is never the partner's own, by website, by name or by link, and no second one is made of it", async () => {
    await here.test.db.query(
      "UPDATE partners SET name = 'Nordlicht Partners', email = 'jo@nordlicht.example'",
    );
    const typedOwnSite = await deal({ name: 'Real Customer', domain: 'nordlicht.example', country: 'DE' });
    const account = (await here.org.records('Account')).find(({ Name }) => Name === 'Real Customer');
    expect(await accountOf(typedOwnSite)).toBe(account?.['Id']);
    expect(account?.['Website']).toBeNull();

    await deal({ name: 'Nordlicht Partners GmbH', domain: 'nordlicht.example', country: 'DE' });
    expect((await asked('Nordlicht Partners GmbH')).problem.kind).toBe(matchProblems.partnerItself);
    expect(await accountsNamed('Nordlicht Partners GmbH')).toBe(0);
  });

  it('is never created where creating is switched off, not even when somebody asks for it', async () => {
    await here.remap((mapping) => `${mapping}\nmatching: { createAccounts: false }\n`);
    await deal({ name: 'Nobody Knows', domain: 'nobody-knows.com' });
    expect((await asked('Nobody Knows')).problem).toMatchObject({
      kind: matchProblems.creationOff,
      nextStep: expect.stringContaining('Create it in the CRM'),
    });
    await say('Nobody Knows', null);
    expect((await asked('Nobody Knows')).problem.kind).toBe(matchProblems.creationOff);
    expect(await accountsNamed('Nobody Knows')).toBe(0);
    await here.remap((mapping) => mapping);
  });

  it('that the mapping excludes is left alone', async () => {
    await here.remap(
      (mapping) => `${mapping}\nmatching: { account: { exclude: [{ field: Rating, values: [cold] }] } }\n`,
    );
    const [cold, warm] = await here.org.seed(
      'Account',
      { Name: 'Old Record', Website: 'excluding.com', Rating: 'Cold' },
      { Name: 'New Record', Website: 'excluding.com', Rating: 'Warm' },
    );
    const dealId = await deal({ name: 'Excluding', domain: 'excluding.com' });
    expect([await accountOf(dealId), cold]).toEqual([warm, cold]);
    await here.remap((mapping) => mapping);
  });
});

describe('what a duplicate rule of the org finds', () => {
  it.each([
    ['blocks', 'block', false],
    ['only alerts', 'allow', true],
  ])('is a question to a person where the rule %s; nothing is saved', async (_case, action, mayBeAllowed) => {
    const name = `Doubled ${action}`;
    const [twin = ''] = await here.org.seed('Account', { Name: `${name} Corp`, BillingCountry: 'Japan' });
    await here.org.admin('PATCH', '/settings', { duplicateRules: [{ ...nameRule, action }] });
    await deal({ name, domain: `doubled-${action}.com`, country: 'DE' });
    const { problem, candidates } = await asked(name);
    expect(problem).toMatchObject({
      kind: matchProblems.duplicateRule,
      plain: expect.stringContaining('Standard_Account_Rule'),
      nextStep: expect.stringContaining(mayBeAllowed ? '--allow' : 'the rule blocks'),
    });
    expect(candidates).toMatchObject([{ crmId: twin, name: `${name} Corp` }]);
    expect(await accountsNamed(name)).toBe(0);
  });

  it('is created all the same only after a person allowed it, and of a batch only that one', async () => {
    await here.org.seed(
      'Account',
      { Name: 'One Twin', BillingCountry: 'Japan' },
      { Name: 'Other Twin', BillingCountry: 'Japan' },
    );
    await here.org.admin('PATCH', '/settings', { duplicateRules: [nameRule] });
    for (const name of ['One Twin Inc', 'Other Twin Inc']) await deal({ name, country: 'DE' });
    expect(await accountsNamed('One Twin Inc', 'Other Twin Inc')).toBe(0);
    const { key } = await asked('Other Twin Inc');
    await here.test.db.query("UPDATE crm_references SET state = 'due', due_at = $2 WHERE key = $1", [
      key,
      here.clock.now(),
    ]);
    await say('One Twin Inc', null, true);
    expect([await accountsNamed('One Twin Inc'), await accountsNamed('Other Twin Inc')]).toEqual([1, 0]);
    const [row] = await here.test.db.query<{ choice: object }>(
      "SELECT choice FROM crm_references WHERE facts->>'name' = 'One Twin Inc'",
    );
    expect(row?.choice).toMatchObject({ crmId: null, by: 'Ada' });
    expect(row?.choice).not.toHaveProperty('allowDuplicate');
  });

  it('"make a new one" alone is no word for a duplicate', async () => {
    await here.org.seed('Account', { Name: 'Stubborn', BillingCountry: 'Japan' });
    await here.org.admin('PATCH', '/settings', { duplicateRules: [nameRule] });
    await deal({ name: 'Stubborn Ltd', country: 'DE' });
    await say('Stubborn Ltd', null);
    expect((await asked('Stubborn Ltd')).problem.kind).toBe(matchProblems.duplicateRule);
    expect(await accountsNamed('Stubborn Ltd')).toBe(0);
  });

  it('is linked by setting when it is one record that scores enough', async () => {
    // Alike, but under a spelling that no search asks for.
    const [asking, linked] = await here.org.seed(
      'Account',
      { Name: 'Ask-able-company', BillingCountry: 'DE' },
      { Name: 'Link-able-company', BillingCountry: 'DE' },
    );
    await here.org.admin('PATCH', '/settings', { duplicateRules: [nameRule] });
    await deal({ name: 'Ask able', country: 'DE' });
    expect((await asked('Ask able')).candidates).toMatchObject([{ crmId: asking, score: 70 }]);
    await here.remap((mapping) => `${mapping}\nmatching: { onDuplicateRule: link }\n`);
    expect(await accountOf(await deal({ name: 'Link able', country: 'DE' }))).toBe(linked);
    await here.remap((mapping) => mapping);
  });

  it('is asked about for contacts as well', async () => {
    const rule = { name: 'Contact_Rule', object: 'Contact', fields: [{ field: 'LastName', how: 'exact' }] };
    await here.org.seed('Contact', { LastName: 'Doppelgänger', Email: 'other@elsewhere.com' });
    await here.org.admin('PATCH', '/settings', { duplicateRules: [rule] });
    const contact = { firstName: 'Dora', lastName: 'Doppelgänger', email: 'dora@with-contact.com' };
    await deal({ name: 'With Contact', domain: 'with-contact.com' }, { contact });
    const match = await asked('Dora Doppelgänger');
    expect([match.kind, match.problem.kind]).toEqual(['contact', matchProblems.duplicateRule]);
    await say('Dora Doppelgänger', null, true);
    const emails = (await here.org.records('Contact')).map(({ Email }) => Email);
    expect(emails).toContain('dora@with-contact.com');
  });
});
