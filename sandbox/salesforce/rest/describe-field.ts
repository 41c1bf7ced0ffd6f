import type { FieldDefinition, FieldType } from '../schema/field.ts';

const SOAP_TYPES: Partial<Record<FieldType, string>> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  boolean: 'xsd:boolean',
  double: 'xsd:double',
  currency: 'xsd:double',
  percent: 'xsd:double',
  int: 'xsd:int',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
};

/** One field as `describe` shows it: the keys of a recorded org's answer. */
export function describeField(field: FieldDefinition): Record<string, unknown> {
  return {
    ...rights(field),
    ...kind(field),
    ...relations(field),
    ...UNUSED,
    name: field.name,
    label: field.label,
  };
}

function rights(field: FieldDefinition): Record<string, unknown> {
  return {
    createable: field.createable,
    updateable: field.updateable,
    nillable: field.nillable,
    defaultedOnCreate: field.defaultedOnCreate,
    defaultValue: field.defaultValue ?? (field.type === 'boolean' ? false : null),
    unique: field.unique,
    externalId: field.externalId,
    caseSensitive: field.caseSensitive,
    idLookup: field.externalId || field.type === 'id' || (field.type === 'email' && field.name === 'Email'),
    custom: field.custom,
    calculated: field.calculated,
    filterable: field.filterable,
    sortable: field.filterable,
    groupable: field.filterable && !['currency', 'double', 'percent', 'datetime'].includes(field.type),
    aggregatable: field.filterable && field.type !== 'boolean',
    permissionable: field.createable && !field.required && field.type !== 'boolean',
    nameField: field.nameField,
  };
}

function kind(field: FieldDefinition): Record<string, unknown> {
  return {
    type: field.type,
    soapType: SOAP_TYPES[field.type] ?? 'xsd:string',
    length: field.length,
    byteLength: field.length * 3,
    precision: field.type === 'int' ? 0 : field.precision,
    scale: field.scale,
    digits: field.type === 'int' ? field.precision : 0,
    picklistValues: field.picklist.map((value) => ({
      active: true,
      defaultValue: false,
      label: value,
      validFor: null,
      value,
    })),
    restrictedPicklist: field.restricted,
    compoundFieldName: field.compound?.name ?? null,
  };
}

function relations(field: FieldDefinition): Record<string, unknown> {
  return {
    referenceTo: field.referenceTo,
    relationshipName: field.relationshipName ?? null,
    relationshipOrder: null,
    referenceTargetField: null,
    polymorphicForeignKey: false,
    namePointing: false,
    cascadeDelete: false,
    restrictedDelete: false,
    writeRequiresMasterRead: false,
  };
}

/** Features no field of this org uses; clients expect the keys all the same. */
const UNUSED = {
  autoNumber: false,
  calculatedFormula: null,
  controllerName: null,
  defaultValueFormula: null,
  dependentPicklist: false,
  deprecatedAndHidden: false,
  displayLocationInDecimal: false,
  encrypted: false,
  extraTypeInfo: null,
  filteredLookupInfo: null,
  highScaleNumber: false,
  htmlFormatted: false,
  inlineHelpText: null,
  mask: null,
  maskType: null,
  queryByDistance: false,
  searchPrefilterable: false,
} as const;
