import {
  auditFields,
  field,
  leadingFields,
  lookup,
  number,
  picklist,
  READ_ONLY,
  text,
  type FieldDefinition,
} from './field.ts';
import { object, PLATFORM_ONLY, type ObjectDefinition } from './object.ts';
import { FORECAST_CATEGORIES, FORECAST_CATEGORY_NAMES } from './picklists.ts';

/** Objects that describe the org itself. Clients read them; rows come from the preset. */
export function setupObjects(): ObjectDefinition[] {
  return [organization(), user(), opportunityStage()];
}

/** The currencies of an org with multiple currencies; the object does not exist in any other. */
export function currencyTypeObject(): ObjectDefinition {
  return setup('CurrencyType', 'Currency Type', '01L', [
    text('IsoCode', 'Currency ISO Code', 3, READ_ONLY),
    number('ConversionRate', 'Conversion Rate', 18, 6, READ_ONLY),
    field('DecimalPlaces', 'Decimal Places', 'int', READ_ONLY),
    field('IsActive', 'Active', 'boolean', READ_ONLY),
    field('IsCorporate', 'Corporate Currency', 'boolean', READ_ONLY),
  ]);
}

function organization(): ObjectDefinition {
  return setup('Organization', 'Organization', '00D', [
    text('Name', 'Name', 80, { nameField: true, ...READ_ONLY }),
    picklist('OrganizationType', 'Edition', ['Enterprise Edition'], READ_ONLY),
    text('InstanceName', 'Instance Name', 5, READ_ONLY),
    field('IsSandbox', 'Is Sandbox', 'boolean', READ_ONLY),
    picklist('LanguageLocaleKey', 'Language', ['en_US', 'de'], READ_ONLY),
    picklist('TimeZoneSidKey', 'Time Zone', ['America/Los_Angeles', 'UTC'], READ_ONLY),
    text('NamespacePrefix', 'Namespace Prefix', 15, READ_ONLY),
  ]);
}

function user(): ObjectDefinition {
  return setup('User', 'User', '005', [
    text('Username', 'Username', 80, { indexed: true, ...READ_ONLY }),
    text('LastName', 'Last Name', 80, READ_ONLY),
    text('FirstName', 'First Name', 40, READ_ONLY),
    text('Name', 'Full Name', 121, { nameField: true, indexed: true, ...READ_ONLY }),
    field('Email', 'Email', 'email', { length: 128, ...READ_ONLY }),
    text('Alias', 'Alias', 8, READ_ONLY),
    field('IsActive', 'Active', 'boolean', READ_ONLY),
    picklist('UserType', 'User Type', ['Standard', 'PowerPartner', 'AutomatedProcess'], READ_ONLY),
    text('ProfileId', 'Profile ID', 18, READ_ONLY),
    picklist('LanguageLocaleKey', 'Language', ['en_US', 'de'], READ_ONLY),
    picklist('TimeZoneSidKey', 'Time Zone', ['America/Los_Angeles', 'UTC'], READ_ONLY),
  ]);
}

function opportunityStage(): ObjectDefinition {
  return setup('OpportunityStage', 'Opportunity Stage', '01J', [
    text('MasterLabel', 'Master Label', 255, READ_ONLY),
    text('ApiName', 'API Name', 255, READ_ONLY),
    field('IsActive', 'Is Active', 'boolean', READ_ONLY),
    field('SortOrder', 'Sort Order', 'int', READ_ONLY),
    field('IsClosed', 'Closed', 'boolean', READ_ONLY),
    field('IsWon', 'Won', 'boolean', READ_ONLY),
    picklist('ForecastCategory', 'Forecast Category', FORECAST_CATEGORIES, READ_ONLY),
    picklist('ForecastCategoryName', 'Forecast Category Name', FORECAST_CATEGORY_NAMES, READ_ONLY),
    field('DefaultProbability', 'Probability (%)', 'percent', { precision: 3, ...READ_ONLY }),
    text('Description', 'Description', 255, READ_ONLY),
  ]);
}

function setup(name: string, label: string, prefix: string, fields: FieldDefinition[]): ObjectDefinition {
  return object(
    name,
    label,
    `${label}s`,
    prefix,
    [...leadingFields(), ...fields, ...auditFields()],
    PLATFORM_ONLY,
  );
}

/** The currency field an org with multiple currencies puts on every object that holds money. */
export function currencyField(codes: readonly string[]): FieldDefinition {
  return picklist('CurrencyIsoCode', 'Currency ISO Code', codes, {
    length: 3,
    restricted: true,
    defaultedOnCreate: true,
  });
}

/** The same on rows that clients only read. */
export function readOnlyCurrencyField(codes: readonly string[]): FieldDefinition {
  return picklist('CurrencyIsoCode', 'Currency ISO Code', codes, {
    length: 3,
    restricted: true,
    ...READ_ONLY,
  });
}

/** The currency a user's new records are in. */
export function defaultCurrencyField(codes: readonly string[]): FieldDefinition {
  return picklist('DefaultCurrencyIsoCode', 'Information Currency', codes, {
    length: 3,
    restricted: true,
    ...READ_ONLY,
  });
}

/** Makes a lookup for a custom field, with the `__r` names the platform derives. */
export function customLookup(name: string, label: string, target: string, children: string): FieldDefinition {
  return lookup(name, label, target, name.replace(/__c$/, '__r'), `${children}__r`);
}
