import { z } from 'zod';
import { refuseFieldGrant, refuseObjectGrant, type Refusal } from '../../access/grant-checks.ts';
import { OBJECT_RIGHTS, USER_PERMISSIONS } from '../../access/permission-objects.ts';
import { liveRows } from '../../access/permissions.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { Row, Values } from '../../store/row.ts';
import { integrity, MetadataError } from '../metadata-error.ts';
import { listOf, optionalBoolean, type Plain } from '../plain.ts';
import type { Work } from '../work.ts';

/** The parts of a permission set or profile that this org acts on. */
export const grantsShape = {
  fieldPermissions: listOf(
    z.strictObject({ editable: optionalBoolean, field: z.string(), readable: optionalBoolean }),
  ),
  objectPermissions: listOf(
    z.strictObject({
      object: z.string(),
      allowCreate: optionalBoolean,
      allowDelete: optionalBoolean,
      allowEdit: optionalBoolean,
      allowRead: optionalBoolean,
      modifyAllRecords: optionalBoolean,
      viewAllFields: optionalBoolean,
      viewAllRecords: optionalBoolean,
    }),
  ),
  userPermissions: listOf(z.strictObject({ enabled: optionalBoolean, name: z.string() })),
};
export type Grants = { [K in keyof typeof grantsShape]: z.output<(typeof grantsShape)[K]> };

/** Writes grants as rows of the set. With `replace`, what is not named is taken away. */
export function writeGrants(work: Work, set: Row, content: Grants, replace: boolean): void {
  const parent = String(set['Id']);
  const fields = content.fieldPermissions.map((one) => fieldRow(work, parent, one));
  const objects = content.objectPermissions.map((one) => objectRow(work, parent, one));
  writeRows(work, 'FieldPermissions', 'Field', parent, fields, replace);
  writeRows(work, 'ObjectPermissions', 'SobjectType', parent, objects, replace);
}

/** Values of the columns for user permissions. With `replace`, those not named are off. */
export function userPermissionValues(content: Grants, replace: boolean): Values {
  const values: Values = replace
    ? Object.fromEntries(USER_PERMISSIONS.map((name) => [`Permissions${name}`, false]))
    : {};
  for (const { name, enabled } of content.userPermissions) {
    if (!(USER_PERMISSIONS as readonly string[]).includes(name))
      throw integrity(`Unknown user permission: ${name}`, 'userPermissions');
    values[`Permissions${name}`] = enabled === true;
  }
  return values;
}

function fieldRow(work: Work, parent: string, one: Grants['fieldPermissions'][number]): Values {
  const edit = one.editable === true;
  const read = one.readable ?? edit;
  refuse(refuseFieldGrant(work.sandbox.org, one.field, { read, edit }));
  const [object = '', field = ''] = one.field.split('.');
  const type = work.sandbox.org.table(work.sandbox.org.preset.schema.object(object)?.name ?? object).type;
  return {
    ParentId: parent,
    SobjectType: type.name,
    Field: `${type.name}.${type.field(field)?.name ?? field}`,
    PermissionsRead: read,
    PermissionsEdit: edit,
  };
}

function objectRow(work: Work, parent: string, one: Grants['objectPermissions'][number]): Values {
  const has = (name: (typeof OBJECT_RIGHTS)[keyof typeof OBJECT_RIGHTS]) => one[name] === true;
  const rights = {
    Read: has('allowRead'),
    Create: has('allowCreate'),
    Edit: has('allowEdit'),
    Delete: has('allowDelete'),
    ViewAllRecords: has('viewAllRecords'),
    ModifyAllRecords: has('modifyAllRecords'),
  };
  refuse(refuseObjectGrant(work.sandbox.org, one.object, rights));
  const columns = Object.entries(rights).map(([right, granted]) => [`Permissions${right}`, granted]);
  const name = work.sandbox.org.preset.schema.object(one.object)?.name ?? one.object;
  return { ParentId: parent, SobjectType: name, ...Object.fromEntries(columns) };
}

function writeRows(
  work: Work,
  object: string,
  key: string,
  parent: string,
  wanted: readonly Values[],
  replace: boolean,
): void {
  const { type } = work.sandbox.org.table(object);
  const present = new Map(
    liveRows(work.sandbox.org, object, 'ParentId', parent).map((row) => [row[key], row]),
  );
  const named = new Set(wanted.map((values) => values[key]));
  if (named.size < wanted.length)
    throw new MetadataError('DUPLICATE_VALUE', `duplicate value found: ${key} is named twice`);
  for (const values of wanted) {
    const before = present.get(String(values[key]));
    const grantsSomething = Object.entries(values).some(
      ([name, value]) => name.startsWith('Permissions') && value === true,
    );
    if (before === undefined && grantsSomething) work.transaction.write({ type, op: 'create', values });
    else if (before !== undefined && grantsSomething)
      work.transaction.write({ type, op: 'update', before, values });
    else if (before !== undefined) work.transaction.write({ type, op: 'delete', before, values: {} });
  }
  if (!replace) return;
  for (const [name, before] of present)
    if (!named.has(String(name))) work.transaction.write({ type, op: 'delete', before, values: {} });
}

/** What a set grants, as its author would write it. Fields and objects in the order of their names. */
export function readGrants(sandbox: Sandbox, set: Row): Plain {
  const rows = (object: string, key: string) =>
    liveRows(sandbox.org, object, 'ParentId', set['Id']).sort((left, right) =>
      String(left[key]) < String(right[key]) ? -1 : 1,
    );
  const fieldPermissions = rows('FieldPermissions', 'Field').map((row) => ({
    editable: row['PermissionsEdit'] === true,
    field: String(row['Field']),
    readable: row['PermissionsRead'] === true,
  }));
  const objectPermissions = rows('ObjectPermissions', 'SobjectType').map((row) => ({
    ...Object.fromEntries(
      Object.entries(OBJECT_RIGHTS).map(([column, name]) => [name, row[column] === true]),
    ),
    object: String(row['SobjectType']),
  }));
  const userPermissions = USER_PERMISSIONS.filter((name) => set[`Permissions${name}`] === true).map(
    (name) => ({
      enabled: true,
      name,
    }),
  );
  return { fieldPermissions, objectPermissions, userPermissions };
}

/** Takes away everything a set grants. */
export function dropAllGrants(work: Work, set: Row): void {
  writeGrants(work, set, { fieldPermissions: [], objectPermissions: [], userPermissions: [] }, true);
}

function refuse(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw new MetadataError(refusal.code, refusal.message);
}
