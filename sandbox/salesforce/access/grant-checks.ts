import type { Org } from '../store/org.ts';
import { hasObjectPermissions, isPermissionable } from './secured.ts';

/** Why a grant is refused. */
export interface Refusal {
  code: string;
  message: string;
}

/** Rights on one object, by the names ObjectPermissions gives them without `Permissions`. */
export interface GrantedRights {
  Read: boolean;
  Create: boolean;
  Edit: boolean;
  Delete: boolean;
  ViewAllRecords: boolean;
  ModifyAllRecords: boolean;
}

/** Refuses rights on a field that is not there, or for which none can be set. `name` is `Object.Field`. */
export function refuseFieldGrant(
  org: Org,
  name: string,
  rights: { read: boolean; edit: boolean },
): Refusal | undefined {
  const [objectName = '', fieldName = ''] = name.split('.');
  const type = org.schema.object(objectName);
  const field = type?.field(fieldName);
  if (type === undefined || field === undefined)
    return {
      code: 'INVALID_CROSS_REFERENCE_KEY',
      message: `In field: field - no CustomField named ${name} found`,
    };
  if (!isPermissionable(type.definition, field))
    return { code: 'FIELD_INTEGRITY_EXCEPTION', message: `You cannot deploy to a required field: ${name}` };
  if (rights.edit && !rights.read)
    return {
      code: 'FIELD_INTEGRITY_EXCEPTION',
      message: `Permission Edit ${name} depends on permission(s): Read ${name}`,
    };
  return undefined;
}

const DEPENDS_ON: readonly (readonly [keyof GrantedRights, readonly (keyof GrantedRights)[]])[] = [
  ['Create', ['Read']],
  ['Edit', ['Read']],
  ['Delete', ['Read', 'Edit']],
  ['ViewAllRecords', ['Read']],
  ['ModifyAllRecords', ['Read', 'Edit', 'Delete', 'ViewAllRecords']],
];

/** Refuses rights on an object that is not there or has none, and rights that need others which are missing. */
export function refuseObjectGrant(org: Org, objectName: string, rights: GrantedRights): Refusal | undefined {
  const type = org.schema.object(objectName);
  if (type === undefined || !hasObjectPermissions(type.definition))
    return {
      code: 'INVALID_CROSS_REFERENCE_KEY',
      message: `In field: object - no CustomObject named ${objectName} found`,
    };
  for (const [right, needed] of DEPENDS_ON) {
    const missing = needed.find((one) => rights[right] && !rights[one]);
    if (missing === undefined) continue;
    const message = `Permission ${right} ${type.name} depends on permission(s): ${missing} ${type.name}`;
    return { code: 'FIELD_INTEGRITY_EXCEPTION', message };
  }
  return undefined;
}
