import { picklist, READ_ONLY, type FieldDefinition } from './field.ts';
import type { ObjectDefinition } from './object.ts';

/** Gives every object that holds money, and users, their currency, as an org with multiple currencies does. */
export function addCurrencyFields(objects: readonly ObjectDefinition[], codes: readonly string[]): void {
  for (const { name, fields } of objects) {
    if (IN_A_CURRENCY.has(name)) fields.push(currencyField(codes));
    if (name === 'OpportunityHistory') fields.push(readOnlyCurrencyField(codes));
    if (name === 'User') fields.push(defaultCurrencyField(codes), readOnlyCurrencyField(codes));
  }
}

const IN_A_CURRENCY: ReadonlySet<string> = new Set([
  'Account',
  'Contact',
  'Lead',
  'Opportunity',
  'Campaign',
  'CampaignMember',
  'Product2',
  'PricebookEntry',
  'OpportunityLineItem',
  'OpportunityContactRole',
]);

function currencyField(codes: readonly string[]): FieldDefinition {
  return picklist('CurrencyIsoCode', 'Currency ISO Code', codes, {
    length: 3,
    restricted: true,
    defaultedOnCreate: true,
  });
}

function readOnlyCurrencyField(codes: readonly string[]): FieldDefinition {
  return picklist('CurrencyIsoCode', 'Currency ISO Code', codes, {
    length: 3,
    restricted: true,
    ...READ_ONLY,
  });
}

/** The currency a user's new records are in. */
function defaultCurrencyField(codes: readonly string[]): FieldDefinition {
  return picklist('DefaultCurrencyIsoCode', 'Information Currency', codes, {
    length: 3,
    restricted: true,
    ...READ_ONLY,
  });
}
