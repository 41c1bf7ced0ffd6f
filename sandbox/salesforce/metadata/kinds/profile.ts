import { z } from 'zod';
import { liveRows } from '../../access/permissions.ts';
import type { Sandbox } from '../../sandbox.ts';
import type { Row } from '../../store/row.ts';
import { MetadataError, notFoundByName } from '../metadata-error.ts';
import { optionalBoolean, optionalText, readShape, type Plain } from '../plain.ts';
import { grantsShape, readGrants, writeGrants } from './grants.ts';
import type { Listed, MetadataKind } from './kind.ts';
import { listedRow } from './record-type.ts';

const TYPE = 'Profile';

const shape = z.strictObject({
  fullName: optionalText,
  ...grantsShape,
  custom: optionalBoolean,
  description: optionalText,
  userLicense: optionalText,
});

/** The names that metadata gives to standard profiles. */
const METADATA_NAMES: Readonly<Record<string, string>> = {
  'System Administrator': 'Admin',
  'Standard User': 'Standard',
};

/**
 * Profiles: the grants of their fields can be read and changed, and are merged into what is there.
 * Everything else of a standard profile is not for clients to change.
 */
export const profileKind: MetadataKind = {
  type: TYPE,
  directory: 'profiles',
  suffix: 'profile',
  checkShape: (plain) => void readShape(shape, TYPE, plain),
  create() {
    throw new MetadataError('UNKNOWN_EXCEPTION', 'sandbox: this org has its standard profiles only');
  },
  update(work, fullName, plain) {
    const set = setOf(work.sandbox, fullName);
    const content = readShape(shape, TYPE, plain);
    if (set === undefined) throw notFoundByName(TYPE, fullName);
    const before = readGrants(work.sandbox, set);
    const changesMore = [...content.objectPermissions, ...content.userPermissions].some(
      (one) => !JSON.stringify(before).includes(JSON.stringify(one)),
    );
    if (changesMore) {
      throw new MetadataError(
        'INSUFFICIENT_ACCESS_OR_READONLY',
        'Object and user permissions of a standard profile cannot be changed',
      );
    }
    writeGrants(work, set, { ...content, objectPermissions: [], userPermissions: [] }, false);
  },
  read(sandbox, fullName) {
    const set = setOf(sandbox, fullName);
    return set === undefined
      ? undefined
      : ({ custom: false, ...readGrants(sandbox, set), userLicense: 'Salesforce' } satisfies Plain);
  },
  list: (sandbox) => profiles(sandbox).map((row): Listed => listedRow(row, metadataName(row))),
};

function profiles(sandbox: Sandbox): Row[] {
  const table = sandbox.org.table(TYPE);
  return table.ids.map((id) => table.get(id)).filter((row) => row !== undefined);
}

function metadataName(profile: Row): string {
  const name = String(profile['Name']);
  return METADATA_NAMES[name] ?? name;
}

/** The permission set that holds what a profile grants. */
function setOf(sandbox: Sandbox, fullName: string): Row | undefined {
  const wanted = decodeURIComponent(fullName).toLowerCase();
  const profile = profiles(sandbox).find((row) =>
    [metadataName(row), String(row['Name'])].some((name) => name.toLowerCase() === wanted),
  );
  return profile === undefined
    ? undefined
    : liveRows(sandbox.org, 'PermissionSet', 'ProfileId', profile['Id'])[0];
}
