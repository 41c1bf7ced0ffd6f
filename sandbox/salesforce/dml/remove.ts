import { canonicalId } from '../ids.ts';
import { rulesOf } from '../rules/record-rules.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { DmlError, entityIsDeleted, invalidCrossReference } from './dml-error.ts';

/** Puts a record in the recycle bin. Throws a DmlError when it may not be deleted. */
export function deleteRecord(org: Org, transaction: Transaction, type: ObjectType, row: Row): void {
  if (!type.definition.deletable) {
    throw new DmlError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', [], 403);
  }
  const after = transaction.write({ type, op: 'delete', before: row, values: {} });
  rulesOf(type.name).afterDelete?.(org, transaction, after);
}

/** Takes a record out of the recycle bin. */
export function undeleteRecord(transaction: Transaction, type: ObjectType, row: Row): void {
  transaction.write({ type, op: 'undelete', before: row, values: {} });
}

/** Finds the live record an id stands for, of whatever object. */
export function recordOfAnyObject(org: Org, id: string): { type: ObjectType; row: Row } {
  const canonical = canonicalId(id);
  if (canonical === undefined) throw new DmlError('MALFORMED_ID', `malformed id ${id}`);
  const type = org.preset.schema.byPrefix(canonical.slice(0, 3));
  const row = type === undefined ? undefined : org.table(type.name).get(canonical);
  if (type === undefined || row === undefined) throw invalidCrossReference();
  if (row['IsDeleted'] === true) throw entityIsDeleted();
  return { type, row };
}
