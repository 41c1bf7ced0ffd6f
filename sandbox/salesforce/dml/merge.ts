import type { FieldDefinition } from '../schema/field.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import { DmlError } from './dml-error.ts';
import type { Input } from './read-input.ts';
import { deleteRecord } from './remove.ts';
import { updateRecord } from './update.ts';

const MAX_LOSERS = 2;

/**
 * Merges up to two accounts, contacts or leads into a third of the same object: their children are re-parented,
 * then they go into the recycle bin with `MasterRecordId` naming the winner, whose own values stay unless `fields` says otherwise.
 * Throws a DmlError when the object cannot be merged.
 */
export function mergeRecords(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  master: Row,
  losers: readonly Row[],
  fields: Input = {},
): Row {
  checkMergeable(type, master, losers);
  if (Object.keys(fields).length > 0) updateRecord(org, transaction, type, master, fields);
  for (const loser of losers) absorb(org, transaction, type, master['Id'] as string, loser);
  return org.table(type.name).get(master['Id'] as string) ?? master;
}

function checkMergeable(type: ObjectType, master: Row, losers: readonly Row[]): void {
  const all = [master, ...losers];
  if (type.definition.mergeable !== true)
    throw new DmlError('INVALID_OPERATION', `entity type ${type.name} does not support merge`);
  if (losers.length === 0 || losers.length > MAX_LOSERS)
    throw new DmlError('LIMIT_EXCEEDED', `merge takes one to ${MAX_LOSERS} records beside the master`);
  if (new Set(all.map((row) => row['Id'])).size < all.length)
    throw new DmlError('INVALID_ID_FIELD', 'a record cannot be merged with itself', ['Id']);
  if (new Set(all.map((row) => row['IsPersonAccount'] ?? false)).size > 1)
    throw new DmlError('INVALID_OPERATION', 'person accounts can only be merged with person accounts');
  if (all.some((row) => row['IsConverted'] === true))
    throw new DmlError('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead');
}

function absorb(org: Org, transaction: Transaction, type: ObjectType, masterId: string, loser: Row): void {
  absorbPerson(org, transaction, type, masterId, loser);
  for (const { table, field } of lookupsTo(org, type)) {
    for (const id of [...(table.lookup(field.name, loser['Id'] as string) ?? [])]) {
      const child = table.get(id);
      if (child === undefined || child['IsDeleted'] === true) continue;
      reparent(org, transaction, table.type, child, field, masterId);
    }
  }
  const current = org.table(type.name).get(loser['Id'] as string) ?? loser;
  transaction.write({ type, op: 'delete', before: current, values: { MasterRecordId: masterId } });
}

/** The contacts behind person accounts are merged like the accounts. */
function absorbPerson(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  masterId: string,
  loser: Row,
): void {
  if (loser['IsPersonAccount'] !== true || type.name !== 'Account') return;
  const contacts = org.table('Contact');
  const masterContact = org.table('Account').get(masterId)?.['PersonContactId'];
  const contact = contacts.get(String(loser['PersonContactId']));
  if (contact !== undefined && typeof masterContact === 'string')
    absorb(org, transaction, contacts.type, masterContact, contact);
}

function lookupsTo(org: Org, type: ObjectType) {
  return org.preset.schema.objects.flatMap((other) =>
    other.allFields
      .filter((field) => field.referenceTo.includes(type.name) && field.name !== 'MasterRecordId')
      .map((field) => ({ table: org.table(other.name), field })),
  );
}

function reparent(
  org: Org,
  transaction: Transaction,
  type: ObjectType,
  child: Row,
  field: FieldDefinition,
  masterId: string,
): void {
  if (isThereAlready(org, type, child, field, masterId)) return deleteRecord(org, transaction, type, child);
  const values: Values = { [field.name]: masterId };
  transaction.write({ type, op: 'update', before: child, values, written: [field.name], automation: true });
}

/** What links two records at most once: the winner's own link stays, the loser's goes. */
const ONCE: Readonly<Record<string, readonly string[]>> = {
  CampaignMember: ['CampaignId', 'ContactId', 'LeadId'],
  TopicAssignment: ['TopicId', 'EntityId'],
};

function isThereAlready(
  org: Org,
  type: ObjectType,
  child: Row,
  field: FieldDefinition,
  masterId: string,
): boolean {
  const keys = ONCE[type.name];
  if (keys === undefined) return false;
  const table = org.table(type.name);
  return [...(table.lookup(field.name, masterId) ?? [])].some((id) => {
    const row = table.get(id);
    const same = keys.every((key) => key === field.name || row?.[key] === child[key]);
    return same && row?.['IsDeleted'] === false;
  });
}
