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
  time: 'xsd:time',
  base64: 'xsd:base64Binary',
  address: 'urn:address',
  location: 'urn:location',
};

/** One field as `describe` shows it: the keys of a recorded org's answer, in their order. */
export function describeField(field: FieldDefinition): Record<string, unknown> {
  const shown = { ...rights(field), ...kind(field), ...relations(field), ...UNUSED, name: field.name };
  return Object.fromEntries(Object.entries({ ...shown, label: field.label }).sort(byKey));
}

function byKey([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : 1;
}

function rights(field: FieldDefinition): Record<string, unknown> {
  return {
    createable: field.createable,
    updateable: field.updateable,
    nillable: field.nillable,
    defaultedOnCreate: field.defaultedOnCreate,
    defaultValue: field.type === 'boolean' ? (field.defaultValue ?? false) : null,
    unique: field.unique,
    externalId: field.externalId,
    caseSensitive: field.caseSensitive,
    idLookup: field.externalId || field.type === 'id' || field.idLookup === true,
    custom: field.custom,
    calculated: field.calculated,
    calculatedFormula: field.formula ?? null,
    permissionable: field.permissionable ?? isPermissionable(field),
    nameField: field.nameField,
    inlineHelpText: field.inlineHelpText ?? null,
    ...queryRights(field),
  };
}

/** Permissions are set on what is optional and writable, on checkboxes, and on the compound that stands for its parts. */
function isPermissionable(field: FieldDefinition): boolean {
  if (isCompound(field)) return true;
  // Whoever sees the record sees its currency.
  if (field.name === 'CurrencyIsoCode') return false;
  if (field.custom && field.calculated) return true;
  return field.createable && (field.nillable || field.type === 'boolean');
}

function queryRights(field: FieldDefinition): Record<string, boolean> {
  const { filterable, type } = field;
  const isPlain = filterable && !isCompound(field) && type !== 'multipicklist';
  return {
    filterable,
    sortable: isPlain,
    groupable: isPlain && !['currency', 'double', 'percent', 'datetime'].includes(type),
    aggregatable: isPlain && type !== 'boolean',
    queryByDistance: isCompound(field),
    searchPrefilterable: type === 'reference' && field.createable && field.updateable && field.nillable,
  };
}

function isCompound(field: FieldDefinition): boolean {
  return field.type === 'address' || field.type === 'location';
}

function kind(field: FieldDefinition): Record<string, unknown> {
  const isReference = field.type === 'id' || field.type === 'reference';
  return {
    type: field.type,
    soapType: SOAP_TYPES[field.type] ?? 'xsd:string',
    length: field.length,
    // Up to three bytes a character; ids are plain.
    byteLength: isReference ? field.length : field.length * 3,
    precision: field.type === 'int' ? 0 : field.precision,
    scale: field.scale,
    digits: field.type === 'int' ? field.precision : 0,
    picklistValues: [
      ...field.picklist.map((value) => picklistValue(field, value, true)),
      ...(field.inactive ?? []).map((value) => picklistValue(field, value, false)),
    ],
    restrictedPicklist: field.restricted,
    compoundFieldName: field.compoundName ?? field.compound?.name ?? null,
    extraTypeInfo: field.extraType ?? (field.type === 'textarea' ? 'plaintextarea' : null),
    autoNumber: field.autoNumber !== undefined,
    htmlFormatted: false,
  };
}

function picklistValue(field: FieldDefinition, value: string, active: boolean): Record<string, unknown> {
  return {
    active,
    defaultValue: field.preselected === value,
    label: field.labels?.[value] ?? value,
    validFor: null,
    value,
  };
}

function relations(field: FieldDefinition): Record<string, unknown> {
  const isPolymorphic = field.referenceTo.length > 1;
  return {
    referenceTo: field.referenceTo,
    relationshipName: field.relationshipName ?? null,
    relationshipOrder: field.masterDetail === true ? 0 : null,
    referenceTargetField: null,
    polymorphicForeignKey: isPolymorphic,
    namePointing: isPolymorphic,
    cascadeDelete: field.masterDetail === true,
    restrictedDelete: false,
    writeRequiresMasterRead: false,
  };
}

/** Features no field of this org uses; clients expect the keys all the same. */
const UNUSED = {
  controllerName: null,
  defaultValueFormula: null,
  dependentPicklist: false,
  deprecatedAndHidden: false,
  displayLocationInDecimal: false,
  encrypted: false,
  filteredLookupInfo: null,
  highScaleNumber: false,
  mask: null,
  maskType: null,
} as const;
