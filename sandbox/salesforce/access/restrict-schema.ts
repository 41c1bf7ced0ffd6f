import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectDefinition } from '../schema/object.ts';
import { indexFields, indexObjects, type Denied, type ObjectType, type Schema } from '../schema/schema.ts';
import type { ObjectRights, Permissions } from './permissions.ts';
import { governingObject, isPermissionable } from './secured.ts';

const ALL: ObjectRights = { read: true, create: true, edit: true, delete: true };

/**
 * The schema as one user sees it: objects and fields without a right to read them are not there at all,
 * fields without a right to edit are read-only. Returns the schema itself when nothing is kept from the user,
 * and the same object types wherever nothing differs, so that what is cached by type is shared.
 */
export function restrictSchema(schema: Schema, permissions: Permissions): Schema {
  const visible = new Map<string, readonly FieldDefinition[]>();
  for (const type of schema.objects) {
    if (rightsOn(type.definition, permissions).read) visible.set(type.name, visibleFields(type, permissions));
  }
  const objects: ObjectType[] = [];
  for (const type of schema.objects) {
    const fields = visible.get(type.name);
    if (fields !== undefined) objects.push(restrictObject(type, fields, visible, permissions));
  }
  const isWhole =
    objects.length === schema.objects.length && objects.every((one, at) => one === schema.objects[at]);
  return isWhole ? schema : indexObjects(objects);
}

function rightsOn(definition: ObjectDefinition, permissions: Permissions): ObjectRights {
  const governing = governingObject(definition);
  if (governing === undefined) return ALL;
  const rights = permissions.object(governing);
  // To change what hangs on a record is to edit that record.
  return governing === definition.name
    ? rights
    : { read: rights.read, create: rights.edit, edit: rights.edit, delete: rights.edit };
}

function visibleFields(type: ObjectType, permissions: Permissions): readonly FieldDefinition[] {
  let differs = false;
  const fields = type.fields.flatMap((field) => {
    if (!isPermissionable(type.definition, field)) return [field];
    const right = permissions.field(type.name, field.name);
    if (right === 'edit') return [field];
    if (right === 'read' && !field.createable && !field.updateable) return [field];
    differs = true;
    return right === 'none' ? [] : [{ ...field, createable: false, updateable: false }];
  });
  return differs ? fields : type.fields;
}

function restrictObject(
  type: ObjectType,
  fields: readonly FieldDefinition[],
  visible: ReadonlyMap<string, readonly FieldDefinition[]>,
  permissions: Permissions,
): ObjectType {
  const children = type.children.filter((child) =>
    visible.get(child.object)?.some((field) => field.name === child.field.name),
  );
  const rights = rightsOn(type.definition, permissions);
  if (fields === type.fields && children.length === type.children.length && mayAll(rights)) return type;
  const { definition } = type;
  return {
    ...type,
    ...indexFields(fields, children),
    definition: {
      ...definition,
      createable: definition.createable && rights.create,
      updateable: definition.updateable && rights.edit,
      deletable: definition.deletable && rights.delete,
    },
    denied: deniedBy(rights),
  };
}

function mayAll(rights: ObjectRights): boolean {
  return rights.create && rights.edit && rights.delete;
}

function deniedBy(rights: ObjectRights): Denied {
  return {
    ...(rights.create ? {} : { create: true }),
    ...(rights.edit ? {} : { edit: true }),
    ...(rights.delete ? {} : { delete: true }),
  };
}
