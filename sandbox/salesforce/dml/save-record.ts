import { lockAccounts } from '../rules/account-locks.ts';
import { runAfterSaveFlows, runBeforeSaveFlows } from '../rules/automation/run-flows.ts';
import { runTriggers } from '../rules/automation/run-triggers.ts';
import { checkDuplicates, rememberForMatching } from '../rules/duplicates/check-duplicates.ts';
import { orgRulesOf, type OrgRules } from '../rules/org-rules.ts';
import { checkOwner } from '../rules/owner-rules.ts';
import { rulesOf } from '../rules/record-rules.ts';
import { checkRecordType } from '../rules/record-type-rules.ts';
import type { EditRecord } from '../rules/contract.ts';
import { checkValidationRules } from '../rules/validation-rules.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import { mergeRow, type Row, type Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { checkNotNulled, checkReferences, checkRequired, checkUnique } from './check-record.ts';

/** A record about to be stored: values already read and checked one by one. */
interface Save {
  type: ObjectType;
  values: Values;
  /** Absent when the record is new. */
  before: Row | undefined;
  /** Names of the fields that the caller wrote. */
  written: readonly string[];
  /** The platform writes by itself. */
  automation?: boolean;
}

/**
 * Stores a record the way the vendor's order of execution says: before-save flows and triggers, the object's own rules,
 * validation and duplicate rules, the row, then what follows from it: after-save triggers and flows.
 * Throws a DmlError when any of them refuses; the caller takes the transaction back.
 */
export function saveRecord(org: Org, transaction: Transaction, save: Save): Row {
  const { before, values, written, automation = false } = save;
  // A caller may see less of the object than it has; what is stored follows the whole of it.
  const { type } = org.table(save.type.name);
  const orgRules = orgRulesOf(org.settings, type.name);
  const rules = rulesOf(type.name);
  if (orgRules !== undefined) runBefore(orgRules, org, transaction, type, values, before);
  checkOwner(org, type, values, before);
  checkRecordType(org, type, values, before);
  rules.derive?.(org, values, before);
  checkUnique(org, type, values, before?.['Id'] as string | undefined);
  if (orgRules !== undefined) checkOrgRules(orgRules, org, transaction, type, values, before);
  lockAccounts(org, transaction, type, values, before);
  const row = transaction.write({
    type,
    op: before === undefined ? 'create' : 'update',
    before,
    values,
    written,
    automation,
  });
  if (orgRules !== undefined) rememberForMatching(orgRules.duplicates, org, type, row);
  rules.followUp?.(org, transaction, row, before, platformEdit(org, transaction));
  const id = row['Id'] as string;
  if (orgRules !== undefined) runAfter(orgRules, org, transaction, type, id, before);
  return org.table(type.name).get(id) ?? row;
}

/** {@link editByPlatform} for rules, within one transaction. */
export function platformEdit(org: Org, transaction: Transaction): EditRecord {
  return (type, before, values) => void editByPlatform(org, transaction, type, before, values);
}

/** Changes a record on the platform's behalf: what flows, conversions and merges write. */
export function editByPlatform(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  before: Row,
  values: Values,
): Row {
  const written = Object.keys(values);
  checkRequired(type, values, 'update');
  checkNotNulled(type, values);
  checkReferences(org, type, values);
  return saveRecord(org, transaction, { type, values, before, written, automation: true });
}

function runBefore(
  orgRules: OrgRules,
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  values: Values,
  before: Row | undefined,
): void {
  runBeforeSaveFlows(orgRules.beforeSave, org, type, values, before);
  if (orgRules.triggers.length === 0) return;
  const subject = { org, type, after: mergeRow(before, values), before };
  runTriggers(orgRules.triggers, transaction, before === undefined ? 'insert' : 'update', 'before', subject);
}

function checkOrgRules(
  orgRules: OrgRules,
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  values: Values,
  before: Row | undefined,
): void {
  const subject = { org, type, after: mergeRow(before, values), before };
  checkValidationRules(orgRules.validation, subject);
  const own = orgRules.duplicates.filter((rule) => rule.object === type.name);
  if (own.length > 0) checkDuplicates(own, transaction, subject);
}

function runAfter(
  orgRules: OrgRules,
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  id: string,
  before: Row | undefined,
): void {
  const after = org.table(type.name).get(id);
  if (after === undefined) return;
  const event = before === undefined ? 'insert' : 'update';
  runTriggers(orgRules.triggers, transaction, event, 'after', { org, type, after, before });
  const edit = platformEdit(org, transaction);
  runAfterSaveFlows(orgRules.afterSave, org, transaction, type, id, before, edit);
}
