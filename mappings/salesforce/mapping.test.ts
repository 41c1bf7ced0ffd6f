import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { FieldDescription, ObjectDescription } from '../../src/crm/connector.ts';
import { evaluateRows, MappingError, readBack, type SourceView } from '../../src/mapping/evaluate.ts';
import { fitMapping, requireAbsentValues } from '../../src/mapping/fit.ts';
import { loadMapping } from '../../src/mapping/load.ts';

const mapping = await loadMapping(fileURLToPath(new URL('mapping.yaml', import.meta.url)), 'salesforce');

const deal: SourceView = {
  'deal.id': '0197f3b2-5a1c-7c3e-9d2e-0123456789ab',
  'deal.version': 3,
  'deal.name': '  Acme: 40 seats ',
  'deal.amount': '99999999999999.99',
  'deal.currency': 'EUR',
  'deal.expectedCloseDate': '2026-06-30',
  'deal.registrationUrl': 'https://tributary.example.com/deals/1',
  'deal.protectedUntil': '2026-09-30',
  'partner.name': 'Nordwind GmbH',
  'partner.tier': 'gold',
  'deal.influence': 'sourced',
  'deal.partnerSourced': true,
  'refs.account': '001AAA',
  'refs.partner': '001PPP',
  'stage.open': 'Prospecting',
  'org.currency': 'USD',
};

const lasting = {
  Tributary_Version__c: 3,
  Tributary_Partner__c: 'Nordwind GmbH',
  Tributary_Partner_Account__c: '001PPP',
  Tributary_Partner_Tier__c: 'gold',
  Tributary_Partner_Sourced__c: true,
  Tributary_Partner_Influence__c: 'sourced',
  Tributary_Registration_URL__c: 'https://tributary.example.com/deals/1',
  Tributary_Protected_Until__c: '2026-09-30',
};

describe('a deal', () => {
  it('becomes a partner-sourced opportunity, its amount to the cent', () => {
    expect(evaluateRows(mapping.deal.write, deal, true)).toEqual({
      ...lasting,
      Name: 'Acme: 40 seats',
      StageName: 'Prospecting',
      CloseDate: '2026-06-30',
      Amount: '99999999999999.99',
      CurrencyIsoCode: 'EUR',
      AccountId: '001AAA',
      LeadSource: 'Partner Referral',
    });
  });

  it('leaves name, stage, amount, dates and account to the rep once the opportunity exists', () => {
    expect(evaluateRows(mapping.deal.write, deal, false)).toEqual(lasting);
  });

  it('clears tier and protection when they end, and keeps other fields out when empty', () => {
    const bare = { ...deal, 'partner.tier': null, 'deal.protectedUntil': null, 'deal.amount': null };
    const fields = evaluateRows(mapping.deal.write, bare, true);
    expect(fields).toMatchObject({ Tributary_Partner_Tier__c: null, Tributary_Protected_Until__c: null });
    expect(fields).not.toHaveProperty('Amount');
  });

  it('cuts a name at 120 characters without tearing a character in two', () => {
    const name = `${'a'.repeat(119)}🚀 and more`;
    expect(evaluateRows(mapping.deal.write, { ...deal, 'deal.name': name }, true)['Name']).toBe(
      'a'.repeat(119),
    );
  });

  it('comes back under our names', () => {
    const fields = { Amount: 12.5, StageName: 'Closed Won', OwnerId: '005', Tributary_Version__c: 3 };
    expect(readBack(mapping.deal.read, fields)).toEqual({
      amount: 12.5,
      stage: 'Closed Won',
      owner: '005',
      version: 3,
    });
  });
});

describe('an account and a contact', () => {
  it('are written when created and never again', () => {
    const account: SourceView = { 'account.name': 'Acme', 'account.website': 'https://acme.com' };
    expect(evaluateRows(mapping.account.write, account, true)).toEqual({
      Name: 'Acme',
      Website: 'https://acme.com',
    });
    expect(evaluateRows(mapping.account.write, account, false)).toEqual({});
    expect(evaluateRows(mapping.contact.write, { 'contact.email': 'a@b.example' }, false)).toEqual({});
  });

  it('have the last name Salesforce requires even when nobody gave one', () => {
    const contact: SourceView = {
      'contact.firstName': 'Ada',
      'contact.email': 'ada@acme.com',
      'refs.account': '001AAA',
    };
    const expected = { FirstName: 'Ada', LastName: 'Unknown', Email: 'ada@acme.com', AccountId: '001AAA' };
    expect(evaluateRows(mapping.contact.write, contact, true)).toEqual(expected);
  });
});

describe('an org without multi-currency', () => {
  const fitted = fitMapping(mapping, describeOrg({ CurrencyIsoCode: null }));

  it('gets no currency field, and a deal only in its own currency', () => {
    expect(fitted.faults).toEqual([]);
    expect(evaluateRows(fitted.deal.write, deal, true)).not.toHaveProperty('CurrencyIsoCode');
    expect(() => requireAbsentValues(fitted, 'deal', deal)).toThrow(MappingError);
    expect(() => requireAbsentValues(fitted, 'deal', { ...deal, 'deal.currency': 'USD' })).not.toThrow();
  });
});

describe('an org that lacks something', () => {
  it('is told each missing field and a key field that is not unique', () => {
    const faults = fitMapping(
      mapping,
      describeOrg({ Tributary_Partner__c: null, Tributary_Deal_Id__c: { unique: false } }),
    ).faults;
    expect(faults.map((fault) => `${fault.object}.${fault.field}`)).toEqual([
      'Opportunity.Tributary_Deal_Id__c',
      'Opportunity.Tributary_Partner__c',
    ]);
  });
});

/** An org with every field the mapping names, changed as told: null takes a field away. */
function describeOrg(
  changes: Record<string, Partial<FieldDescription> | null>,
): Map<string, ObjectDescription> {
  const objects = [mapping.deal, mapping.account, mapping.contact].map(({ object, keyField, write }) => {
    const read = object === mapping.deal.object ? mapping.deal.read.map((row) => row.from) : [];
    const names = [keyField, ...write.map((row) => row.to), ...read];
    const fields = names.flatMap((name): [string, FieldDescription][] => {
      const change = changes[name];
      return change === null ? [] : [[name, { ...plainField(name, name === keyField), ...change }]];
    });
    return [object, { object, fields: new Map(fields) }] as const;
  });
  return new Map(objects);
}

function plainField(name: string, unique: boolean): FieldDescription {
  return {
    name,
    label: name,
    type: 'string',
    length: 255,
    createable: true,
    updateable: true,
    unique,
    required: false,
  };
}
