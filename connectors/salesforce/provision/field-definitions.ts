/**
 * The custom fields Tributary knows how to make, one row each. A field is made when the mapping names it anywhere (as a key
 * field, in a row, or in one of its further sections), or when its row says `always`. To add one, add a row. A field of
 * opportunities that the mapping names on another object is made there alike.
 */
export interface FieldDefinition {
  object: string;
  /** API name with `__c`, at most 40 characters before it. */
  name: string;
  label: string;
  /** What a person reads beside the field; at most 510 characters. */
  help: string;
  type: FieldType;
  /** On the page section "Partner deal" of an opportunity, in the order of the rows. */
  onLayout?: true;
  /** Needed whatever the mapping says, because the connector itself uses it. */
  always?: true;
}

export type FieldType =
  | { type: 'Text'; length: number }
  /** A key of ours: unique and an external id, so that records are written by it and never twice. */
  | { type: 'Key'; length: number; caseSensitive: boolean }
  | { type: 'Number'; precision: number; scale: number }
  | { type: 'Currency'; precision: number; scale: number }
  | { type: 'Checkbox' }
  | { type: 'Date' }
  | { type: 'DateTime' }
  | { type: 'Url' }
  | { type: 'Email' }
  | { type: 'LongTextArea'; length: number; lines: number }
  /** `children` is the relationship's name on the other side; unique there. */
  | { type: 'Lookup'; to: string; children: string };

export const fieldDefinitions: readonly FieldDefinition[] = [
  {
    object: 'Opportunity',
    name: 'Tributary_Deal_Id__c',
    label: 'Tributary Deal Id',
    help: 'The id of the registration this opportunity mirrors. Do not change it: records are written by it.',
    type: { type: 'Key', length: 64, caseSensitive: true },
  },
  {
    object: 'Opportunity',
    name: 'Tributary_Version__c',
    label: 'Tributary Version',
    help: 'Which version of the registration was written last. Kept by Tributary.',
    type: { type: 'Number', precision: 18, scale: 0 },
  },
  {
    object: 'Opportunity',
    name: 'Tributary_Partner__c',
    label: 'Partner',
    help: 'The partner who sourced this deal and earns its commission. Kept by Tributary.',
    type: { type: 'Text', length: 255 },
    onLayout: true,
  },
  {
    object: 'Opportunity',
    name: 'Tributary_Partner_Account__c',
    label: 'Partner Account',
    help: 'The account of the partner who sourced this deal. Kept by Tributary.',
    type: { type: 'Lookup', to: 'Account', children: 'Tributary_Opportunities' },
    onLayout: true,
  },
  {
    object: 'Opportunity',
    name: 'Tributary_Partner_Tier__c',
    label: 'Partner Tier',
    help: 'The tier the partner had when the deal was registered. Kept by Tributary.',
    type: { type: 'Text', length: 80 },
    onLayout: true,
  },
  {
    object: 'Opportunity',
    name: 'Tributary_Partner_Sourced__c',
    label: 'Partner Sourced',
    help: 'A partner brought this deal. Kept by Tributary.',
    type: { type: 'Checkbox' },
    onLayout: true,
  },
  {
    object: 'Opportunity',
    name: 'Tributary_Partner_Influence__c',
    label: 'Partner Influence',
    help: 'How the partner came in: sourced the deal, or influenced one that was there. Kept by Tributary.',
    type: { type: 'Text', length: 40 },
    onLayout: true,
  },
  {
    object: 'Opportunity',
    name: 'Tributary_Protected_Until__c',
    label: 'Protected Until',
    help: 'Until this day no other partner may claim the deal. Empty: no longer protected.',
    type: { type: 'Date' },
    onLayout: true,
  },
  {
    object: 'Opportunity',
    name: 'Tributary_Registration_URL__c',
    label: 'Registration',
    help: 'Opens the partner’s registration of this deal.',
    type: { type: 'Url' },
    onLayout: true,
  },
  {
    object: 'Account',
    name: 'Tributary_Account_Key__c',
    label: 'Tributary Account Key',
    help: 'Tributary’s own key of this account. Do not change it: records are written by it.',
    type: { type: 'Key', length: 255, caseSensitive: false },
  },
  {
    object: 'Contact',
    name: 'Tributary_Contact_Key__c',
    label: 'Tributary Contact Key',
    help: 'Tributary’s own key of this contact. Do not change it: records are written by it.',
    type: { type: 'Key', length: 255, caseSensitive: false },
  },
  {
    object: 'Lead',
    name: 'Tributary_Lead_Key__c',
    label: 'Tributary Lead Key',
    help: 'The id of the registration this lead mirrors. Do not change it: records are written by it.',
    type: { type: 'Key', length: 64, caseSensitive: true },
  },
];
