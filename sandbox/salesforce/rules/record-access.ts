import { DmlError } from '../dml/dml-error.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';
import type { Actor } from '../store/transaction.ts';

/** Who looks. */
type Reader = Pick<Actor, 'origin' | 'userId'>;

/**
 * Whether an API user may see a record by who owns it: `settings.orgWideDefaults` says `private` for its object,
 * and the record is somebody else's.
 */
export function maySee(org: Org, actor: Reader, type: ObjectType, row: Row): boolean {
  return org.settings.orgWideDefaults[type.name] !== 'private' || isOwn(actor, row);
}

/**
 * Refuses a change of a record that belongs to somebody else.
 * Provoked by: an update or delete of a record of another owner, while `settings.orgWideDefaults` says `read` for the object
 * (INSUFFICIENT_ACCESS_OR_READONLY) or `private` (INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY).
 */
export function checkMayEdit(org: Org, actor: Actor, type: ObjectType, row: Row): void {
  const access = org.settings.orgWideDefaults[type.name];
  if (access === undefined || access === 'read-write' || isOwn(actor, row)) return;
  if (access === 'private') throw noAccessToReference(org, row['Id'] as string);
  throw new DmlError(
    'INSUFFICIENT_ACCESS_OR_READONLY',
    'insufficient access rights on object id',
    [],
    org.settings.accessErrorStatus,
  );
}

/** Refuses a lookup to a record that the user cannot see. */
export function checkMayReference(
  org: Org,
  actor: Actor,
  field: FieldDefinition,
  target: ObjectType,
  row: Row,
): void {
  if (maySee(org, actor, target, row)) return;
  throw noAccessToReference(org, row['Id'] as string, [field.name]);
}

function isOwn(actor: Reader, row: Row): boolean {
  return actor.origin !== 'api' || row['OwnerId'] === undefined || row['OwnerId'] === actor.userId;
}

function noAccessToReference(org: Org, id: string, fields: readonly string[] = []): DmlError {
  return new DmlError(
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    `insufficient access rights on cross-reference id: ${id.slice(0, 15)}`,
    fields,
    org.settings.accessErrorStatus,
  );
}
