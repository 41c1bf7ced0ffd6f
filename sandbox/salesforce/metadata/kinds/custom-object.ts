import { z } from 'zod';
import type { Sandbox } from '../../sandbox.ts';
import { text, type FieldDefinition } from '../../schema/field.ts';
import type { ObjectDefinition } from '../../schema/object.ts';
import { autoNumberName, customObject } from '../../schema/parse-objects.ts';
import { checkDeveloperName } from '../check-field.ts';
import type { Component } from '../component-store.ts';
import { definitionsOf } from '../definitions.ts';
import { integrity, MetadataError, missing, notFoundByName } from '../metadata-error.ts';
import { objectShape, type CustomObjectContent } from '../object-shape.ts';
import { omit, readShape, withoutUndefined, type Plain } from '../plain.ts';
import type { Work } from '../work.ts';
import { customFieldKind } from './custom-field.ts';
import { dropGrantsOn, renameGrantsOn } from './grants-on.ts';
import type { Listed, MetadataKind } from './kind.ts';
import { firstLayout } from './layout.ts';
import { recordTypeKind } from './record-type.ts';
import { validationRuleKind } from './validation-rule.ts';

const TYPE = 'CustomObject';
const FIRST_OF_OLD_ORGS = { createdDate: 0, createdById: '', lastModifiedDate: 0, lastModifiedById: '' };

/** Objects: the ones an administrator made, and what was added to standard ones. */
export const customObjectKind: MetadataKind = {
  type: TYPE,
  directory: 'objects',
  suffix: 'object',
  checkShape: (plain) => void readShape(objectShape, TYPE, plain),
  create(work, fullName, plain) {
    if (!fullName.endsWith('__c'))
      throw integrity('Invalid fullName, must end in a custom suffix (e.g. __c)', 'fullName');
    checkDeveloperName(fullName.slice(0, -'__c'.length), 40);
    if (work.sandbox.org.preset.schema.object(fullName) !== undefined) {
      throw new MetadataError('DUPLICATE_DEVELOPER_NAME', `There is already an object named ${fullName}.`, [
        'fullName',
      ]);
    }
    const content = checked(plain);
    work.put(TYPE, fullName, { ...ownContent(content), keyPrefix: freePrefix(work.sandbox) });
    const layout = firstLayout(work.sandbox.org.table(fullName).type);
    work.put('Layout', layout.fullName, layout.content);
    addChildren(work, fullName, content);
  },
  update(work, fullName, plain) {
    const before = work.sandbox.metadata.get(TYPE, fullName);
    const type = work.sandbox.org.preset.schema.object(fullName);
    if (type === undefined) throw notFoundByName(TYPE, fullName);
    // Of a standard object only what hangs on it can be changed; its own settings are taken and have no effect here.
    const content = before === undefined ? readShape(objectShape, TYPE, plain) : checked(plain);
    if (before !== undefined) {
      work.put(TYPE, before.fullName, { ...ownContent(content), keyPrefix: before.content['keyPrefix'] });
    }
    addChildren(work, type.name, content);
  },
  delete(work, fullName) {
    const before = existing(work.sandbox, fullName);
    refuseReferenced(work.sandbox, before.fullName);
    for (const kind of CHILDREN) {
      for (const child of work.sandbox.metadata.list(kind.type)) {
        if (child.fullName.startsWith(`${before.fullName}.`)) kind.delete?.(work, child.fullName);
      }
    }
    dropGrantsOn(work, 'ObjectPermissions', 'SobjectType', before.fullName);
    for (const layout of layoutsOf(work.sandbox, before.fullName)) work.remove(layout);
    work.remove(before);
  },
  rename(work, fullName, newFullName) {
    const before = existing(work.sandbox, fullName);
    if (!newFullName.endsWith('__c'))
      throw integrity('Invalid fullName, must end in a custom suffix (e.g. __c)');
    if (work.sandbox.org.preset.schema.object(newFullName) !== undefined)
      throw new MetadataError('DUPLICATE_DEVELOPER_NAME', `There is already an object named ${newFullName}.`);
    const ownOf = (type: string) =>
      work.sandbox.metadata.list(type).filter((one) => one.fullName.startsWith(`${before.fullName}.`));
    if (ownOf('RecordType').length > 0) {
      const message = 'sandbox: this org does not rename objects that have record types';
      throw new MetadataError('UNKNOWN_EXCEPTION', message);
    }
    const children = [...ownOf('CustomField'), ...ownOf('ValidationRule')];
    const layouts = layoutsOf(work.sandbox, before.fullName);
    work.rename(before, newFullName);
    for (const layout of layouts)
      work.rename(layout, newFullName + layout.fullName.slice(before.fullName.length));
    renameGrantsOn(work, before.fullName, newFullName);
    for (const child of children) work.rename(child, `${newFullName}.${child.fullName.split('.')[1] ?? ''}`);
  },
  read(sandbox, fullName) {
    const type = sandbox.org.preset.schema.object(fullName);
    if (type === undefined) return undefined;
    const content = omit(sandbox.metadata.get(TYPE, type.name)?.content ?? {}, 'keyPrefix');
    return {
      enableActivities: false,
      enableBulkApi: true,
      enableFeeds: false,
      enableHistory: false,
      enableReports: false,
      enableSearch: false,
      enableSharing: true,
      enableStreamingApi: true,
      ...(content['label'] === undefined
        ? {
            label: type.definition.label,
            pluralLabel: type.definition.labelPlural,
            sharingModel: 'ReadWrite',
          }
        : content),
      ...childrenOf(sandbox, type.name),
    };
  },
  list(sandbox) {
    const custom = sandbox.metadata.list(TYPE);
    const made = new Set(custom.map((one) => one.fullName));
    const standard = sandbox.org.preset.schema.objects.filter(
      ({ name, definition }) => !made.has(name) && !definition.internal,
    );
    return [
      ...standard.map(({ name }): Listed => ({ fullName: name, id: '', ...FIRST_OF_OLD_ORGS })),
      ...custom,
    ];
  },
};

const CHILDREN: readonly MetadataKind[] = [customFieldKind, recordTypeKind, validationRuleKind];

/** What an object's file holds of each kind of child. */
export const CHILD_ELEMENTS: Readonly<Record<string, MetadataKind>> = {
  fields: customFieldKind,
  recordTypes: recordTypeKind,
  validationRules: validationRuleKind,
};

function layoutsOf(sandbox: Sandbox, objectName: string): Component[] {
  return sandbox.metadata.list('Layout').filter((layout) => layout.fullName.startsWith(`${objectName}-`));
}

function existing(sandbox: Sandbox, fullName: string): Component {
  const found = sandbox.metadata.get(TYPE, fullName);
  if (found === undefined) throw notFoundByName(TYPE, fullName);
  return found;
}

function checked(plain: Plain): CustomObjectContent {
  const content = readShape(objectShape, TYPE, plain);
  if (content.label === undefined)
    throw integrity('Must specify a non-empty label for the CustomObject', 'label');
  if (content.pluralLabel === undefined) throw missing('pluralLabel');
  if (content.nameField === undefined)
    throw integrity('Must specify a nameField of type Text or AutoNumber', 'nameField');
  if (content.sharingModel === undefined) throw missing('sharingModel');
  if (!['Text', 'AutoNumber'].includes(content.nameField.type ?? ''))
    throw integrity('Must specify a nameField of type Text or AutoNumber', 'nameField');
  return content;
}

/** What is kept of an object itself; its children are components of their own. */
function ownContent(content: CustomObjectContent): Plain {
  const own = omit(content, 'fullName', 'fields', 'recordTypes', 'validationRules');
  return { ...withoutUndefined(own), deploymentStatus: own.deploymentStatus ?? 'Deployed' };
}

function addChildren(work: Work, objectName: string, content: CustomObjectContent): void {
  for (const [element, kind] of Object.entries(CHILD_ELEMENTS)) {
    for (const child of z
      .array(z.looseObject({ fullName: z.string() }))
      .parse(content[element as 'fields'])) {
      const fullName = `${objectName}.${child.fullName}`;
      const known = kind.read(work.sandbox, fullName) !== undefined;
      (known ? kind.update : kind.create)?.(work, fullName, child);
    }
  }
}

function childrenOf(sandbox: Sandbox, objectName: string): Plain {
  const children: Plain = {};
  for (const [element, kind] of Object.entries(CHILD_ELEMENTS)) {
    const own = kind.list(sandbox).filter((one) => one.fullName.startsWith(`${objectName}.`));
    if (own.length === 0) continue;
    children[element] = own.map(({ fullName }) => ({
      fullName: fullName.slice(objectName.length + 1),
      ...kind.read(sandbox, fullName),
    }));
  }
  return children;
}

function freePrefix(sandbox: Sandbox): string {
  const taken = new Set(sandbox.org.preset.schema.objects.map((type) => type.definition.keyPrefix));
  const digits = '0123456789abcdefghijklmnopqrstuvwxyz';
  for (const tens of digits)
    for (const ones of digits) if (!taken.has(`a${tens}${ones}`)) return `a${tens}${ones}`;
  throw new MetadataError('LIMIT_EXCEEDED', 'The maximum number of custom objects is reached');
}

function refuseReferenced(sandbox: Sandbox, fullName: string): void {
  for (const { name, fields } of sandbox.org.preset.schema.objects) {
    const field = fields.find((one) => one.custom && one.referenceTo.includes(fullName));
    if (name === fullName || field === undefined) continue;
    throw new MetadataError(
      'DEPENDENCY_EXISTS',
      `This custom object is referenced elsewhere: ${name}.${field.name}`,
    );
  }
}

/** Puts the object into the schema, changes its names there, or takes it out. */
export function followObject(
  sandbox: Sandbox,
  after: Component | undefined,
  before: Component | undefined,
): void {
  const others = definitionsOf(sandbox);
  const at = others.findIndex((definition) => definition.name === before?.fullName);
  if (after === undefined) others.splice(at, 1);
  else if (at < 0) others.push(objectOf(after));
  else others[at] = follow(others[at] as ObjectDefinition, after);
  const renamed = before !== undefined && after !== undefined && before.fullName !== after.fullName;
  sandbox.org.changeSchema(
    renamed ? others.map((one) => pointTo(one, before.fullName, after.fullName)) : others,
  );
}

function objectOf(component: Component): ObjectDefinition {
  const content = objectShape.omit({ fields: true }).loose().parse(component.content);
  const name = customObject(
    component.fullName,
    content.label ?? '',
    String(content['keyPrefix']),
    nameField(content),
  );
  return { ...name, labelPlural: content.pluralLabel ?? '', changeEvents: true };
}

function follow(definition: ObjectDefinition, component: Component): ObjectDefinition {
  const content = objectShape.omit({ fields: true }).loose().parse(component.content);
  return {
    ...definition,
    name: component.fullName,
    label: content.label ?? definition.label,
    labelPlural: content.pluralLabel ?? definition.labelPlural,
    fields: definition.fields.map((field) => (field.nameField ? nameField(content) : field)),
  };
}

function nameField(content: Pick<CustomObjectContent, 'nameField'>): FieldDefinition {
  const { type, label = 'Name', displayFormat = '{0}' } = content.nameField ?? {};
  if (type === 'AutoNumber') return autoNumberName(label, displayFormat);
  return text('Name', label, 80, { nameField: true, indexed: true, defaultedOnCreate: true });
}

function pointTo(definition: ObjectDefinition, oldName: string, newName: string): ObjectDefinition {
  if (!definition.fields.some((field) => field.referenceTo.includes(oldName))) return definition;
  const fields = definition.fields.map((field) => ({
    ...field,
    referenceTo: field.referenceTo.map((name) => (name === oldName ? newName : name)),
  }));
  return { ...definition, fields };
}

/** Lets go of the rows of an object that is gone, or keeps them under its new name. */
export function forgetObject(sandbox: Sandbox, gone: Component, newName: string | undefined): void {
  sandbox.org.dropTable(gone.fullName, newName);
}
