import type { Sandbox } from '../sandbox.ts';
import { describeAsMetadata } from './field-definition.ts';
import { foundingMembers } from './kinds/channel-member.ts';
import { foundingLayouts } from './kinds/layout.ts';
import { withoutUndefined, type Plain } from './plain.ts';
import { nextId } from './component-ids.ts';

/** Notes what an org is founded with, so that clients can read it and change it: done anew, with the same ids, at every start. */
export function foundComponents(sandbox: Sandbox): void {
  for (const { name, definition } of sandbox.org.preset.schema.objects) {
    if (name.endsWith('__c')) add(sandbox, 'CustomObject', name, describeObject(sandbox, name));
    for (const field of definition.fields)
      if (field.custom) add(sandbox, 'CustomField', `${name}.${field.name}`, describeAsMetadata(field));
  }
  for (const { fullName, content } of foundingLayouts(sandbox)) add(sandbox, 'Layout', fullName, content);
  for (const { fullName, content } of foundingMembers(sandbox))
    add(sandbox, 'PlatformEventChannelMember', fullName, content);
  add(sandbox, 'ConnectedApp', 'Tributary', {
    label: 'Tributary',
    contactEmail: sandbox.credentials.username,
  });
  for (const object of ['Account', 'Contact', 'Opportunity'])
    add(sandbox, 'CustomTab', `standard-${object}`, {});
}

function add(sandbox: Sandbox, type: string, fullName: string, content: Plain): void {
  const founded = sandbox.org.schemaModifiedAt.getTime();
  const createdById = sandbox.users.rep;
  sandbox.metadata.put({
    type,
    fullName,
    id: nextId(sandbox, type),
    content,
    createdDate: founded,
    createdById,
    lastModifiedDate: founded,
    lastModifiedById: createdById,
  });
}

function describeObject(sandbox: Sandbox, name: string): Plain {
  const { definition } = sandbox.org.table(name).type;
  const nameField = definition.fields.find((field) => field.nameField);
  return withoutUndefined({
    label: definition.label,
    pluralLabel: definition.labelPlural,
    deploymentStatus: 'Deployed',
    sharingModel: 'ReadWrite',
    nameField: withoutUndefined({
      type: nameField?.autoNumber === undefined ? 'Text' : 'AutoNumber',
      label: nameField?.label ?? 'Name',
      displayFormat: nameField?.autoNumber,
    }),
    keyPrefix: definition.keyPrefix,
  });
}
