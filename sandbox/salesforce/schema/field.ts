/** Field types as `describe` names them; only those the sandbox stores. */
export const FIELD_TYPES = [
  'id',
  'string',
  'textarea',
  'url',
  'phone',
  'email',
  'picklist',
  'multipicklist',
  'combobox',
  'reference',
  'boolean',
  'double',
  'currency',
  'percent',
  'int',
  'date',
  'datetime',
  'time',
  'base64',
  'address',
  'location',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** One field of an object, as data. */
export interface FieldDefinition {
  name: string;
  label: string;
  type: FieldType;
  /** Characters; 0 for types that have none. */
  length: number;
  precision: number;
  scale: number;
  /** A create without it (and an update to null) is refused. */
  required: boolean;
  nillable: boolean;
  createable: boolean;
  updateable: boolean;
  /** The platform fills it in when a create leaves it out. */
  defaultedOnCreate: boolean;
  defaultValue?: string | boolean | number;
  unique: boolean;
  externalId: boolean;
  caseSensitive: boolean;
  custom: boolean;
  calculated: boolean;
  /** The picklist value that pages preselect. */
  preselected?: string;
  /** Active values. */
  picklist: readonly string[];
  /** Values that records still hold but that can no longer be chosen. */
  inactive?: readonly string[];
  /** Labels of values, where they are not the values themselves. */
  labels?: Readonly<Record<string, string>>;
  /** Only the listed values are accepted. */
  restricted: boolean;
  referenceTo: readonly string[];
  /** Name under which SOQL reaches the parent, e.g. `Account`. */
  relationshipName?: string;
  /** Name under which the parent's SOQL reaches these children, e.g. `Opportunities`. */
  childRelationshipName?: string;
  /** SOQL equality and IN find rows without a scan. */
  indexed: boolean;
  /** May stand in WHERE. Long text areas may not. */
  filterable: boolean;
  nameField: boolean;
  /** Part of this compound field in change events, e.g. `BillingAddress`. */
  compound?: { name: string; part: string };
  /** Absent from change events. */
  hiddenInEvents: boolean;
  /** The compound field `describe` names; by default that of {@link compound}. */
  compoundName?: string;
  /** `describe`'s extraTypeInfo. */
  extraType?: string;
  /** Usable as a key in `GET` and upsert paths beside external ids. */
  idLookup?: boolean;
  /** Field permissions can be set; by default for everything optional and writable. */
  permissionable?: boolean;
  /** Display format such as `{00000000}`: the platform numbers new records. */
  autoNumber?: string;
  /** A formula, as `describe` shows it; its value is worked out on reading. */
  formula?: string;
  /** What becomes of the child when the parent of this lookup is deleted. */
  onParentDelete?: { cascade?: boolean; restrict?: boolean };
  /** Master-detail: a required parent that owns the record. */
  masterDetail?: boolean;
  /** What pages say beside the field. */
  inlineHelpText?: string;
  /** First API version that has the field. */
  since?: number;
  /** The time of creation through the API is noted here: the record then counts as viewed. */
  viewed?: boolean;
  /** Present only where an administrator made it visible; absent from the recorded org. */
  optional?: boolean;
}

export type FieldOptions = Partial<Omit<FieldDefinition, 'name' | 'label' | 'type'>>;

/** Defines a field; what is left out is that of a plain, writable, optional field. */
export function field(
  name: string,
  label: string,
  type: FieldType,
  options: FieldOptions = {},
): FieldDefinition {
  return {
    name,
    label,
    type,
    length: 0,
    precision: 0,
    scale: 0,
    required: false,
    nillable: options.required !== true && type !== 'boolean',
    createable: true,
    updateable: true,
    defaultedOnCreate: type === 'boolean',
    unique: false,
    externalId: false,
    caseSensitive: false,
    custom: name.endsWith('__c'),
    calculated: false,
    picklist: [],
    restricted: false,
    referenceTo: [],
    indexed:
      options.unique === true || options.externalId === true || type === 'reference' || type === 'email',
    filterable: !(type === 'textarea' && (options.length ?? 0) > 255),
    nameField: false,
    hiddenInEvents: false,
    ...options,
  };
}

/** A text field. */
export function text(
  name: string,
  label: string,
  length: number,
  options: FieldOptions = {},
): FieldDefinition {
  return field(name, label, 'string', { length, ...options });
}

/** A number of at most `precision` digits, `scale` of them after the point. */
export function number(
  name: string,
  label: string,
  precision: number,
  scale = 0,
  options: FieldOptions = {},
): FieldDefinition {
  return field(name, label, 'double', { precision, scale, ...options });
}

/** A picklist; unrestricted (other values are accepted through the API) unless said otherwise. */
export function picklist(
  name: string,
  label: string,
  values: readonly string[],
  options: FieldOptions = {},
): FieldDefinition {
  return field(name, label, 'picklist', { length: 40, picklist: values, ...options });
}

/** A lookup. `children` names the relationship seen from the parent. */
export function lookup(
  name: string,
  label: string,
  target: string,
  relationshipName: string,
  children: string | undefined,
  options: FieldOptions = {},
): FieldDefinition {
  return field(name, label, 'reference', {
    length: 18,
    referenceTo: [target],
    relationshipName,
    ...(children === undefined ? {} : { childRelationshipName: children }),
    ...options,
  });
}

/** Makes a lookup for a custom field, with the `__r` names the platform derives. */
export function customLookup(name: string, label: string, target: string, children: string): FieldDefinition {
  return lookup(name, label, target, name.replace(/__c$/, '__r'), `${children}__r`);
}

/** Marks a field as filled by the platform only. */
export const READ_ONLY: FieldOptions = { createable: false, updateable: false };

/** The record id. */
export function idField(label = 'Record ID'): FieldDefinition {
  return field('Id', label, 'id', {
    length: 18,
    nillable: false,
    defaultedOnCreate: true,
    indexed: true,
    hiddenInEvents: true,
    ...READ_ONLY,
  });
}

/** Whether the record is in the recycle bin. */
export function isDeletedField(): FieldDefinition {
  return field('IsDeleted', 'Deleted', 'boolean', { hiddenInEvents: true, ...READ_ONLY });
}

/** Who and when: the audit fields. `SystemModstamp` is what polls page by. */
export function auditFields(): FieldDefinition[] {
  const system = { nillable: false, defaultedOnCreate: true, ...READ_ONLY };
  return [
    field('CreatedDate', 'Created Date', 'datetime', system),
    lookup('CreatedById', 'Created By ID', 'User', 'CreatedBy', undefined, { ...system, indexed: false }),
    field('LastModifiedDate', 'Last Modified Date', 'datetime', system),
    lookup('LastModifiedById', 'Last Modified By ID', 'User', 'LastModifiedBy', undefined, {
      ...system,
      indexed: false,
    }),
    field('SystemModstamp', 'System Modstamp', 'datetime', { ...system, hiddenInEvents: true }),
  ];
}

/** The record owner, by default whoever creates the record. */
export function ownerField(): FieldDefinition {
  return lookup('OwnerId', 'Owner ID', 'User', 'Owner', undefined, {
    nillable: false,
    defaultedOnCreate: true,
    indexed: false,
  });
}

/** A postal address: its parts, which change events deliver as one compound field, and the compound itself, which is only read. */
export function addressFields(prefix: string, options: FieldOptions = {}): FieldDefinition[] {
  const label = (part: string) => (prefix === '' ? part : `${prefix} ${part}`);
  const part = (name: string): FieldOptions => ({
    compound: { name: `${prefix}Address`, part: name },
    ...options,
  });
  return [
    field(`${prefix}Street`, label('Street'), 'textarea', { length: 255, ...part('Street') }),
    text(`${prefix}City`, label('City'), 40, part('City')),
    text(`${prefix}State`, label('State/Province'), 80, part('State')),
    text(`${prefix}PostalCode`, label('Zip/Postal Code'), 20, part('PostalCode')),
    text(`${prefix}Country`, label('Country'), 80, part('Country')),
    number(`${prefix}Latitude`, label('Latitude'), 18, 15, part('Latitude')),
    number(`${prefix}Longitude`, label('Longitude'), 18, 15, part('Longitude')),
    picklist(`${prefix}GeocodeAccuracy`, label('Geocode Accuracy'), GEOCODE_ACCURACIES, {
      restricted: true,
      ...part('GeocodeAccuracy'),
    }),
    field(`${prefix}Address`, label('Address'), 'address', { ...READ_ONLY, hiddenInEvents: true }),
  ];
}

const GEOCODE_ACCURACIES = [
  'Address',
  'NearAddress',
  'Block',
  'Street',
  'ExtendedZip',
  'Zip',
  'Neighborhood',
  'City',
  'County',
  'State',
  'Unknown',
] as const;

/** The fields nearly every object starts with. */
export function leadingFields(): FieldDefinition[] {
  return [idField(), isDeletedField()];
}

/** The parts a person's name is put together from, and the whole. */
export function personNameFields(): FieldDefinition[] {
  const part = (name: string): FieldOptions => ({
    extraType: 'personname',
    permissionable: false,
    compound: { name: 'Name', part: name },
  });
  return [
    text('LastName', 'Last Name', 80, { required: true, ...part('LastName') }),
    text('FirstName', 'First Name', 40, part('FirstName')),
    picklist('Salutation', 'Salutation', ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.'], part('Salutation')),
    text('Name', 'Full Name', 121, {
      nillable: false,
      nameField: true,
      indexed: true,
      hiddenInEvents: true,
      extraType: 'personname',
      ...READ_ONLY,
    }),
  ];
}

/** When the record was last looked at. */
export function viewedFields(): FieldDefinition[] {
  const options: FieldOptions = { ...READ_ONLY, hiddenInEvents: true, viewed: true };
  return [
    field('LastViewedDate', 'Last Viewed Date', 'datetime', options),
    field('LastReferencedDate', 'Last Referenced Date', 'datetime', options),
  ];
}
