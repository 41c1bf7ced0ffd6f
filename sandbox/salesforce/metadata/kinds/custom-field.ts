import type { Sandbox } from '../../sandbox.ts';
import type { FieldDefinition } from '../../schema/field.ts';
import type { ObjectDefinition } from '../../schema/object.ts';
import type { ObjectType } from '../../schema/schema.ts';
import { checkConversion, checkFieldContent, checkFieldName, checkRelationship } from '../check-field.ts';
import type { Component } from '../component-store.ts';
import { fieldDefinition } from '../field-definition.ts';
import { customFieldShape, keptField, type CustomFieldContent } from '../field-shape.ts';
import { integrity, MetadataError, notFoundByName } from '../metadata-error.ts';
import { readContent, readShape, type Plain } from '../plain.ts';
import { dropFromLayouts } from '../layout-items.ts';
import { dropGrantsOn, renameGrantsOn } from './grants-on.ts';
import type { MetadataKind } from './kind.ts';

const TYPE = 'CustomField';

/** Fields that an administrator added to an object. */
export const customFieldKind: MetadataKind = {
  type: TYPE,
  checkShape: (plain) => void readShape(customFieldShape, TYPE, plain),
  create(work, fullName, plain) {
    const { type, name } = place(work.sandbox, fullName);
    checkFieldName(name);
    if (type.field(name) !== undefined) {
      throw new MetadataError(
        'DUPLICATE_DEVELOPER_NAME',
        `There is already a field named ${name.replace(/__c$/, '')} on ${type.definition.label}.`,
        ['fullName'],
      );
    }
    work.put(TYPE, `${type.name}.${name}`, checked(work.sandbox, plain, type, name, undefined));
  },
  update(work, fullName, plain) {
    const before = existing(work.sandbox, fullName);
    const { type, name } = place(work.sandbox, before.fullName);
    work.put(TYPE, before.fullName, checked(work.sandbox, plain, type, name, before));
  },
  delete(work, fullName) {
    const before = existing(work.sandbox, fullName);
    dropGrantsOn(work, 'FieldPermissions', 'Field', before.fullName);
    dropFromLayouts(work, before.fullName);
    work.remove(before);
  },
  rename(work, fullName, newFullName) {
    const before = existing(work.sandbox, fullName);
    const { type, name } = place(work.sandbox, newFullName);
    checkFieldName(name);
    if (!before.fullName.startsWith(`${type.name}.`))
      throw integrity('A field stays with its object', 'fullName');
    if (type.field(name) !== undefined)
      throw new MetadataError(
        'DUPLICATE_DEVELOPER_NAME',
        `There is already a field named ${name} on ${type.name}.`,
      );
    renameGrantsOn(work, before.fullName, newFullName);
    work.rename(before, newFullName);
  },
  read: (sandbox, fullName) => sandbox.metadata.get(TYPE, fullName)?.content,
  list: (sandbox) => sandbox.metadata.list(TYPE),
};

function existing(sandbox: Sandbox, fullName: string): Component {
  const found = sandbox.metadata.get(TYPE, fullName);
  if (found === undefined) throw notFoundByName(TYPE, fullName);
  return found;
}

/** The object a field's full name stands on, and the field's own name. */
function place(sandbox: Sandbox, fullName: string): { type: ObjectType; name: string } {
  const [objectName = '', name = '', ...more] = fullName.split('.');
  if (name === '' || more.length > 0)
    throw integrity(`${fullName} is no name of a field: Object.Field__c`, 'fullName');
  const type = sandbox.org.preset.schema.object(objectName);
  if (type === undefined) throw notFoundByName('CustomObject', objectName);
  return { type, name };
}

function checked(
  sandbox: Sandbox,
  plain: Plain,
  type: ObjectType,
  name: string,
  before: Component | undefined,
): Plain {
  const content = readContent(customFieldShape, TYPE, plain);
  checkFieldContent(content as CustomFieldContent);
  const own = type.field(name);
  checkRelationship(sandbox.org.preset.schema, content as CustomFieldContent, own);
  if (before !== undefined) checkConversion(keptField(before.content).type, content.type);
  if (before !== undefined && content.unique === true) checkNoDoubles(sandbox, type, own);
  // Refuses what the schema could not follow, while nothing has been touched.
  fieldDefinition(name, content as CustomFieldContent);
  return content;
}

/** Provoked by: making a field unique while records share a value. */
function checkNoDoubles(sandbox: Sandbox, type: ObjectType, field: FieldDefinition | undefined): void {
  if (field === undefined || field.unique) return;
  const table = sandbox.org.table(type.name);
  const seen = new Set<string>();
  for (const id of table.ids) {
    const row = table.get(id);
    const value = row?.[field.name];
    if (row === undefined || row['IsDeleted'] === true || value === undefined) continue;
    const key = String(value).toLowerCase();
    if (seen.has(key))
      throw integrity(`Records share the value ${String(value)}: the field cannot be unique`, 'unique');
    seen.add(key);
  }
}

/** Puts the field into the schema, changes it there, or takes it out. */
export function followField(
  sandbox: Sandbox,
  after: Component | undefined,
  before: Component | undefined,
): void {
  const fullName = (after ?? before)?.fullName ?? '';
  const [objectName = '', name = ''] = fullName.split('.');
  const oldName = before?.fullName.split('.')[1];
  const next = after === undefined ? undefined : fieldDefinition(name, keptField(after.content));
  sandbox.org.changeSchema(
    sandbox.org.preset.schema.objects.map(({ definition }) =>
      definition.name === objectName ? withField(definition, oldName, next) : definition,
    ),
  );
}

function withField(
  definition: ObjectDefinition,
  oldName: string | undefined,
  next: FieldDefinition | undefined,
): ObjectDefinition {
  const at = definition.fields.findIndex((field) => field.name === oldName);
  const fields = [...definition.fields];
  if (at < 0 && next !== undefined) fields.push(next);
  else if (at >= 0) fields.splice(at, 1, ...(next === undefined ? [] : [next]));
  return { ...definition, fields };
}

/** Clears the values of a field that is gone; a field made later under its name starts empty. */
export function forgetField(sandbox: Sandbox, gone: Component, newFullName: string | undefined): void {
  const [objectName = '', name = ''] = gone.fullName.split('.');
  const known = sandbox.org.preset.schema.object(objectName);
  if (known !== undefined) sandbox.org.table(known.name).dropValues(name, newFullName?.split('.')[1]);
}
