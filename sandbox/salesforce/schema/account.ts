import {
  addressFields,
  auditFields,
  field,
  leadingFields,
  lookup,
  number,
  ownerField,
  picklist,
  READ_ONLY,
  text,
} from './field.ts';
import { object, type ObjectDefinition } from './object.ts';
import { ACCOUNT_TYPES, INDUSTRIES, LEAD_SOURCES } from './picklists.ts';

/** Account, with the lengths and flags of a recorded Enterprise org's describe. */
export function accountObject(): ObjectDefinition {
  return object('Account', 'Account', 'Accounts', '001', fields(), { changeEvents: true });
}

function fields(): ObjectDefinition['fields'] {
  return [
    ...leadingFields(),
    lookup('MasterRecordId', 'Master Record ID', 'Account', 'MasterRecord', undefined, {
      ...READ_ONLY,
      hiddenInEvents: true,
    }),
    text('Name', 'Account Name', 255, { required: true, nameField: true, indexed: true }),
    picklist('Type', 'Account Type', ACCOUNT_TYPES),
    lookup('ParentId', 'Parent Account ID', 'Account', 'Parent', 'ChildAccounts'),
    ...addressFields('Billing', 'Billing'),
    ...addressFields('Shipping', 'Shipping'),
    field('Phone', 'Account Phone', 'phone', { length: 40 }),
    field('Fax', 'Account Fax', 'phone', { length: 40 }),
    text('AccountNumber', 'Account Number', 40, { indexed: true }),
    field('Website', 'Website', 'url', { length: 255, indexed: true }),
    text('Sic', 'SIC Code', 20),
    picklist('Industry', 'Industry', INDUSTRIES),
    field('AnnualRevenue', 'Annual Revenue', 'currency', { precision: 18, scale: 0 }),
    field('NumberOfEmployees', 'Employees', 'int', { precision: 8 }),
    picklist('Ownership', 'Ownership', ['Public', 'Private', 'Subsidiary', 'Other']),
    text('TickerSymbol', 'Ticker Symbol', 20),
    field('Description', 'Account Description', 'textarea', { length: 32_000 }),
    picklist('Rating', 'Account Rating', ['Hot', 'Warm', 'Cold']),
    text('Site', 'Account Site', 80),
    ownerField(),
    ...auditFields(),
    field('LastActivityDate', 'Last Activity', 'date', { ...READ_ONLY, hiddenInEvents: true }),
    picklist('AccountSource', 'Account Source', LEAD_SOURCES),
    text('YearStarted', 'Year Started', 4),
    number('NumberofLocations__c', 'Number of Locations', 3),
  ];
}
