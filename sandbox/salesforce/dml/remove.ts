import { canonicalId } from '../ids.ts';
import { lockAccounts } from '../rules/account-locks.ts';
import { runTriggers } from '../rules/automation/run-triggers.ts';
import { orgRulesOf } from '../rules/org-rules.ts';
import { checkMayEdit } from '../rules/record-access.ts';
import { rulesOf } from '../rules/record-rules.ts';
import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { DmlError, entityIsDeleted, invalidCrossReference } from './dml-error.ts';
import { isPurged, PURGED } from './recycle-bin.ts';
import { platformEdit } from './save-record.ts';

/** On the rows that went along into the recycle bin: the record they went with. No field of the org. */
const WENT_WITH = '$wentWith';

/** Puts a record in the recycle bin, or past it `forGood`, with what depends on it. Throws a DmlError when it may not be deleted. */
export function deleteRecord(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  row: Row,
  forGood = false,
): void {
  if (!type.definition.deletable) {
    throw new DmlError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', [], 403);
  }
  checkMayEdit(org, transaction.actor, type, row);
  refuseByTriggers(org, transaction, 'delete', 'before', type, row);
  lockAccounts(org, transaction, type, row, row);
  remove(org, transaction, org.table(type.name).type, row, undefined, forGood);
}

/**
 * Takes a record out of the recycle bin, with what was deleted along with it.
 * Throws UNDELETE_FAILED when it is no longer there: after 15 days by the sandbox clock.
 */
export function undeleteRecord(org: Org, transaction: Transaction, type: ObjectType, row: Row): void {
  if (!type.definition.undeletable || row['IsDeleted'] !== true || isPurged(org, row))
    throw new DmlError('UNDELETE_FAILED', 'Entity is not in the recycle bin');
  refuseByTriggers(org, transaction, 'undelete', 'before', type, row);
  restore(org, transaction, org.table(type.name).type, row, undefined);
}

function refuseByTriggers(
  org: Org,
  transaction: Transaction,
  event: 'delete' | 'undelete',
  moment: 'before' | 'after',
  type: ObjectType,
  row: Row,
): void {
  const orgRules = orgRulesOf(org.settings, type.name);
  if (orgRules === undefined || orgRules.triggers.length === 0) return;
  runTriggers(orgRules.triggers, transaction, event, moment, { org, type, after: row, before: row });
}

function remove(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  row: Row,
  wentWith: string | undefined,
  forGood: boolean,
): void {
  const values: Values = {};
  if (wentWith !== undefined) values[WENT_WITH] = wentWith;
  if (forGood) values[PURGED] = true;
  const automation = wentWith !== undefined;
  refuseRestricted(org, type, row);
  const after = transaction.write({ type, op: 'delete', before: row, values, automation });
  for (const child of dependents(org, type, row)) {
    // The same child may hang on its parent in two ways, and be gone by now.
    const current = org.table(child.type.name).get(child.row['Id'] as string);
    if (current?.['IsDeleted'] === false)
      remove(org, transaction, child.type, current, wentWith ?? (row['Id'] as string), forGood);
  }
  rulesOf(type.name).afterDelete?.(org, transaction, after, platformEdit(org, transaction));
  refuseByTriggers(org, transaction, 'delete', 'after', type, after);
}

function restore(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  row: Row,
  wentWith: string | undefined,
): void {
  const values = { [WENT_WITH]: null };
  const automation = wentWith !== undefined;
  const after = transaction.write({ type, op: 'undelete', before: row, values, automation });
  const root = wentWith ?? (row['Id'] as string);
  for (const child of dependents(org, type, row)) {
    const current = org.table(child.type.name).get(child.row['Id'] as string);
    if (current?.['IsDeleted'] === true && current[WENT_WITH] === root)
      restore(org, transaction, child.type, current, root);
  }
  rulesOf(type.name).afterUndelete?.(org, transaction, after, platformEdit(org, transaction));
}

/** Children that may not lose their parent keep it: those of a lookup that restricts. */
function refuseRestricted(org: Org, type: ObjectType, row: Row): void {
  for (const child of childrenBy(org, type, row, (field) => field.onParentDelete?.restrict === true)) {
    if (child.row['IsDeleted'] === true) continue;
    throw new DmlError(
      'DELETE_FAILED',
      `Your attempt to delete ${String(row['Name'] ?? row['Id'])} could not be completed because it is associated with the following ${child.type.definition.labelPlural.toLowerCase()}.: ${String(child.row['Name'] ?? child.row['Id'])}`,
    );
  }
}

/** What goes with a record into the recycle bin, and comes back with it. */
function dependents(org: Org, type: ObjectType, row: Row): { type: ObjectType; row: Row }[] {
  return childrenBy(
    org,
    type,
    row,
    (field) => field.onParentDelete?.cascade === true || field.masterDetail === true,
  );
}

function childrenBy(
  org: Org,
  type: ObjectType,
  row: Row,
  counts: (field: FieldDefinition) => boolean,
): { type: ObjectType; row: Row }[] {
  return type.children.flatMap(({ object, field }) => {
    if (!counts(field) || org.preset.schema.object(object) === undefined) return [];
    const table = org.table(object);
    const ids = [...(table.lookup(field.name, row['Id'] as string) ?? [])];
    return ids.flatMap((id) => {
      const child = table.get(id);
      return child === undefined ? [] : [{ type: table.type, row: child }];
    });
  });
}

/** Finds the live record an id stands for, of whatever object. */
export function recordOfAnyObject(org: Org, id: string): { type: ObjectType; row: Row } {
  const canonical = canonicalId(id);
  if (canonical === undefined) throw new DmlError('MALFORMED_ID', `malformed id ${id}`);
  const type = org.preset.schema.byPrefix(canonical.slice(0, 3));
  const row = type === undefined ? undefined : org.table(type.name).get(canonical);
  if (type === undefined || row === undefined || isPurged(org, row)) throw invalidCrossReference();
  if (row['IsDeleted'] === true) throw entityIsDeleted();
  return { type, row };
}
