import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType, Schema } from '../schema/schema.ts';
import type { CustomFieldContent } from './field-shape.ts';
import {
  COMMON_PARTS,
  CONVERTIBLE,
  CUSTOM_FIELD_TYPES,
  UNSTORED_TYPES,
  type CustomFieldType,
} from './field-types.ts';
import { integrity, MetadataError, missing } from './metadata-error.ts';

const MAX_DIGITS = 18;
const MAX_LABEL = 40;
const MAX_HELP = 510;
const MAX_DESCRIPTION = 1000;
const MAX_NAME = 40;
const MAX_VALUES = 1000;

/** Refuses a name no custom field may have. `name` is without its object. */
export function checkFieldName(name: string): void {
  if (!name.endsWith('__c')) throw integrity('fullName must end with: __c', 'fullName');
  checkDeveloperName(name.slice(0, -'__c'.length), MAX_NAME);
}

/** Refuses a developer name that is too long or has signs it may not have. */
export function checkDeveloperName(name: string, most = 80): void {
  if (name.length > most) {
    throw new MetadataError('STRING_TOO_LONG', `Name: data value too large: ${name} (max length=${most})`, [
      'fullName',
    ]);
  }
  if (!/^[A-Za-z](?!.*__)\w*$/.test(name) || name.endsWith('_')) {
    throw integrity(
      `'${name}' is no developer name: letters, digits and single underscores, a letter first, no underscore last`,
      'fullName',
    );
  }
}

/** Refuses what contradicts itself or its type. Returns the type's rules. */
export function checkFieldContent(content: CustomFieldContent): CustomFieldType {
  if (content.label === undefined)
    throw integrity('Must specify a non-empty label for the CustomField', 'label');
  checkText('Field Label', 'label', content.label, MAX_LABEL);
  checkText('Help Text', 'inlineHelpText', content.inlineHelpText, MAX_HELP);
  checkText('Description', 'description', content.description, MAX_DESCRIPTION);
  const type = typeOf(content);
  checkParts(content, type);
  checkSize(content, type);
  checkValues(content);
  return type;
}

function typeOf(content: CustomFieldContent): CustomFieldType {
  if (content.type === undefined) throw missing('type');
  const type = Object.hasOwn(CUSTOM_FIELD_TYPES, content.type) ? CUSTOM_FIELD_TYPES[content.type] : undefined;
  if (type !== undefined && content.formula === undefined) return type;
  if (content.formula !== undefined || UNSTORED_TYPES.has(content.type)) {
    const what = content.formula === undefined ? content.type : 'formula';
    throw new MetadataError('UNKNOWN_EXCEPTION', `sandbox: this org does not store fields of type ${what}`, [
      'type',
    ]);
  }
  throw new MetadataError('INVALID_TYPE', `'${content.type}' is not a valid value for the enum 'FieldType'`, [
    'type',
  ]);
}

function checkText(label: string, part: string, text: string | undefined, most: number): void {
  if (text === undefined || text.length <= most) return;
  throw new MetadataError('STRING_TOO_LONG', `${label}: data value too large: ${text} (max length=${most})`, [
    part,
  ]);
}

function checkParts(content: CustomFieldContent, type: CustomFieldType): void {
  const given: Readonly<Record<string, unknown>> = content;
  const named = content.type ?? '';
  for (const part of type.needs) {
    if (given[part] === undefined)
      throw integrity(`Must specify '${part}' for a CustomField of type ${named}`, part);
  }
  for (const part of Object.keys(content)) {
    if (given[part] === undefined || COMMON_PARTS.has(part)) continue;
    if (!type.needs.includes(part) && !type.allows.includes(part))
      throw integrity(`Can not specify '${part}' for a CustomField of type ${named}`, part);
  }
  if (content.caseSensitive === true && content.unique !== true)
    throw integrity("Can not specify 'caseSensitive' for a field that is not unique", 'caseSensitive');
}

function checkSize(content: CustomFieldContent, type: CustomFieldType): void {
  const named = content.type ?? '';
  if (type.length !== undefined) checkRange(named, 'length', content.length ?? 0, ...type.length);
  if (!type.needs.includes('precision')) return;
  const { precision = 0, scale = 0 } = content;
  checkRange(named, 'precision', precision, 1, MAX_DIGITS);
  checkRange(named, 'scale', scale, 0, Math.min(MAX_DIGITS - 1, precision));
}

function checkRange(type: string, part: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw integrity(`'${part}' of a CustomField of type ${type} must be between ${least} and ${most}`, part);
}

function checkValues(content: CustomFieldContent): void {
  const { valueSet } = content;
  if (valueSet === undefined) return;
  const values = valueSet.valueSetDefinition?.value ?? [];
  if (valueSet.valueSetName !== undefined) {
    throw new MetadataError(
      'INVALID_CROSS_REFERENCE_KEY',
      `In field: valueSet - no GlobalValueSet named ${valueSet.valueSetName} found`,
    );
  }
  if (values.length === 0) throw integrity('A picklist needs at least one value', 'valueSet');
  if (values.length > MAX_VALUES) throw integrity(`A picklist has at most ${MAX_VALUES} values`, 'valueSet');
  const seen = new Set<string>();
  for (const { fullName } of values) {
    const key = fullName.toLowerCase();
    if (seen.has(key))
      throw new MetadataError('DUPLICATE_VALUE', `Duplicate value: ${fullName}`, ['valueSet']);
    seen.add(key);
    if (fullName.length > 255) checkText('Picklist value', 'valueSet', fullName, 255);
  }
  if (values.filter((value) => value.default === true).length > 1)
    throw integrity('A picklist has at most one default value', 'valueSet');
}

/** Refuses a lookup to an object that is not there, or under a name that the parent's children already bear. */
export function checkRelationship(
  schema: Schema,
  content: CustomFieldContent,
  own: FieldDefinition | undefined,
): void {
  if (content.type !== 'Lookup') return;
  const target = schema.object(content.referenceTo ?? '');
  if (target === undefined) {
    throw integrity(
      `referenceTo value of '${content.referenceTo ?? ''}' does not resolve to a valid sObject type`,
    );
  }
  if (content.deleteConstraint === 'SetNull' && content.required === true)
    throw integrity("A required lookup can not have the deleteConstraint 'SetNull'", 'deleteConstraint');
  if (content.relationshipName !== undefined) checkChildName(target, content.relationshipName, own);
}

function checkChildName(target: ObjectType, name: string, own: FieldDefinition | undefined): void {
  checkDeveloperName(name);
  const wanted = `${name}__r`.toLowerCase();
  const taken = [
    ...target.children
      .filter((child) => child.field.name !== own?.name)
      .map((child) => child.field.childRelationshipName?.toLowerCase()),
    ...target.definition.otherChildren.map((child) => child.relationship?.toLowerCase()),
  ];
  if (!taken.includes(wanted)) return;
  throw new MetadataError(
    'DUPLICATE_DEVELOPER_NAME',
    `There is already a Child Relationship named ${name} on ${target.definition.label}.`,
    ['relationshipName'],
  );
}

/** Refuses a change of type that would lose values. */
export function checkConversion(from: string | undefined, to: string | undefined): void {
  if (from === to || from === undefined || to === undefined) return;
  if (CONVERTIBLE.some((group) => group.includes(from) && group.includes(to))) return;
  throw integrity(`Cannot update a field from a ${from} to something else`, 'type');
}
