import { liveRows } from '../../access/permissions.ts';
import type { Work } from '../work.ts';

/** Takes away what anybody was granted on a field or object that is about to go. */
export function dropGrantsOn(work: Work, object: string, column: string, fullName: string): void {
  const { type } = work.sandbox.org.table(object);
  for (const before of liveRows(work.sandbox.org, object, column, fullName))
    work.transaction.write({ type, op: 'delete', before, values: {} });
}

/** Lets grants on a field, or on an object and its fields, follow its new name. */
export function renameGrantsOn(work: Work, fullName: string, newFullName: string): void {
  const { org } = work.sandbox;
  const [object = '', field] = newFullName.split('.');
  const [oldObject = ''] = fullName.split('.');
  for (const name of ['ObjectPermissions', 'FieldPermissions']) {
    const { type } = org.table(name);
    for (const before of liveRows(org, name, 'SobjectType', oldObject)) {
      const granted = String(before['Field'] ?? '');
      if (field !== undefined && granted !== fullName) continue;
      const values = {
        SobjectType: object,
        ...(granted === '' ? {} : { Field: `${object}.${field ?? granted.split('.')[1] ?? ''}` }),
      };
      work.transaction.write({ type, op: 'update', before, values });
    }
  }
}
