import { DmlError } from '../dml/dml-error.ts';
import type { Denied, ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';

/** Provoked by: a user without the right to create, edit or delete records of an object. */
export function checkObjectRight(org: Org, type: ObjectType, right: keyof Denied): void {
  if (type.denied[right] !== true) return;
  throw new DmlError(
    'INSUFFICIENT_ACCESS_OR_READONLY',
    'insufficient access rights on object id',
    [],
    org.settings.accessErrorStatus,
  );
}
