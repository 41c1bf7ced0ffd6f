import { DmlError } from '../dml/dml-error.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';

/**
 * Refuses an owner who has left.
 * Provoked by: `OwnerId` of a user with `IsActive` false in a create or update;
 * and, unless `settings.inactiveOwnersBlockUpdates` is off, any update of a record whose owner is inactive
 * (the vendor asks for the permission "Update Records with Inactive Owners").
 */
export function checkOwner(org: Org, type: ObjectType, values: Values, before: Row | undefined): void {
  const given = values['OwnerId'];
  const owner =
    typeof given === 'string'
      ? given
      : org.settings.inactiveOwnersBlockUpdates
        ? before?.['OwnerId']
        : undefined;
  if (typeof owner !== 'string') return;
  const user = org.table('User').get(owner);
  if (user === undefined || user['IsActive'] !== false) return;
  throw new DmlError(
    'INACTIVE_OWNER_OR_USER',
    `operation performed with inactive user [${owner.slice(0, 15)}] as owner of ${type.name.toLowerCase()}`,
  );
}
