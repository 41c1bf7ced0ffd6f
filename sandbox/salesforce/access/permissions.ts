import type { Org } from '../store/org.ts';
import type { Row, Value } from '../store/row.ts';
import type { UserPermission } from './permission-objects.ts';

/** What one user may do with one object. */
export interface ObjectRights {
  read: boolean;
  create: boolean;
  edit: boolean;
  delete: boolean;
}

/** Everything a user's profile and permission sets grant together. What is granted anywhere is granted. */
export interface Permissions {
  has(permission: UserPermission): boolean;
  object(name: string): ObjectRights;
  /** Rights on a field for which rights can be given at all. */
  field(object: string, field: string): 'none' | 'read' | 'edit';
}

/** Adds up what a user has been granted. */
export function permissionsOf(org: Org, userId: string): Permissions {
  const sets = permissionSetsOf(org, userId);
  const grants = (object: string) => sets.flatMap((set) => liveRows(org, object, 'ParentId', set['Id']));
  const has = (permission: UserPermission) => sets.some((set) => set[`Permissions${permission}`] === true);
  const everywhere = rightsOnAll(has('ModifyAllData'), has('ViewAllData'));
  const objects = new Map<string, ObjectRights>();
  for (const row of grants('ObjectPermissions')) addObjectRights(objects, row, everywhere);
  const fields = new Map<string, 'read' | 'edit'>();
  for (const row of grants('FieldPermissions')) addFieldRight(fields, row);
  return {
    has,
    object: (name) => objects.get(name) ?? everywhere,
    field: (object, field) => fields.get(`${object}.${field}`) ?? 'none',
  };
}

/** The permission sets that apply to a user: the one of the profile, and those assigned. */
function permissionSetsOf(org: Org, userId: string): Row[] {
  const profile = org.table('User').get(userId)?.['ProfileId'];
  const own = liveRows(org, 'PermissionSet', 'ProfileId', profile);
  const assigned = liveRows(org, 'PermissionSetAssignment', 'AssigneeId', userId).flatMap((row) => {
    const set = org.table('PermissionSet').get(String(row['PermissionSetId']));
    return set === undefined || set['IsDeleted'] === true ? [] : [set];
  });
  return [...own, ...assigned];
}

/** The rows of an object that are not deleted and have a value in an indexed field. */
export function liveRows(org: Org, object: string, field: string, value: Value | undefined): Row[] {
  if (value === undefined) return [];
  const table = org.table(object);
  const found: Row[] = [];
  for (const id of table.lookup(field, value) ?? []) {
    const row = table.get(id);
    if (row !== undefined && row['IsDeleted'] !== true) found.push(row);
  }
  return found;
}

function rightsOnAll(modifyAll: boolean, viewAll: boolean): ObjectRights {
  return { read: modifyAll || viewAll, create: modifyAll, edit: modifyAll, delete: modifyAll };
}

function addObjectRights(to: Map<string, ObjectRights>, row: Row, everywhere: ObjectRights): void {
  const name = String(row['SobjectType']);
  const known = to.get(name) ?? everywhere;
  to.set(name, {
    read: known.read || row['PermissionsRead'] === true,
    create: known.create || row['PermissionsCreate'] === true,
    edit: known.edit || row['PermissionsEdit'] === true,
    delete: known.delete || row['PermissionsDelete'] === true,
  });
}

function addFieldRight(to: Map<string, 'read' | 'edit'>, row: Row): void {
  const name = String(row['Field']);
  if (row['PermissionsEdit'] === true) to.set(name, 'edit');
  else if (row['PermissionsRead'] === true && !to.has(name)) to.set(name, 'read');
}
