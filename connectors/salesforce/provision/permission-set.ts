import type { Needs } from '../../../src/crm/provisioning.ts';
import { elements, MARK, type Component, type Content } from './component.ts';
import { hasOwnPermissions, neededAccess, type ObjectAccess } from './needed-access.ts';
import { neededFields } from './needed-fields.ts';

/** Of the user the mirror runs as. */
export const INTEGRATION_SET = 'Tributary_Integration';
/** Of the people who read the fields of a partner's deal: without it the page section is empty for them. */
export const READER_SET = 'Tributary_Partner_Deal';

/**
 * The name under which field-level security is set for a field: its own, or that of the compound it is part of (an
 * address); null where none can be set, because whoever sees the record sees it.
 */
export type Permissionable = (name: string) => string | null;

export function integrationSet(needs: Needs, permissionable: Permissionable): Component {
  const access = neededAccess(needs);
  const fields = new Map<string, 'read' | 'edit'>();
  for (const [name, right] of access.fields) {
    const granted = permissionable(name);
    if (granted !== null && fields.get(granted) !== 'edit') fields.set(granted, right);
  }
  const objects = [...access.objects].filter(([object]) => hasOwnPermissions(object));
  return {
    type: 'PermissionSet',
    fullName: INTEGRATION_SET,
    content: {
      description: `What the user needs that Tributary runs as, and nothing more. ${MARK}`,
      fieldPermissions: [...fields].sort(byName).map(([field, right]) => grantField(field, right === 'edit')),
      hasActivationRequired: false,
      label: 'Tributary Integration',
      objectPermissions: objects.sort(byName).map(([object, rights]) => grantObject(object, rights)),
      userPermissions: [{ enabled: true, name: 'ApiEnabled' }],
    },
  };
}

export function readerSet(needs: Needs): Component | null {
  const names = neededFields(needs)
    .defined.filter((one) => one.onLayout)
    .map(({ object, name }) => `${object}.${name}`);
  if (names.length === 0) return null;
  return {
    type: 'PermissionSet',
    fullName: READER_SET,
    content: {
      description: `Lets people read who sourced a deal and how long it is protected. ${MARK}`,
      fieldPermissions: names.sort().map((field) => grantField(field, false)),
      hasActivationRequired: false,
      label: 'Tributary Partner Deal (read)',
    },
  };
}

/** What a set that is there lacks, by name; [] when nothing. */
export function lackingIn(wanted: Content, found: Content): string[] {
  return [
    ...lackingPart(wanted, found, 'fieldPermissions', 'field'),
    ...lackingPart(wanted, found, 'objectPermissions', 'object'),
    ...lackingPart(wanted, found, 'userPermissions', 'name'),
  ];
}

/** The set with what it lacks, and with all it had: what an administrator added stays. */
export function extended(wanted: Content, found: Content): Content {
  return {
    ...found,
    ...united(wanted, found, 'fieldPermissions', 'field'),
    ...united(wanted, found, 'objectPermissions', 'object'),
    ...united(wanted, found, 'userPermissions', 'name'),
  };
}

function lackingPart(wanted: Content, found: Content, part: string, key: string): string[] {
  const present = byKey(found, part, key);
  return elements(wanted[part])
    .filter((grant) =>
      Object.entries(grant).some(
        ([name, value]) => isGranted(value) && !isGranted(present.get(text(grant[key]))?.[name]),
      ),
    )
    .map((grant) => text(grant[key]));
}

function united(wanted: Content, found: Content, part: string, key: string): Content {
  const all = byKey(found, part, key);
  for (const grant of elements(wanted[part])) {
    const before = all.get(text(grant[key])) ?? {};
    const granted = Object.entries(grant).map(([name, value]) => [
      name,
      isGranted(before[name]) ? true : value,
    ]);
    all.set(text(grant[key]), { ...before, ...Object.fromEntries(granted), [key]: text(grant[key]) });
  }
  return all.size === 0 ? {} : { [part]: [...all.values()] };
}

function byKey(set: Content, part: string, key: string): Map<string, Content> {
  return new Map(elements(set[part]).map((grant) => [text(grant[key]), grant]));
}

function isGranted(value: unknown): boolean {
  return value === true || value === 'true';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function grantField(field: string, editable: boolean): Content {
  return { editable, field, readable: true };
}

function grantObject(object: string, rights: ObjectAccess): Content {
  return {
    allowCreate: rights.create,
    allowDelete: rights.delete,
    allowEdit: rights.edit,
    allowRead: true,
    modifyAllRecords: false,
    object,
    viewAllRecords: rights.viewAll,
  };
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
