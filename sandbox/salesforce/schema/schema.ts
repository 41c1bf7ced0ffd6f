import type { FieldDefinition } from './field.ts';
import type { ObjectDefinition } from './object.ts';

/** An object with the lookups that every request needs, worked out once. */
export interface ObjectType {
  readonly name: string;
  readonly definition: ObjectDefinition;
  /** The fields; in what one user sees of the object, those that are visible to that user. */
  readonly fields: readonly FieldDefinition[];
  /** Every field of the object, whoever looks. */
  readonly allFields: readonly FieldDefinition[];
  /** What the user whose view this is may not do with records of the object. */
  readonly denied: Denied;
  /** Finds a field by name, whatever its case. */
  field(name: string): FieldDefinition | undefined;
  /** The field through which SOQL reaches a parent, by relationship name, whatever its case. */
  parent(relationshipName: string): FieldDefinition | undefined;
  /** The child objects SOQL reaches by relationship name. */
  child(relationshipName: string): { object: string; field: FieldDefinition } | undefined;
  readonly children: readonly { object: string; field: FieldDefinition }[];
  readonly required: readonly FieldDefinition[];
  readonly unique: readonly FieldDefinition[];
  /** What the platform fills in when a create leaves it out. Wide objects have many fields and few of these. */
  readonly defaulted: readonly FieldDefinition[];
}

/** Object permissions that a user lacks; all absent for somebody who may do everything. */
export interface Denied {
  readonly create?: true;
  readonly edit?: true;
  readonly delete?: true;
}

/** The objects of one org. */
export interface Schema {
  object(name: string): ObjectType | undefined;
  byPrefix(prefix: string): ObjectType | undefined;
  readonly objects: readonly ObjectType[];
}

/** A child object SOQL reaches, and its lookup. */
interface Child {
  object: string;
  field: FieldDefinition;
}

/** Works out the lookups of a set of objects. */
export function compileSchema(definitions: readonly ObjectDefinition[]): Schema {
  return indexObjects(definitions.map((definition) => compileObject(definition, definitions)));
}

/** Makes object types findable by name and by the prefix of their ids. */
export function indexObjects(objects: readonly ObjectType[]): Schema {
  const byName = new Map(objects.map((type) => [type.name.toLowerCase(), type]));
  // Two objects may share a prefix (OpportunityPartner rows bear the ids of Partner rows): the first one named owns it.
  const byPrefix = new Map(objects.toReversed().map((type) => [type.definition.keyPrefix, type]));
  return {
    objects,
    object: (name) => byName.get(name) ?? byName.get(name.toLowerCase()),
    byPrefix: (prefix) => byPrefix.get(prefix),
  };
}

const NOTHING_DENIED: Denied = {};

function compileObject(definition: ObjectDefinition, all: readonly ObjectDefinition[]): ObjectType {
  const { fields } = definition;
  const children = all.flatMap((other) =>
    other.fields
      .filter((one) => one.childRelationshipName !== undefined && one.referenceTo.includes(definition.name))
      .map((one) => ({ object: other.name, field: one })),
  );
  return {
    name: definition.name,
    definition,
    ...indexFields(fields, children),
    allFields: fields,
    denied: NOTHING_DENIED,
    required: fields.filter((one) => one.required),
    unique: fields.filter((one) => one.unique),
    defaulted: fields.filter(isDefaulted),
  };
}

/** Makes fields and child relationships findable by name. */
export function indexFields(
  fields: readonly FieldDefinition[],
  children: readonly Child[],
): Pick<ObjectType, 'fields' | 'field' | 'parent' | 'children' | 'child'> {
  const byName = new Map<string, FieldDefinition>();
  // Both spellings: the exact name, which nearly every client sends, costs one lookup and no lower-casing.
  for (const one of fields) byName.set(one.name.toLowerCase(), one).set(one.name, one);
  const parents = new Map(
    fields.flatMap((one) =>
      one.relationshipName === undefined ? [] : [[one.relationshipName.toLowerCase(), one] as const],
    ),
  );
  const byRelationship = new Map(
    children.map((child) => [child.field.childRelationshipName?.toLowerCase(), child]),
  );
  return {
    fields,
    children,
    field: (name) => byName.get(name) ?? byName.get(name.toLowerCase()),
    parent: (name) => parents.get(name.toLowerCase()),
    child: (name) => byRelationship.get(name.toLowerCase()),
  };
}

function isDefaulted(field: FieldDefinition): boolean {
  if (field.name === 'IsDeleted') return false;
  return (
    field.defaultValue !== undefined ||
    field.autoNumber !== undefined ||
    field.viewed === true ||
    field.type === 'boolean' ||
    field.name === 'OwnerId' ||
    field.name === 'CurrencyIsoCode'
  );
}
