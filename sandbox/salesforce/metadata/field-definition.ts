import { field, type FieldDefinition, type FieldOptions } from '../schema/field.ts';
import type { CustomFieldContent, PickValue } from './field-shape.ts';
import { CUSTOM_FIELD_TYPES } from './field-types.ts';
import { integrity } from './metadata-error.ts';
import { withoutUndefined, type Plain } from './plain.ts';

/** The field of the schema that a custom field stands for. Throws when its default is a formula this org cannot work out. */
export function fieldDefinition(name: string, content: CustomFieldContent): FieldDefinition {
  const type = CUSTOM_FIELD_TYPES[content.type ?? ''];
  if (type === undefined) throw new Error(`no custom field type ${content.type ?? ''}`);
  const options: FieldOptions = {
    length: content.length ?? type.fixedLength ?? 0,
    precision: content.precision ?? 0,
    scale: content.scale ?? 0,
    required: content.required === true,
    unique: content.unique === true,
    externalId: content.externalId === true,
    caseSensitive: content.caseSensitive === true,
    ...(content.inlineHelpText === undefined ? {} : { inlineHelpText: content.inlineHelpText }),
    ...valuesOf(content),
    ...relationOf(name, content),
    ...defaultOf(content),
    ...numbering(content),
  };
  return field(name, content.label ?? name, type.described, options);
}

function valuesOf(content: CustomFieldContent): FieldOptions {
  const { valueSet } = content;
  if (valueSet === undefined) return {};
  const values = valueSet.valueSetDefinition?.value ?? [];
  const names = (wanted: (value: PickValue) => boolean) =>
    values.filter(wanted).map((value) => value.fullName);
  const inactive = names((value) => value.isActive === false);
  const [preselected] = names((value) => value.default === true);
  return {
    picklist: names((value) => value.isActive !== false),
    restricted: valueSet.restricted === true,
    ...(inactive.length === 0 ? {} : { inactive }),
    ...(preselected === undefined ? {} : { preselected, defaultValue: preselected }),
  };
}

function relationOf(name: string, content: CustomFieldContent): FieldOptions {
  if (content.referenceTo === undefined) return {};
  return {
    referenceTo: [content.referenceTo],
    relationshipName: name.replace(/__c$/, '__r'),
    ...(content.relationshipName === undefined
      ? {}
      : { childRelationshipName: `${content.relationshipName}__r` }),
    ...(content.deleteConstraint === 'Cascade' ? { onParentDelete: { cascade: true } } : {}),
    ...(content.deleteConstraint === 'Restrict' ? { onParentDelete: { restrict: true } } : {}),
  };
}

function numbering(content: CustomFieldContent): FieldOptions {
  if (content.type !== 'AutoNumber') return {};
  return {
    autoNumber: content.displayFormat ?? '{0}',
    nillable: false,
    createable: false,
    updateable: false,
    defaultedOnCreate: true,
  };
}

function defaultOf(content: CustomFieldContent): FieldOptions {
  const { defaultValue, type } = content;
  if (defaultValue === undefined) return {};
  if (type === 'Checkbox') return { defaultValue: defaultValue === 'true' };
  const quoted = /^"(.*)"$/s.exec(defaultValue)?.[1];
  if (quoted !== undefined) return { defaultValue: quoted };
  if (['Number', 'Currency', 'Percent'].includes(type ?? '') && /^-?\d+(\.\d+)?$/.test(defaultValue))
    return { defaultValue: Number(defaultValue) };
  throw integrity(
    `sandbox: this org works out no formula as a default value: ${defaultValue}`,
    'defaultValue',
  );
}

/** The other way round: how an author would have described a field that the org was founded with. */
export function describeAsMetadata(definition: FieldDefinition): Plain {
  const type = metadataType(definition);
  const rules = CUSTOM_FIELD_TYPES[type];
  const says = (part: string) =>
    rules?.needs.includes(part) === true || rules?.allows.includes(part) === true;
  return withoutUndefined({
    label: definition.label,
    type,
    length: says('length') ? definition.length : undefined,
    precision: says('precision') ? definition.precision : undefined,
    scale: says('scale') ? definition.scale : undefined,
    required: says('required') ? definition.required : undefined,
    unique: says('unique') ? definition.unique : undefined,
    externalId: says('externalId') ? definition.externalId : undefined,
    caseSensitive: definition.unique && says('caseSensitive') ? definition.caseSensitive : undefined,
    visibleLines: says('visibleLines') ? 3 : undefined,
    defaultValue: type === 'Checkbox' ? String(definition.defaultValue ?? false) : undefined,
    displayFormat: definition.autoNumber,
    referenceTo: definition.referenceTo[0],
    relationshipName: definition.childRelationshipName?.replace(/__r$/, ''),
    valueSet: says('valueSet') ? describeValues(definition) : undefined,
  });
}

function metadataType(definition: FieldDefinition): string {
  if (definition.autoNumber !== undefined) return 'AutoNumber';
  if (definition.type === 'textarea') return definition.length > 255 ? 'LongTextArea' : 'TextArea';
  if (definition.type === 'int') return 'Number';
  const found = Object.entries(CUSTOM_FIELD_TYPES).find(
    ([name, type]) => name !== 'AutoNumber' && type.described === definition.type,
  );
  return found?.[0] ?? 'Text';
}

function describeValues(definition: FieldDefinition): Plain {
  const value = (isActive: boolean) => (fullName: string) => ({
    fullName,
    default: fullName === definition.preselected,
    ...(isActive ? {} : { isActive }),
    label: fullName,
  });
  return {
    restricted: definition.restricted,
    valueSetDefinition: {
      sorted: false,
      value: [...definition.picklist.map(value(true)), ...(definition.inactive ?? []).map(value(false))],
    },
  };
}
