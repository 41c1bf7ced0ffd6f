import { checkObjectRight } from '../access/check-object-right.ts';
import { canonicalId } from '../ids.ts';
import { checkNotClosed } from '../rules/closed-record-lock.ts';
import { protectLineItems } from '../rules/line-item-amount.ts';
import { checkMayEdit } from '../rules/record-access.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { checkNotNulled, checkReferences, checkRequired } from './check-record.ts';
import { DmlError, entityIsDeleted, invalidCrossReference } from './dml-error.ts';
import { notAllowed } from './insert.ts';
import { readInput, type Input } from './read-input.ts';
import { isPurged } from './recycle-bin.ts';
import { saveRecord } from './save-record.ts';

/** Finds the live record of an id, or says why there is none. */
export function existingRecord(org: Org, type: ObjectType, id: unknown): Row {
  if (id === undefined || id === null || id === '') {
    throw new DmlError('MISSING_ARGUMENT', 'Id not specified in an update call', ['Id']);
  }
  const canonical = typeof id === 'string' ? canonicalId(id) : undefined;
  if (canonical === undefined) {
    throw new DmlError('MALFORMED_ID', `${type.name} ID: id value of incorrect type: ${String(id)}`, ['Id']);
  }
  if (!canonical.startsWith(type.definition.keyPrefix)) throw invalidCrossReference(['Id']);
  const row = org.table(type.name).get(canonical);
  if (row === undefined || isPurged(org, row)) throw invalidCrossReference();
  if (row['IsDeleted'] === true) throw entityIsDeleted();
  return row;
}

/** Changes a record. Throws a DmlError and leaves no trace when a value is refused. */
export function updateRecord(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  before: Row,
  input: Input,
): Row {
  checkObjectRight(org, type, 'edit');
  if (!type.definition.updateable) throw notAllowed(type, 'update');
  checkMayEdit(org, transaction.actor, type, before);
  checkNotClosed(org, transaction, type, before);
  const values = readInput(org, type, input, 'update');
  protectLineItems(org, type, values, before);
  const written = Object.keys(values);
  checkRequired(type, values, 'update');
  checkNotNulled(type, values);
  checkReferences(org, type, values, transaction.actor);
  return saveRecord(org, transaction, { type, values, before, written });
}
