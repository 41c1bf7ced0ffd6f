import { z } from 'zod';
import { field, FIELD_TYPES, type FieldDefinition, type FieldOptions } from './field.ts';
import { object, type ObjectDefinition, type OtherChild } from './object.ts';

const text = z.string().nullish();

const describedFieldSchema = z.object({
  name: z.string(),
  label: z.string(),
  type: z.string(),
  length: z.number().default(0),
  precision: z.number().default(0),
  digits: z.number().default(0),
  scale: z.number().default(0),
  nillable: z.boolean(),
  createable: z.boolean(),
  updateable: z.boolean(),
  defaultedOnCreate: z.boolean().default(false),
  defaultValue: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  unique: z.boolean().default(false),
  externalId: z.boolean().default(false),
  idLookup: z.boolean().default(false),
  caseSensitive: z.boolean().default(false),
  calculated: z.boolean().default(false),
  calculatedFormula: text,
  autoNumber: z.boolean().default(false),
  filterable: z.boolean().default(true),
  nameField: z.boolean().default(false),
  permissionable: z.boolean().optional(),
  restrictedPicklist: z.boolean().default(false),
  picklistValues: z
    .array(
      z.object({
        value: z.string(),
        label: text,
        active: z.boolean(),
        defaultValue: z.boolean().default(false),
      }),
    )
    .nullish(),
  referenceTo: z.array(z.string()).nullish(),
  relationshipName: text,
  compoundFieldName: text,
  extraTypeInfo: text,
});

/** A describe answer as far as the sandbox uses it. */
export const describedObjectSchema = z.object({
  name: z.string(),
  label: z.string(),
  labelPlural: z.string(),
  keyPrefix: z.string().length(3),
  createable: z.boolean().default(true),
  updateable: z.boolean().default(true),
  deletable: z.boolean().default(true),
  undeletable: z.boolean().default(true),
  feedEnabled: z.boolean().default(false),
  mergeable: z.boolean().default(false),
  layoutable: z.boolean().default(true),
  searchable: z.boolean().default(true),
  triggerable: z.boolean().default(true),
  childRelationships: z
    .array(
      z.object({
        childSObject: z.string(),
        field: z.string(),
        relationshipName: text,
        cascadeDelete: z.boolean().default(false),
        restrictedDelete: z.boolean().default(false),
      }),
    )
    .default([]),
  fields: z.array(describedFieldSchema),
});

type DescribedObject = z.infer<typeof describedObjectSchema>;
type DescribedField = z.infer<typeof describedFieldSchema>;

/**
 * Makes an object of the sandbox from an org's own describe. What a describe does not say (which fields change events
 * carry, how children are called on their side) is taken from the standard object of the same name, where there is one.
 */
export function objectFromDescribe(
  described: DescribedObject,
  standard: ObjectDefinition | undefined,
): ObjectDefinition {
  const { name, label, labelPlural, keyPrefix, fields, childRelationships, ...rights } = described;
  const known = new Map((standard?.fields ?? []).map((one) => [one.name, one]));
  const made = fields.map((one) => fieldFromDescribe(one, known.get(one.name)));
  const { changeEvents = false, internal = false, scopes = [] } = standard ?? {};
  return object(name, label, labelPlural, keyPrefix, made, {
    ...rights,
    changeEvents,
    internal,
    scopes,
    otherChildren: childRelationships.map(otherChild),
  });
}

function otherChild(child: DescribedObject['childRelationships'][number]): OtherChild {
  return {
    object: child.childSObject,
    field: child.field,
    relationship: child.relationshipName ?? null,
    cascade: child.cascadeDelete,
    restrict: child.restrictedDelete,
  };
}

const ADDRESS_PARTS = [
  'Street',
  'City',
  'State',
  'PostalCode',
  'Country',
  'Latitude',
  'Longitude',
  'GeocodeAccuracy',
];

function fieldFromDescribe(
  described: DescribedField,
  standard: FieldDefinition | undefined,
): FieldDefinition {
  const { name, label, defaultValue, autoNumber, referenceTo, relationshipName } = described;
  const type = typeOf(described.type);
  const isRequired =
    described.createable &&
    !described.nillable &&
    !described.defaultedOnCreate &&
    type !== 'boolean' &&
    !autoNumber;
  const options: FieldOptions = {
    length: described.length,
    precision: type === 'int' ? described.digits : described.precision,
    scale: described.scale,
    required: isRequired,
    nillable: described.nillable,
    createable: described.createable,
    updateable: described.updateable,
    defaultedOnCreate: described.defaultedOnCreate,
    unique: described.unique,
    externalId: described.externalId,
    caseSensitive: described.caseSensitive,
    calculated: described.calculated,
    filterable: described.filterable,
    nameField: described.nameField,
    restricted: described.restrictedPicklist,
    referenceTo: referenceTo ?? [],
    hiddenInEvents: standard?.hiddenInEvents ?? (type === 'address' || type === 'id'),
    ...picklistOptions(described),
    ...(described.idLookup && type !== 'id' ? { idLookup: true, indexed: true } : {}),
    ...(typeof defaultValue === 'boolean' ? { defaultValue } : {}),
    ...(relationshipName ? { relationshipName } : {}),
    ...(described.calculatedFormula ? { formula: described.calculatedFormula } : {}),
    ...(described.extraTypeInfo ? { extraType: described.extraTypeInfo } : {}),
    ...(described.permissionable === undefined ? {} : { permissionable: described.permissionable }),
    ...(autoNumber ? { autoNumber: '{0}' } : {}),
    ...compoundOptions(described),
    ...fromStandard(standard),
  };
  return field(name, label, type, options);
}

function typeOf(type: string): FieldDefinition['type'] {
  const known = FIELD_TYPES.find((one) => one === type);
  // What the sandbox has no rules for is kept as text: encrypted strings, any types, complex values.
  return known ?? 'string';
}

function picklistOptions({ picklistValues }: DescribedField): FieldOptions {
  const values = picklistValues ?? [];
  const inactive = values.filter((one) => !one.active).map((one) => one.value);
  const labelled = values.filter((one) => one.label && one.label !== one.value);
  const labels = Object.fromEntries(labelled.map((one) => [one.value, one.label ?? one.value]));
  const preselected = values.find((one) => one.defaultValue)?.value;
  return {
    picklist: values.filter((one) => one.active).map((one) => one.value),
    ...(inactive.length > 0 ? { inactive } : {}),
    ...(labelled.length > 0 ? { labels } : {}),
    ...(preselected === undefined ? {} : { preselected, defaultValue: preselected }),
  };
}

/** Parts of addresses go into one compound field of change events; other compounds only have a name. */
function compoundOptions({ name, compoundFieldName }: DescribedField): FieldOptions {
  if (!compoundFieldName) return {};
  const part = ADDRESS_PARTS.find((one) => name.endsWith(one));
  return compoundFieldName.endsWith('Address') && part !== undefined
    ? { compound: { name: compoundFieldName, part } }
    : { compoundName: compoundFieldName };
}

function fromStandard(standard: FieldDefinition | undefined): FieldOptions {
  if (standard === undefined) return {};
  const { childRelationshipName, onParentDelete, viewed, compound, indexed, defaultValue } = standard;
  return {
    indexed,
    ...(childRelationshipName === undefined ? {} : { childRelationshipName }),
    ...(onParentDelete === undefined ? {} : { onParentDelete }),
    ...(viewed === undefined ? {} : { viewed }),
    ...(compound === undefined ? {} : { compound }),
    ...(defaultValue === undefined ? {} : { defaultValue }),
  };
}
