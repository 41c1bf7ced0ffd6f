import { auditFields, field, leadingFields, lookup, READ_ONLY, text } from '../schema/field.ts';
import { object, type ObjectDefinition } from '../schema/object.ts';

/** User permissions this org knows, by the names that metadata uses; columns of PermissionSet are `Permissions<Name>`. */
export const USER_PERMISSIONS = [
  'ApiEnabled',
  'AssignPermissionSets',
  'BulkApiHardDelete',
  'CustomizeApplication',
  'EditReadonlyFields',
  'ManageUsers',
  'ModifyAllData',
  'ModifyMetadata',
  'RunReports',
  'ViewAllData',
  'ViewAllUsers',
  'ViewSetup',
] as const;
export type UserPermission = (typeof USER_PERMISSIONS)[number];

const FOLLOWS_PARENT = { undeletable: false, internal: true } as const;

/** The objects that say who may do what: permission sets, who has them, and what they grant. */
export function permissionObjects(): ObjectDefinition[] {
  return [permissionSet(), permissionSetAssignment(), fieldPermissions(), objectPermissions()];
}

function permissionSet(): ObjectDefinition {
  const fields = [
    ...leadingFields(),
    text('Name', 'Permission Set Name', 80, { required: true, nameField: true, indexed: true }),
    text('Label', 'Permission Set Label', 80, { required: true }),
    lookup('ProfileId', 'Profile ID', 'Profile', 'Profile', undefined, READ_ONLY),
    field('IsOwnedByProfile', 'Is Owned By Profile', 'boolean', READ_ONLY),
    field('IsCustom', 'Is Custom', 'boolean', READ_ONLY),
    text('Description', 'Description', 255),
    text('NamespacePrefix', 'Namespace Prefix', 15, READ_ONLY),
    field('HasActivationRequired', 'Has Activation Required', 'boolean'),
    ...USER_PERMISSIONS.map((name) => field(`Permissions${name}`, spaced(name), 'boolean')),
    ...auditFields(),
  ];
  return object('PermissionSet', 'Permission Set', 'Permission Set', '0PS', fields, FOLLOWS_PARENT);
}

function permissionSetAssignment(): ObjectDefinition {
  const fields = [
    ...leadingFields(),
    lookup('PermissionSetId', 'PermissionSet ID', 'PermissionSet', 'PermissionSet', 'Assignments', {
      required: true,
      updateable: false,
    }),
    lookup('AssigneeId', 'Assignee ID', 'User', 'Assignee', 'PermissionSetAssignments', {
      required: true,
      updateable: false,
    }),
    ...auditFields(),
  ];
  return object(
    'PermissionSetAssignment',
    'Permission Set Assignment',
    'Permission Set Assignment',
    '0Pa',
    fields,
    { ...FOLLOWS_PARENT, updateable: false },
  );
}

function fieldPermissions(): ObjectDefinition {
  const fields = [
    ...leadingFields(),
    ...grantedOn('FieldPerms'),
    text('Field', 'Field Name', 80, { required: true, updateable: false, indexed: true }),
    field('PermissionsEdit', 'Edit', 'boolean'),
    field('PermissionsRead', 'Read', 'boolean'),
    ...auditFields(),
  ];
  return object('FieldPermissions', 'Field Permissions', 'Field Permissions', '01k', fields, FOLLOWS_PARENT);
}

/** Columns of ObjectPermissions, with the names that metadata gives them. */
export const OBJECT_RIGHTS = {
  PermissionsCreate: 'allowCreate',
  PermissionsRead: 'allowRead',
  PermissionsEdit: 'allowEdit',
  PermissionsDelete: 'allowDelete',
  PermissionsViewAllRecords: 'viewAllRecords',
  PermissionsModifyAllRecords: 'modifyAllRecords',
} as const;

function objectPermissions(): ObjectDefinition {
  const fields = [
    ...leadingFields(),
    ...grantedOn('ObjectPerms'),
    ...Object.keys(OBJECT_RIGHTS).map((name) =>
      field(name, spaced(name.slice('Permissions'.length)), 'boolean'),
    ),
    ...auditFields(),
  ];
  return object(
    'ObjectPermissions',
    'Object Permissions',
    'Object Permissions',
    '110',
    fields,
    FOLLOWS_PARENT,
  );
}

function grantedOn(children: string) {
  return [
    lookup('ParentId', 'Parent ID', 'PermissionSet', 'Parent', children, {
      required: true,
      updateable: false,
    }),
    text('SobjectType', 'SObject Type Name', 80, { required: true, updateable: false, indexed: true }),
  ];
}

function spaced(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
}
