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

/** Works out the lookups of a set of objects. */
export function compileSchema(definitions: readonly ObjectDefinition[]): Schema {
  const objects = definitions.map((definition) => compileObject(definition, definitions));
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
  const byName = new Map<string, FieldDefinition>();
  // Both spellings: the exact name, which nearly every client sends, costs one lookup and no lower-casing.
  for (const one of fields) byName.set(one.name.toLowerCase(), one).set(one.name, one);
  const parents = new Map(
    fields.flatMap((one) =>
      one.relationshipName === undefined ? [] : [[one.relationshipName.toLowerCase(), one] as const],
    ),
  );
  const children = all.flatMap((other) =>
    other.fields
      .filter((one) => one.childRelationshipName !== undefined && one.referenceTo.includes(definition.name))
      .map((one) => ({ object: other.name, field: one })),
  );
  const byRelationship = new Map(
    children.map((child) => [child.field.childRelationshipName?.toLowerCase(), child]),
  );
  return {
    name: definition.name,
    definition,
    fields,
    allFields: fields,
    denied: NOTHING_DENIED,
    field: (name) => byName.get(name) ?? byName.get(name.toLowerCase()),
    parent: (name) => parents.get(name.toLowerCase()),
    child: (name) => byRelationship.get(name.toLowerCase()),
    children,
    required: fields.filter((one) => one.required),
    unique: fields.filter((one) => one.unique),
  };
}
