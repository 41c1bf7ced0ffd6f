import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FoundRecord } from '../crm/matching.ts';
import { MatchingSection, type Matching } from '../mapping/sections/matching.ts';
import { chooseMatch, type MatchChoice } from './choose-match.ts';
import { scoreCandidates, type MatchSubject } from './score-candidates.ts';

function settings(change: object = {}): Matching {
  return MatchingSection.parse(change);
}

function subject(change: Partial<MatchSubject> = {}): MatchSubject {
  return {
    kind: 'account',
    key: 'domain:acme.com',
    name: 'Acme Inc.',
    domain: 'acme.com',
    mailDomain: null,
    country: 'Germany',
    email: null,
    accountId: null,
    ids: {},
    own: { names: [], domains: [], accountIds: [] },
    ...change,
  };
}

function record(crmId: string, change: Partial<FoundRecord> = {}): FoundRecord {
  const nothing = { key: null, website: null, country: null, email: null, parentId: null, accountId: null };
  return { crmId, name: crmId, ...nothing, isPerson: false, fields: {}, ...change };
}

function choose(wanted: MatchSubject, records: FoundRecord[], matching = settings()): MatchChoice {
  return chooseMatch(wanted, scoreCandidates(wanted, records, matching), matching);
}

/** What was decided, and on which records. */
function outcome(wanted: MatchSubject, records: FoundRecord[], matching = settings()): string {
  const choice = choose(wanted, records, matching);
  if (choice.choose === 'create') return 'create';
  if (choice.choose === 'link') return `link ${choice.candidate.crmId}`;
  return `ask ${choice.because} ${choice.candidates.map(({ crmId }) => crmId).join(' ')}`.trim();
}

describe('choosing an account', () => {
  it('creates when nothing was found, and when what was found is something else', () => {
    expect(outcome(subject(), [])).toBe('create');
    expect(outcome(subject(), [record('a', { name: 'Acme', country: 'Japan' })])).toBe('create');
  });

  it('lets our own key decide alone', () => {
    const ours = record('a', {
      name: 'Renamed',
      website: 'moved.example',
      country: 'Japan',
      key: 'domain:acme.com',
    });
    const better = record('b', { name: 'Acme', website: 'acme.com', country: 'DE' });
    expect(outcome(subject(), [better, ours])).toBe('link a');
  });

  it.each<[string, Partial<FoundRecord>, string]>([
    ['the same website, whatever its name', { website: 'https://www.acme.com/de' }, 'link a'],
    ['the same website in another country', { website: 'acme.com', country: 'USA' }, 'ask unsure a'],
    ['the same name in the same country', { name: 'The ACME Corp', country: 'Deutschland' }, 'link a'],
    ['the same name in a country nobody knows', { name: 'ACME' }, 'ask unsure a'],
    ['the same name in another country', { name: 'ACME', country: 'Kenya' }, 'create'],
    [
      'the same name and country, but another website',
      { name: 'Acme', country: 'DE', website: 'acme.de' },
      'ask unsure a',
    ],
    ['the same name, but another website', { name: 'Acme', website: 'acme.de' }, 'create'],
    ['the name of another customer of ours', { name: 'Acme', key: 'name:acme|kenya' }, 'create'],
  ])('%s', (_case, facts, expected) => {
    expect(outcome(subject(), [record('a', facts)])).toBe(expected);
  });

  it('says why in plain words, with points', () => {
    const choice = choose(subject(), [
      record('a', { name: 'Roadrunner Ltd', website: 'acme.com', country: 'DE' }),
    ]);
    expect(choice).toMatchObject({
      candidate: {
        score: 80,
        because: 'same website domain acme.com +70; name differs: Roadrunner Ltd; same country Germany +10',
      },
    });
  });

  it('takes the right one of a family that shares a domain, by country or by name', () => {
    const parent = record('parent', { name: 'Acme Holding', website: 'acme.com', country: 'US' });
    const child = record('child', {
      name: 'Acme Germany',
      website: 'acme.com',
      country: 'DE',
      parentId: 'parent',
    });
    expect(outcome(subject({ name: 'Acme' }), [parent, child])).toBe('link child');
    const byName = subject({ name: 'Acme Germany GmbH', country: null });
    expect(outcome(byName, [parent, child])).toBe('link child');
  });

  it('asks within a family where nothing tells them apart, or takes its top by setting', () => {
    const family = [
      record('north', { website: 'acme.com', parentId: 'top' }),
      record('south', { website: 'acme.com', parentId: 'top' }),
      record('top', { website: 'acme.com' }),
    ];
    expect(outcome(subject(), family)).toBe('ask several north south top');
    const upwards = settings({ account: { hierarchy: 'ultimate-parent' } });
    expect(outcome(subject(), family, upwards)).toBe('link top');
    expect(outcome(subject(), [...family, record('other', { website: 'acme.com' })], upwards)).toMatch(
      /^ask several/,
    );
  });

  it('does not take a domain that many share for evidence', () => {
    const shared = settings({ sharedDomains: ['ACME.com'] });
    expect(outcome(subject({ name: 'Someone' }), [record('a', { website: 'acme.com' })], shared)).toBe(
      'create',
    );
  });

  it("takes the domain of the contact's address where no website is known", () => {
    const wanted = subject({ domain: null, mailDomain: 'acme.com', name: 'Whoever' });
    expect(outcome(wanted, [record('a', { website: 'www.acme.com' })])).toBe('link a');
  });

  it('knows a company by another identifier, and that another number is another company', () => {
    const duns = settings({ account: { otherIds: [{ field: 'DunsNumber', id: 'duns' }] } });
    const wanted = subject({ ids: { duns: '123456789' }, domain: null, name: 'Renamed' });
    expect(outcome(wanted, [record('a', { fields: { DunsNumber: '123456789' } })], duns)).toBe('link a');
    const namesake = record('a', { name: 'Renamed', country: 'DE', fields: { DunsNumber: '987654321' } });
    expect(outcome(wanted, [namesake], duns)).toBe('create');
  });

  it('leaves out persons, and accounts that a filter of the mapping excludes', () => {
    const retired = settings({
      account: { exclude: [{ field: 'Status__c', values: ['Do not use', false] }] },
    });
    const found = [
      record('retired', { website: 'acme.com', fields: { Status__c: 'do not use' } }),
      record('person', { website: 'acme.com', isPerson: true }),
    ];
    expect(outcome(subject(), found, retired)).toBe('create');
    const persons = settings({ account: { personAccounts: 'match' } });
    expect(outcome(subject(), found.slice(1), persons)).toBe('link person');
  });

  it("never takes the partner's own account for the customer, and makes no second one of it", () => {
    const own = { names: ['Acme'], domains: ['acme.com'], accountIds: ['a'] };
    const itself = subject({ name: 'Acme GmbH', domain: null, own });
    expect(outcome(itself, [record('a', { name: 'Acme', country: 'DE' })])).toBe('ask partner-itself a');
    expect(outcome(itself, [record('b', { name: 'Acme', country: 'DE', website: 'acme.com' })])).toBe(
      'ask partner-itself b',
    );
    expect(outcome(itself, [])).toBe('ask partner-itself');
    const customer = subject({ name: 'Globex', domain: 'globex.com', own });
    expect(
      outcome(customer, [record('a', { website: 'globex.com' }), record('g', { website: 'globex.com' })]),
    ).toBe('link g');
    expect(outcome(customer, [])).toBe('create');
  });

  it('heeds the thresholds and weights of the mapping', () => {
    const found = [record('a', { name: 'Acme' })];
    expect(outcome(subject(), found, settings({ link: 60 }))).toBe('link a');
    expect(outcome(subject(), found, settings({ ask: 65 }))).toBe('create');
    expect(outcome(subject(), found, settings({ account: { weights: { name: 80 } } }))).toBe('link a');
  });

  it('never depends on the order of the answer, and never links one of two equals', () => {
    const facts = fc.record({
      crmId: fc.constantFrom('a', 'b', 'c', 'd'),
      name: fc.constantFrom('Acme', 'Acme Inc', 'Globex', 'Acmee'),
      website: fc.constantFrom(null, 'acme.com', 'other.com'),
      country: fc.constantFrom(null, 'DE', 'US'),
    });
    const records = fc.uniqueArray(facts, { selector: ({ crmId }) => crmId, maxLength: 4 });
    fc.assert(
      fc.property(records, (found) => {
        const all = found.map(({ crmId, ...rest }) => record(crmId, rest));
        const said = outcome(subject(), all);
        expect(outcome(subject(), all.toReversed())).toBe(said);
        if (!said.startsWith('link')) return;
        const [best, second] = scoreCandidates(subject(), all, settings());
        expect((best?.points ?? 0) - (second?.points ?? 0)).toBeGreaterThanOrEqual(10);
      }),
    );
  });
});

describe('choosing a contact', () => {
  const ann = {
    kind: 'contact',
    key: 'ann@acme.com',
    name: 'Ann Lee',
    email: 'ann@acme.com',
    accountId: 'acme',
  } as const;

  it('takes the one with the address, of several that of the account', () => {
    const here = record('here', { name: 'A. Lee', email: 'Ann@Acme.com', accountId: 'acme' });
    const elsewhere = record('elsewhere', { name: 'A. Lee', email: 'ann@acme.com', accountId: 'other' });
    expect(outcome(subject(ann), [elsewhere])).toBe('link elsewhere');
    expect(outcome(subject(ann), [elsewhere, here])).toBe('link here');
    expect(outcome(subject({ ...ann, accountId: null }), [elsewhere, here])).toMatch(/^ask several/);
  });

  it('takes no namesake', () => {
    expect(outcome(subject(ann), [record('n', { name: 'Ann Lee', accountId: 'acme' })])).toBe('create');
  });
});
