import { canonicalId } from '../ids.ts';
import { rulesOf } from '../rules/record-rules.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { DmlError, entityIsDeleted, invalidCrossReference } from './dml-error.ts';

/** What goes with a record into the recycle bin, and comes back with it: child object and its lookup. */
const DEPENDENTS: Readonly<Record<string, readonly (readonly [object: string, lookup: string])[]>> = {
  Account: [
    ['Contact', 'AccountId'],
    ['Opportunity', 'AccountId'],
    ['Partner', 'AccountToId'],
  ],
  Contact: [['OpportunityContactRole', 'ContactId']],
  Opportunity: [
    ['OpportunityContactRole', 'OpportunityId'],
    ['OpportunityPartner', 'OpportunityId'],
    ['Partner', 'OpportunityId'],
  ],
};

/** Puts a record in the recycle bin, with what depends on it. Throws a DmlError when it may not be deleted. */
export function deleteRecord(org: Org, transaction: Transaction, type: ObjectType, row: Row): void {
  if (!type.definition.deletable) {
    throw new DmlError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id', [], 403);
  }
  remove(org, transaction, type, row, false);
}

/** Takes a record out of the recycle bin, with what was deleted along with it. */
export function undeleteRecord(org: Org, transaction: Transaction, type: ObjectType, row: Row): void {
  restore(org, transaction, type, row, false);
}

function remove(org: Org, transaction: Transaction, type: ObjectType, row: Row, automation: boolean): void {
  const after = transaction.write({ type, op: 'delete', before: row, values: {}, automation });
  for (const child of dependents(org, type, row)) {
    // The same child may hang on its parent in two ways, and be gone by now.
    const current = org.table(child.type.name).get(child.row['Id'] as string);
    if (current?.['IsDeleted'] === false) remove(org, transaction, child.type, current, true);
  }
  rulesOf(type.name).afterDelete?.(org, transaction, after);
}

function restore(org: Org, transaction: Transaction, type: ObjectType, row: Row, automation: boolean): void {
  transaction.write({ type, op: 'undelete', before: row, values: {}, automation });
  for (const child of dependents(org, type, row)) {
    const wentAlong =
      child.row['IsDeleted'] === true && child.row['SystemModstamp'] === row['SystemModstamp'];
    if (wentAlong) restore(org, transaction, child.type, child.row, true);
  }
}

function dependents(org: Org, type: ObjectType, row: Row): { type: ObjectType; row: Row }[] {
  return (DEPENDENTS[type.name] ?? []).flatMap(([object, lookup]) => {
    const table = org.table(object);
    const ids = [...(table.lookup(lookup, row['Id'] as string) ?? [])];
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
  if (type === undefined || row === undefined) throw invalidCrossReference();
  if (row['IsDeleted'] === true) throw entityIsDeleted();
  return { type, row };
}
