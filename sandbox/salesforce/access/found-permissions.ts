import type { Org } from '../store/org.ts';
import type { Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { OBJECT_RIGHTS, USER_PERMISSIONS, type UserPermission } from './permission-objects.ts';
import { hasObjectPermissions, isPermissionable } from './secured.ts';

/** What the profiles of a new org grant. */
interface Founding {
  /** Rights on all records of all objects, on records of all objects, or on none. */
  objects: 'all records' | 'all' | 'none';
  permissions: readonly UserPermission[];
}

const PROFILES: Readonly<Record<string, Founding>> = {
  'System Administrator': { objects: 'all records', permissions: USER_PERMISSIONS },
  'Standard User': { objects: 'all', permissions: ['ApiEnabled', 'RunReports'] },
  'Minimum Access - Salesforce': { objects: 'none', permissions: [] },
  'Minimum Access - API Only Integrations': { objects: 'none', permissions: ['ApiEnabled'] },
};

/**
 * Gives the profiles of a new org their permission sets. Whoever has one of the two common profiles sees all
 * that exists at founding; a field made later is seen by nobody until it is granted, as at the vendor.
 */
export function foundPermissions(org: Org, transaction: Transaction): void {
  const profiles = org.table('Profile');
  const known = new Map(profiles.ids.map((id) => [String(profiles.get(id)?.['Name']), id]));
  for (const [name, founding] of Object.entries(PROFILES)) {
    const profile = known.get(name) ?? add(org, transaction, 'Profile', { Name: name, UserType: 'Standard' });
    const set = add(org, transaction, 'PermissionSet', {
      // The vendor's own way of naming them.
      Name: `X${profile.slice(0, 15)}`,
      Label: `X${profile.slice(0, 15)}`,
      ProfileId: profile,
      IsOwnedByProfile: true,
      IsCustom: false,
      HasActivationRequired: false,
      ...Object.fromEntries(
        USER_PERMISSIONS.map((one) => [`Permissions${one}`, founding.permissions.includes(one)]),
      ),
    });
    if (founding.objects === 'none') continue;
    grantObjects(org, transaction, set, founding.objects === 'all records');
    grantFields(org, transaction, set);
  }
}

function grantObjects(org: Org, transaction: Transaction, set: string, all: boolean): void {
  for (const { name, definition } of org.preset.schema.objects) {
    if (!hasObjectPermissions(definition)) continue;
    const rights = Object.keys(OBJECT_RIGHTS).map((right) => [right, all || !right.endsWith('AllRecords')]);
    add(org, transaction, 'ObjectPermissions', {
      ParentId: set,
      SobjectType: name,
      ...Object.fromEntries(rights),
    });
  }
}

function grantFields(org: Org, transaction: Transaction, set: string): void {
  for (const { name, definition, fields } of org.preset.schema.objects) {
    for (const field of fields) {
      if (!isPermissionable(definition, field)) continue;
      add(org, transaction, 'FieldPermissions', {
        ParentId: set,
        SobjectType: name,
        Field: `${name}.${field.name}`,
        PermissionsRead: true,
        PermissionsEdit: field.createable || field.updateable,
      });
    }
  }
}

function add(org: Org, transaction: Transaction, object: string, values: Values): string {
  return String(transaction.write({ type: org.table(object).type, op: 'create', values })['Id']);
}
