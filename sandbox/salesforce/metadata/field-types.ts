import type { FieldType } from '../schema/field.ts';

/** What the metadata says of one type of custom field. */
export interface CustomFieldType {
  /** Name that `describe` uses. */
  described: FieldType;
  /** Parts a field of this type must have. */
  needs: readonly string[];
  /** Parts it may have beside those every field may have. */
  allows: readonly string[];
  /** Bounds of `length`, in characters. */
  length?: readonly [least: number, most: number];
  /** Characters, where nobody may say how many. */
  fixedLength?: number;
}

const NUMERIC = { needs: ['precision', 'scale'], allows: ['required', 'defaultValue'] } as const;
const SEARCHED = ['required', 'unique', 'externalId', 'defaultValue'] as const;

/** The types of custom fields this org stores. */
export const CUSTOM_FIELD_TYPES: Readonly<Record<string, CustomFieldType>> = {
  AutoNumber: {
    described: 'string',
    needs: ['displayFormat'],
    allows: ['startingNumber', 'externalId', 'populateExistingRows'],
    fixedLength: 30,
  },
  Checkbox: { described: 'boolean', needs: ['defaultValue'], allows: [] },
  Currency: { described: 'currency', ...NUMERIC },
  Date: { described: 'date', needs: [], allows: ['required', 'defaultValue'] },
  DateTime: { described: 'datetime', needs: [], allows: ['required', 'defaultValue'] },
  Email: { described: 'email', needs: [], allows: SEARCHED, fixedLength: 80 },
  LongTextArea: {
    described: 'textarea',
    needs: ['length', 'visibleLines'],
    allows: ['defaultValue'],
    length: [256, 131_072],
  },
  Lookup: {
    described: 'reference',
    needs: ['referenceTo'],
    allows: ['relationshipName', 'relationshipLabel', 'deleteConstraint', 'required', 'lookupFilter'],
    fixedLength: 18,
  },
  MultiselectPicklist: {
    described: 'multipicklist',
    needs: ['valueSet', 'visibleLines'],
    allows: ['required', 'defaultValue'],
    fixedLength: 4099,
  },
  Number: {
    described: 'double',
    needs: NUMERIC.needs,
    allows: SEARCHED,
  },
  Percent: { described: 'percent', ...NUMERIC },
  Phone: { described: 'phone', needs: [], allows: ['required', 'defaultValue'], fixedLength: 40 },
  Picklist: {
    described: 'picklist',
    needs: ['valueSet'],
    allows: ['required', 'defaultValue'],
    fixedLength: 255,
  },
  Text: {
    described: 'string',
    needs: ['length'],
    allows: [...SEARCHED, 'caseSensitive'],
    length: [1, 255],
  },
  TextArea: { described: 'textarea', needs: [], allows: ['required', 'defaultValue'], fixedLength: 255 },
  Url: { described: 'url', needs: [], allows: ['required', 'defaultValue'], fixedLength: 255 },
};

/** Types that real orgs have and this one does not store. */
export const UNSTORED_TYPES: ReadonlySet<string> = new Set([
  'Array',
  'EncryptedText',
  'ExternalLookup',
  'File',
  'Hierarchy',
  'Html',
  'IndirectLookup',
  'Location',
  'MasterDetail',
  'MetadataRelationship',
  'Summary',
  'Time',
]);

/** Parts that every custom field may have. */
export const COMMON_PARTS: ReadonlySet<string> = new Set([
  'fullName',
  'label',
  'type',
  'description',
  'inlineHelpText',
  'businessOwnerGroup',
  'businessOwnerUser',
  'businessStatus',
  'complianceGroup',
  'securityClassification',
  'trackFeedHistory',
  'trackHistory',
  'trackTrending',
  'deprecated',
  'fieldManageability',
  'isFilteringDisabled',
  'isSortingDisabled',
]);

/** Groups between whose types a field may be changed without losing values. */
export const CONVERTIBLE: readonly (readonly string[])[] = [
  ['Text', 'TextArea', 'Email', 'Phone', 'Url', 'Picklist', 'AutoNumber'],
  ['TextArea', 'LongTextArea'],
  ['Number', 'Currency', 'Percent', 'Text'],
];
