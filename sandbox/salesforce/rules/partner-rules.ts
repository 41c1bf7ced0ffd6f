import { DmlError } from '../dml/dml-error.ts';
import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';
import type { RecordRules } from './contract.ts';

/**
 * A partner row has a mirror image seen from the partner's side, and partners of an opportunity
 * are also readable as OpportunityPartner. A new primary partner demotes the old one.
 */
export const partnerRules: RecordRules = {
  derive(org, values) {
    values['Role'] ??= 'None';
    if (typeof values['OpportunityId'] === 'string')
      values['AccountFromId'] = accountOf(org, values['OpportunityId']);
    if (values['AccountFromId'] === undefined || values['AccountFromId'] === null) {
      throw new DmlError('REQUIRED_FIELD_MISSING', 'Required fields are missing: [AccountFromId]', [
        'AccountFromId',
      ]);
    }
  },
  followUp(org, transaction, after, before) {
    // The reverse row is written through the same transaction and must not be reversed again.
    if (before !== undefined || after['ReversePartnerId'] !== undefined) return;
    demoteOthers(org, transaction, after);
    const reverse = addReverse(org, transaction, after);
    const type = org.table('Partner').type;
    transaction.write({
      type,
      op: 'update',
      before: after,
      values: { ReversePartnerId: reverse['Id'] as string },
      automation: true,
    });
    if (after['OpportunityId'] !== undefined) addOpportunityPartner(org, transaction, after, reverse);
    addAccountPartner(org, transaction, after, reverse['Id'] as string);
    addAccountPartner(org, transaction, reverse, after['Id'] as string);
  },
  afterDelete(org, transaction, row) {
    remove(org, transaction, 'Partner', row['ReversePartnerId']);
    remove(org, transaction, 'OpportunityPartner', row['Id']);
    remove(org, transaction, 'AccountPartner', row['Id']);
    remove(org, transaction, 'AccountPartner', row['ReversePartnerId']);
  },
};

function accountOf(org: Org, opportunityId: string): string | null {
  const account = org.table('Opportunity').get(opportunityId)?.['AccountId'];
  return typeof account === 'string' ? account : null;
}

function addReverse(org: Org, transaction: Transaction, row: Row): Row {
  const values: Values = {
    AccountFromId: row['AccountToId'] as string,
    AccountToId: row['AccountFromId'] as string,
    Role: row['Role'] as string,
    IsPrimary: false,
    ReversePartnerId: row['Id'] as string,
  };
  return transaction.write({ type: org.table('Partner').type, op: 'create', values, automation: true });
}

function addOpportunityPartner(org: Org, transaction: Transaction, row: Row, reverse: Row): void {
  const values: Values = {
    OpportunityId: row['OpportunityId'] as string,
    AccountToId: row['AccountToId'] as string,
    Role: row['Role'] as string,
    IsPrimary: row['IsPrimary'] === true,
    ReversePartnerId: reverse['Id'] as string,
  };
  const type = org.table('OpportunityPartner').type;
  transaction.write({ type, op: 'create', id: row['Id'] as string, values, automation: true });
}

/** The same relationship as the accounts' own related lists show it. */
function addAccountPartner(org: Org, transaction: Transaction, row: Row, reverseId: string): void {
  const values: Values = {
    AccountFromId: row['AccountFromId'] as string,
    AccountToId: row['AccountToId'] as string,
    OpportunityId: row['OpportunityId'] ?? null,
    Role: row['Role'] as string,
    IsPrimary: row['IsPrimary'] === true,
    ReversePartnerId: reverseId,
  };
  const { type } = org.table('AccountPartner');
  transaction.write({ type, op: 'create', id: row['Id'] as string, values, automation: true });
}

function demoteOthers(org: Org, transaction: Transaction, row: Row): void {
  if (row['IsPrimary'] !== true || row['OpportunityId'] === undefined) return;
  for (const object of ['Partner', 'OpportunityPartner']) {
    const table = org.table(object);
    for (const id of [...(table.lookup('OpportunityId', row['OpportunityId']) ?? [])]) {
      const other = table.get(id);
      if (
        id === row['Id'] ||
        other === undefined ||
        other['IsDeleted'] === true ||
        other['IsPrimary'] !== true
      )
        continue;
      transaction.write({
        type: table.type,
        op: 'update',
        before: other,
        values: { IsPrimary: false },
        automation: true,
      });
    }
  }
}

function remove(org: Org, transaction: Transaction, object: string, id: unknown): void {
  const table = org.table(object);
  const row = typeof id === 'string' ? table.get(id) : undefined;
  if (row === undefined || row['IsDeleted'] === true) return;
  transaction.write({ type: table.type, op: 'delete', before: row, values: {}, automation: true });
}
