import { customLookup, field, number, text, type FieldDefinition } from './field.ts';

/** The custom fields Tributary deploys, by object, as an org has them after provisioning. */
export const TRIBUTARY_FIELDS: Readonly<Record<string, readonly FieldDefinition[]>> = {
  Opportunity: [
    text('Tributary_Deal_Id__c', 'Tributary Deal Id', 64, {
      externalId: true,
      unique: true,
      caseSensitive: true,
    }),
    number('Tributary_Version__c', 'Tributary Version', 18, 0),
    text('Tributary_Partner__c', 'Tributary Partner', 255),
    customLookup(
      'Tributary_Partner_Account__c',
      'Tributary Partner Account',
      'Account',
      'Tributary_Opportunities',
    ),
    text('Tributary_Partner_Influence__c', 'Tributary Partner Influence', 40),
    text('Tributary_Partner_Tier__c', 'Tributary Partner Tier', 80),
    field('Tributary_Partner_Sourced__c', 'Tributary Partner Sourced', 'boolean', { defaultValue: false }),
    field('Tributary_Registration_URL__c', 'Tributary Registration URL', 'url', { length: 255 }),
    field('Tributary_Protected_Until__c', 'Tributary Protected Until', 'date'),
  ],
  Lead: [
    text('Tributary_Lead_Key__c', 'Tributary Lead Key', 64, {
      externalId: true,
      unique: true,
      caseSensitive: true,
    }),
    number('Tributary_Version__c', 'Tributary Version', 18, 0),
    text('Tributary_Partner__c', 'Tributary Partner', 255),
    field('Tributary_Registration_URL__c', 'Tributary Registration URL', 'url', { length: 255 }),
    field('Tributary_Protected_Until__c', 'Tributary Protected Until', 'date'),
  ],
  Account: [
    text('Tributary_Account_Key__c', 'Tributary Account Key', 255, { externalId: true, unique: true }),
  ],
  Contact: [
    text('Tributary_Contact_Key__c', 'Tributary Contact Key', 255, { externalId: true, unique: true }),
  ],
};
