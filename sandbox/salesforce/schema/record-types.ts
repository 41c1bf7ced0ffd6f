import { lookup, type FieldDefinition } from './field.ts';
import type { ObjectDefinition } from './object.ts';

/** A record type of an object: which values of its picklists records of this kind may take. */
export interface RecordTypeDefinition {
  object: string;
  developerName: string;
  name: string;
  /** What a record gets that names none. */
  isDefault: boolean;
  /** Accounts of this type are people. */
  personType: boolean;
  /** Values allowed, by picklist field; a field that is absent allows all of its values. */
  picklists: Readonly<Record<string, readonly string[]>>;
}

function recordType(
  object: string,
  developerName: string,
  name: string,
  options: Partial<RecordTypeDefinition> = {},
): RecordTypeDefinition {
  return { object, developerName, name, isDefault: false, personType: false, picklists: {}, ...options };
}

const SALES_RECORD_TYPES: readonly RecordTypeDefinition[] = [
  recordType('Opportunity', 'Direct', 'Direct Sale', { isDefault: true }),
  recordType('Opportunity', 'Partner', 'Partner Deal', {
    picklists: {
      StageName: [
        'Prospecting',
        'Qualification',
        'Proposal/Price Quote',
        'Negotiation/Review',
        'Closed Won',
        'Closed Lost',
      ],
      Type: ['New Customer'],
    },
  }),
  recordType('Account', 'Customer', 'Customer', { isDefault: true }),
  recordType('Account', 'Partner', 'Partner', {
    picklists: { Type: ['Channel Partner / Reseller', 'Installation Partner', 'Technology Partner'] },
  }),
  recordType('Lead', 'Inbound', 'Inbound', { isDefault: true }),
  recordType('Lead', 'Deal_Registration', 'Deal Registration', {
    picklists: { LeadSource: ['Partner Referral'] },
  }),
];

const PERSON_ACCOUNT_RECORD_TYPES: readonly RecordTypeDefinition[] = [
  recordType('Account', 'Business_Account', 'Business Account', { isDefault: true }),
  recordType('Account', 'PersonAccount', 'Person Account', { personType: true }),
];

/** The record types of a preset. */
export function recordTypesOf(preset: string): readonly RecordTypeDefinition[] {
  if (preset === 'record-types') return SALES_RECORD_TYPES;
  return preset === 'person-accounts' ? PERSON_ACCOUNT_RECORD_TYPES : [];
}

/** Puts `RecordTypeId` on every object that has record types. */
export function addRecordTypeFields(
  objects: readonly ObjectDefinition[],
  recordTypes: readonly RecordTypeDefinition[],
): void {
  const withTypes = new Set(recordTypes.map((type) => type.object));
  for (const { name, fields } of objects) if (withTypes.has(name)) fields.push(recordTypeField());
}

/** Says which record type a record has. */
export function recordTypeField(): FieldDefinition {
  return lookup('RecordTypeId', 'Record Type ID', 'RecordType', 'RecordType', undefined, {
    defaultedOnCreate: true,
    permissionable: false,
  });
}
