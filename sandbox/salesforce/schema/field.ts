/** Field types as `describe` names them; only those the sandbox stores. */
export type FieldType =
  | 'id'
  | 'string'
  | 'textarea'
  | 'url'
  | 'phone'
  | 'email'
  | 'picklist'
  | 'reference'
  | 'boolean'
  | 'double'
  | 'currency'
  | 'percent'
  | 'int'
  | 'date'
  | 'datetime';

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
  defaultValue?: string | boolean;
  unique: boolean;
  externalId: boolean;
  caseSensitive: boolean;
  custom: boolean;
  calculated: boolean;
  picklist: readonly string[];
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

/** Marks a field as filled by the platform only. */
export const READ_ONLY: FieldOptions = { createable: false, updateable: false };

/** The fields every object starts with. */
export function leadingFields(): FieldDefinition[] {
  return [
    field('Id', 'Record ID', 'id', {
      length: 18,
      nillable: false,
      defaultedOnCreate: true,
      indexed: true,
      hiddenInEvents: true,
      ...READ_ONLY,
    }),
    field('IsDeleted', 'Deleted', 'boolean', { hiddenInEvents: true, ...READ_ONLY }),
  ];
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

/** A postal address: its parts, which change events deliver as one compound field. */
export function addressFields(prefix: string, label: string): FieldDefinition[] {
  const part = (name: string): FieldOptions => ({ compound: { name: `${prefix}Address`, part: name } });
  return [
    field(`${prefix}Street`, `${label} Street`, 'textarea', { length: 255, ...part('Street') }),
    text(`${prefix}City`, `${label} City`, 40, part('City')),
    text(`${prefix}State`, `${label} State/Province`, 80, part('State')),
    text(`${prefix}PostalCode`, `${label} Zip/Postal Code`, 20, part('PostalCode')),
    text(`${prefix}Country`, `${label} Country`, 80, part('Country')),
    number(`${prefix}Latitude`, `${label} Latitude`, 18, 15, part('Latitude')),
    number(`${prefix}Longitude`, `${label} Longitude`, 18, 15, part('Longitude')),
  ];
}
