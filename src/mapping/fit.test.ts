import { describe, expect, it } from '@jest/globals';
import type { FieldDescription, ObjectDescription } from '../crm/connector.ts';
import { fitMapping, requireAbsentValues } from './fit.ts';
import { parseMapping } from './load.ts';

const mapping = parseMapping(
  `
vendor: acme
version: 1
deal:
  object: Opportunity
  keyField: Key
  write:
    - { to: Name, from: deal.name, transforms: [{ truncate: 120 }] }
    - { to: Type, value: Partner, when: create }
    - { to: Currency, from: deal.currency, optional: true, absentMustEqual: org.currency }
  read:
    - { to: amount, from: Amount }
    - { to: currency, from: Currency, optional: true }
account: { object: Account, keyField: Key, write: [{ to: Name, from: account.name }] }
contact: { object: Contact, keyField: Key, write: [{ to: Email, from: contact.email }] }
`,
  'acme.yaml',
  'acme',
);

function field(name: string, rest: Partial<FieldDescription> = {}): FieldDescription {
  return {
    name,
    label: name,
    type: 'string',
    createable: true,
    updateable: true,
    unique: false,
    required: false,
    ...rest,
  };
}

function object(name: string, fields: FieldDescription[]): ObjectDescription {
  return { object: name, fields: new Map(fields.map((one) => [one.name, one])) };
}

const key = field('Key', { unique: true });

/** An org with everything the mapping wants; `deal` replaces fields of its deal object. */
function org(deal: FieldDescription[] = [], without: string[] = []): Map<string, ObjectDescription> {
  const usual = [key, field('Name', { length: 120 }), field('Type'), field('Currency'), field('Amount')];
  const fields = new Map([...usual, ...deal].map((one) => [one.name, one]));
  for (const name of without) fields.delete(name);
  return new Map([
    ['Opportunity', object('Opportunity', [...fields.values()])],
    ['Account', object('Account', [key, field('Name')])],
    ['Contact', object('Contact', [key, field('Email')])],
  ]);
}

function problems(objects: Map<string, ObjectDescription>): string[] {
  return fitMapping(mapping, objects).faults.map(
    ({ object: of, field: name, problem }) => `${of}.${name}: ${problem}`,
  );
}

describe('fitting a mapping to an org', () => {
  it('finds nothing wrong where every field is there and writable', () => {
    expect(problems(org())).toEqual([]);
  });

  it('drops an optional row whose field the org lacks, in both directions', () => {
    const fitted = fitMapping(mapping, org([], ['Currency']));
    expect(fitted.faults).toEqual([]);
    expect(fitted.deal.write.map((row) => row.to)).toEqual(['Name', 'Type']);
    expect(fitted.deal.read.map((row) => row.to)).toEqual(['amount']);
  });

  it('pauses a row alone, and drops no optional one that worked before', () => {
    const fitted = fitMapping(mapping, org([], ['Currency', 'Type']), new Set(['Opportunity.Currency']));
    expect(fitted.deal.write.map((row) => row.to)).toEqual(['Name']);
    expect(fitted.absent).toEqual([]);
    expect(
      fitted.paused.map(({ field: name, use, missing, essential }) => [name, use, missing, essential]),
    ).toEqual([
      ['Type', 'write', true, false],
      ['Currency', 'write', true, false],
      ['Currency', 'read', true, false],
    ]);
    // Without its currency an amount is not read either.
    expect(fitted.deal.read).toEqual([]);
  });

  it('pauses a row whose fixed value was deactivated; new records wait only where the field is required', () => {
    const type = (rest: Partial<FieldDescription>) =>
      fitMapping(mapping, org([field('Type', { type: 'picklist', ...rest })])).paused;
    expect(type({ inactiveValues: ['Other'] })).toEqual([]);
    expect(type({ inactiveValues: ['Partner'] })).toMatchObject([{ field: 'Type', essential: false }]);
    expect(type({ allowedValues: ['Other'], required: true })).toMatchObject([
      { field: 'Type', essential: true },
    ]);
  });

  it('names every field that is missing, and every object that cannot be read', () => {
    const objects = org([], ['Name', 'Amount', 'Key']);
    objects.delete('Contact');
    expect(problems(objects).map((problem) => problem.split(':')[0])).toEqual([
      'Contact.*',
      'Opportunity.Key',
      'Opportunity.Name',
      'Opportunity.Amount',
    ]);
  });

  it('refuses a key field that is not unique: an upsert by it could create duplicates', () => {
    expect(problems(org([field('Key')]))[0]).toMatch(/Opportunity.Key: the key field is not unique/);
  });

  it('refuses what the integration user may not write', () => {
    expect(problems(org([field('Name', { createable: false, updateable: false })]))[0]).toMatch(
      /not writable/,
    );
    expect(problems(org([field('Name', { updateable: false })]))[0]).toMatch(/use when: create/);
    expect(problems(org([field('Type', { updateable: false })]))).toEqual([]);
  });

  it('refuses a fixed value that the picklist does not accept, and a cut longer than the field', () => {
    expect(problems(org([field('Type', { allowedValues: ['Direct'] })]))[0]).toMatch(
      /"Partner" is not among/,
    );
    expect(problems(org([field('Type', { allowedValues: ['Direct', 'Partner'] })]))).toEqual([]);
    expect(problems(org([field('Name', { length: 80 })]))[0]).toMatch(
      /cuts at 120 characters, the field holds 80/,
    );
  });

  it.each([
    ['number', 'deal.name', 'text'],
    ['date', 'partner.name', 'text'],
    ['boolean', 'deal.amount', 'number'],
    ['number', 'deal.expectedCloseDate', 'date'],
  ] as const)('refuses a %s field that is sent %s', (type, from, kind) => {
    const mapped = parseMapping(
      JSON.stringify({
        ...mapping,
        digest: undefined,
        deal: { ...mapping.deal, write: [{ to: 'Odd', from }] },
      }),
      'test.yaml',
      mapping.vendor,
    );
    const { faults } = fitMapping(mapped, org([field('Odd', { type })]));

    expect(faults).toEqual([
      {
        object: mapping.deal.object,
        field: 'Odd',
        problem: `the field holds a ${type}, the mapping sends a ${kind}`,
      },
    ]);
  });

  it('changes nothing of the mapping it was given', () => {
    const before = JSON.stringify(mapping);
    fitMapping(mapping, org([], ['Currency', 'Name']));
    expect(JSON.stringify(mapping)).toBe(before);
  });
});

describe('a value the org has no field for', () => {
  const single = fitMapping(mapping, org([], ['Currency']));

  it('passes when it is what the org implies', () => {
    expect(() =>
      requireAbsentValues(single, 'deal', { 'deal.currency': 'USD', 'org.currency': 'USD' }),
    ).not.toThrow();
  });

  it('refuses the deal when it is not: 100 EUR must never arrive as 100 USD', () => {
    const view = { 'deal.currency': 'EUR', 'org.currency': 'USD' };
    expect(() => requireAbsentValues(single, 'deal', view)).toThrow(/implies USD, but the value is EUR/);
    expect(() => requireAbsentValues(single, 'account', view)).not.toThrow();
    expect(() => requireAbsentValues(fitMapping(mapping, org()), 'deal', view)).not.toThrow();
  });
});
