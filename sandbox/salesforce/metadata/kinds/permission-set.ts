import { z } from 'zod';
import { liveRows } from '../../access/permissions.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { Row } from '../../store/row.ts';
import { checkDeveloperName } from '../check-field.ts';
import { MetadataError, missing, notFoundByName } from '../metadata-error.ts';
import { optionalBoolean, optionalText, readShape, withoutUndefined, type Plain } from '../plain.ts';
import { dropAllGrants, grantsShape, readGrants, userPermissionValues, writeGrants } from './grants.ts';
import type { MetadataKind } from './kind.ts';
import { listedRow } from './record-type.ts';

const TYPE = 'PermissionSet';

const shape = z.strictObject({
  fullName: optionalText,
  ...grantsShape,
  description: optionalText,
  hasActivationRequired: optionalBoolean,
  label: optionalText,
  license: optionalText,
  applicationVisibilities: z.unknown().optional(),
  classAccesses: z.unknown().optional(),
  customMetadataTypeAccesses: z.unknown().optional(),
  customPermissions: z.unknown().optional(),
  customSettingAccesses: z.unknown().optional(),
  externalDataSourceAccesses: z.unknown().optional(),
  flowAccesses: z.unknown().optional(),
  pageAccesses: z.unknown().optional(),
  recordTypeVisibilities: z.unknown().optional(),
  tabSettings: z.unknown().optional(),
});

/** From this version on a permission set is replaced as a whole; before, what is not named stays. */
const REPLACES_SINCE = 40;

/** Permission sets. They are rows of PermissionSet, FieldPermissions and ObjectPermissions. */
export const permissionSetKind: MetadataKind = {
  type: TYPE,
  directory: 'permissionsets',
  suffix: 'permissionset',
  checkShape: (plain) => void readShape(shape, TYPE, plain),
  create(work, fullName, plain) {
    checkDeveloperName(fullName);
    if (rowOf(work.sandbox, fullName) !== undefined) {
      throw new MetadataError(
        'DUPLICATE_DEVELOPER_NAME',
        `There is already a permission set named ${fullName}.`,
        ['fullName'],
      );
    }
    const content = readShape(shape, TYPE, plain);
    if (content.label === undefined) throw missing('label');
    const { type } = work.sandbox.org.table(TYPE);
    const set = work.transaction.write({
      type,
      op: 'create',
      values: {
        Name: fullName,
        Label: content.label,
        Description: content.description ?? null,
        HasActivationRequired: content.hasActivationRequired === true,
        IsCustom: true,
        IsOwnedByProfile: false,
        ...userPermissionValues(content, true),
      },
    });
    writeGrants(work, set, content, true);
  },
  update(work, fullName, plain) {
    const before = existing(work.sandbox, fullName);
    const content = readShape(shape, TYPE, plain);
    if (content.label === undefined) throw missing('label');
    const replace = work.version >= REPLACES_SINCE;
    const { type } = work.sandbox.org.table(TYPE);
    const values = {
      Label: content.label,
      Description: content.description ?? null,
      ...userPermissionValues(content, replace),
    };
    const set = work.transaction.write({ type, op: 'update', before, values });
    writeGrants(work, set, content, replace);
  },
  delete(work, fullName) {
    const before = existing(work.sandbox, fullName);
    const assigned = liveRows(work.sandbox.org, 'PermissionSetAssignment', 'PermissionSetId', before['Id']);
    if (assigned.length > 0) {
      throw new MetadataError(
        'DEPENDENCY_EXISTS',
        `The permission set ${fullName} is assigned to users and cannot be deleted`,
      );
    }
    dropAllGrants(work, before);
    work.transaction.write({ type: work.sandbox.org.table(TYPE).type, op: 'delete', before, values: {} });
  },
  read(sandbox, fullName) {
    const set = rowOf(sandbox, fullName);
    if (set === undefined) return undefined;
    return withoutUndefined<Plain>({
      description: set['Description'],
      ...readGrants(sandbox, set),
      hasActivationRequired: set['HasActivationRequired'] === true,
      label: set['Label'],
    });
  },
  list(sandbox) {
    const table = sandbox.org.table(TYPE);
    return table.ids.flatMap((id) => {
      const row = table.get(id);
      return row === undefined || row['IsDeleted'] === true || row['IsOwnedByProfile'] === true
        ? []
        : [listedRow(row, String(row['Name']))];
    });
  },
};

function rowOf(sandbox: Sandbox, fullName: string): Row | undefined {
  return liveRows(sandbox.org, TYPE, 'Name', fullName).find((row) => row['IsOwnedByProfile'] !== true);
}

function existing(sandbox: Sandbox, fullName: string): Row {
  const found = rowOf(sandbox, fullName);
  if (found === undefined) throw notFoundByName(TYPE, fullName);
  return found;
}
