import { z } from 'zod';
import type { Property } from '../portal/property.ts';
import { invalid } from '../http/vendor-error.ts';

const optionSchema = z.object({
  label: z.string(),
  value: z.string(),
  displayOrder: z.number().int().default(-1),
  hidden: z.boolean().default(false),
});

/** Body of a property's creation. */
export const propertyCreateSchema = z.object({
  name: z.string(),
  label: z.string(),
  type: z.enum(['string', 'number', 'date', 'datetime', 'enumeration', 'bool']),
  fieldType: z.string(),
  groupName: z.string(),
  description: z.string().optional(),
  options: z.array(optionSchema).optional(),
  hasUniqueValue: z.boolean().optional(),
  hidden: z.boolean().optional(),
});
export type PropertyCreate = z.infer<typeof propertyCreateSchema>;

/** Body of a property's change. `hasUniqueValue` is not among it: it can only be set at creation [D]. */
export const propertyUpdateSchema = z.object({
  label: z.string().optional(),
  description: z.string().optional(),
  groupName: z.string().optional(),
  options: z.array(optionSchema).optional(),
  hidden: z.boolean().optional(),
});

export const groupCreateSchema = z.object({
  name: z.string(),
  label: z.string(),
  displayOrder: z.number().int().optional(),
});

/** Body of a group's change. */
export const groupUpdateSchema = z.object({
  label: z.string().optional(),
  displayOrder: z.number().int().optional(),
});

const FIELD_TYPES: Record<Property['type'], readonly string[]> = {
  string: ['text', 'textarea', 'html', 'phonenumber', 'file', 'calculation_equation'],
  number: ['number', 'calculation_equation'],
  date: ['date'],
  datetime: ['date'],
  enumeration: ['select', 'radio', 'checkbox', 'booleancheckbox', 'calculation_equation'],
  bool: ['booleancheckbox', 'calculation_equation'],
};

/** Refuses combinations that HubSpot refuses. */
export function checkDefinition(definition: PropertyCreate): void {
  const { name, type, fieldType, options = [], hasUniqueValue = false } = definition;
  if (!/^[a-z][a-z0-9_]{0,99}$/.test(name)) {
    throw invalid(
      `Property name ${name} is invalid: names start with a letter and consist of lower-case letters, digits and underscores`,
    );
  }
  if (!FIELD_TYPES[type].includes(fieldType)) {
    throw invalid(`Field type ${fieldType} does not go with type ${type}`);
  }
  if (type === 'enumeration' && options.length === 0) {
    throw invalid(`Property ${name} is an enumeration and needs options`);
  }
  if (fieldType === 'booleancheckbox') checkYesNo(options);
  if (hasUniqueValue && type !== 'string' && type !== 'number') {
    throw invalid(`Properties of type ${type} cannot have unique values`);
  }
}

function checkYesNo(options: readonly { value: string }[]): void {
  const values = options.map(({ value }) => value).sort();
  if (values.join() === 'false,true') return;
  throw invalid('A boolean property needs exactly the options true and false');
}

/** A definition as the Properties API returns it. */
export function presentProperty(property: Property): Record<string, unknown> {
  const { readOnly, hubspotDefined, ...rest } = property;
  return {
    ...rest,
    displayOrder: -1,
    calculated: readOnly && property.name.startsWith('hs_'),
    formField: false,
    hubspotDefined,
    modificationMetadata: {
      archivable: !hubspotDefined,
      readOnlyDefinition: hubspotDefined,
      readOnlyOptions: hubspotDefined,
      readOnlyValue: readOnly,
    },
  };
}
