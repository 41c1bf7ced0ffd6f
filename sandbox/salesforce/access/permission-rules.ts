import { DmlError } from '../dml/dml-error.ts';
import type { RecordRules } from '../rules/contract.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import { refuseFieldGrant, refuseObjectGrant, type GrantedRights, type Refusal } from './grant-checks.ts';
import { liveRows } from './permissions.ts';

/** Permission sets that clients write as rows; what a profile owns cannot be written this way. */
export const permissionSetRules: RecordRules = {
  derive(org, values, before) {
    if (before?.['IsOwnedByProfile'] === true) throw readOnly();
    const name = values['Name'];
    if (before === undefined) values['IsCustom'] = true;
    if (typeof name !== 'string' || name === before?.['Name']) return;
    if (!/^[A-Za-z](?!.*__)\w*$/.test(name) || name.endsWith('_')) {
      throw new DmlError('INVALID_API_NAME', `'${name}' is no API name`, ['Name']);
    }
    if (liveRows(org, 'PermissionSet', 'Name', name).length === 0) return;
    throw new DmlError('DUPLICATE_DEVELOPER_NAME', `The name ${name} is already in use`, ['Name']);
  },
};

/** Who has a permission set. The set of a profile comes with the profile only, and nobody has one twice. */
export const permissionSetAssignmentRules: RecordRules = {
  derive(org, values) {
    const set = String(values['PermissionSetId']);
    const assignee = String(values['AssigneeId']);
    if (org.table('PermissionSet').get(set)?.['IsOwnedByProfile'] === true)
      throw new DmlError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', ['PermissionSetId']);
    const own = liveRows(org, 'PermissionSetAssignment', 'AssigneeId', assignee);
    if (!own.some((row) => row['PermissionSetId'] === set)) return;
    throw new DmlError(
      'DUPLICATE_VALUE',
      `Duplicate PermissionSetAssignment. Assignee: ${assignee}; Permission Set: ${set}`,
    );
  },
};

/** Rights on fields. */
export const fieldPermissionRules: RecordRules = {
  derive(org, values, before) {
    const row = merged(values, before);
    const field = String(row['Field']);
    if (String(row['SobjectType']).toLowerCase() !== field.split('.')[0]?.toLowerCase())
      throw new DmlError(
        'FIELD_INTEGRITY_EXCEPTION',
        `${field} is no field of ${String(row['SobjectType'])}`,
        ['Field'],
      );
    const rights = { read: row['PermissionsRead'] === true, edit: row['PermissionsEdit'] === true };
    refuse(refuseFieldGrant(org, field, rights));
    if (before === undefined) refuseSecond(org, 'FieldPermissions', row, 'Field');
  },
};

/** Rights on objects. */
export const objectPermissionRules: RecordRules = {
  derive(org, values, before) {
    const row = merged(values, before);
    const has = (right: keyof GrantedRights) => row[`Permissions${right}`] === true;
    const rights: GrantedRights = {
      Read: has('Read'),
      Create: has('Create'),
      Edit: has('Edit'),
      Delete: has('Delete'),
      ViewAllRecords: has('ViewAllRecords'),
      ModifyAllRecords: has('ModifyAllRecords'),
    };
    refuse(refuseObjectGrant(org, String(row['SobjectType']), rights));
    if (before === undefined) refuseSecond(org, 'ObjectPermissions', row, 'SobjectType');
  },
};

function merged(values: Values, before: Row | undefined): Readonly<Values> {
  return { ...before, ...values };
}

function refuse(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw new DmlError(refusal.code, refusal.message);
}

function refuseSecond(org: Org, object: string, row: Readonly<Values>, field: string): void {
  const parent = row['ParentId'];
  const others = liveRows(org, object, 'ParentId', parent ?? undefined);
  const same = others.find((one) => String(one[field]).toLowerCase() === String(row[field]).toLowerCase());
  if (same === undefined) return;
  throw new DmlError(
    'DUPLICATE_VALUE',
    `duplicate value found: ${field} duplicates value on record with id: ${String(same['Id']).slice(0, 15)}`,
  );
}

function readOnly(): DmlError {
  return new DmlError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', [], 403);
}
