import { insertRecord } from '../dml/insert.ts';
import { autoNumber } from '../schema/auto-number.ts';
import type { Org } from './org.ts';
import type { Actor } from './transaction.ts';

const BIG_TABLE_ROWS = 25_005;
const SAMPLE_ACCOUNTS = 12;

/** The records that jsforce's own tests expect: sample accounts, each with contacts and opportunities, and one big table. */
export function addSampleRecords(org: Org, ownerId: string): void {
  const actor: Actor = { origin: 'seed', userId: ownerId, client: '', changeOrigin: '', requestId: '' };
  const transaction = org.begin(actor);
  const insert = (object: string, record: Record<string, unknown>) =>
    String(insertRecord(org, transaction, org.table(object).type, record)['Id']);
  for (let n = 1; n <= SAMPLE_ACCOUNTS; n += 1) {
    const account = insert('Account', {
      Name: `Sample Account ${n}`,
      BillingState: 'CA',
      Industry: 'Energy',
    });
    for (let of = 1; of <= 3; of += 1) {
      insert('Contact', { AccountId: account, FirstName: 'Sample', LastName: `Contact ${n}-${of}` });
      insert('Opportunity', {
        AccountId: account,
        Name: `Sample Opportunity ${n}-${of}`,
        StageName: 'Prospecting',
        CloseDate: '2030-12-31',
        Amount: 1000 * n,
      });
    }
  }
  insert('Lead', { LastName: 'Sample', Company: 'Sample Company' });
  const campaign = insert('Campaign', { Name: 'Sample Campaign', IsActive: true });
  insert('Task', { Subject: 'Call', WhatId: campaign });
  insert('Topic', { Name: 'Sample Topic' });
  fillBigTable(org, ownerId);
}

/** Row by row into the table: the checks of a create, 25,000 times, would make every start slow. */
function fillBigTable(org: Org, ownerId: string): void {
  const table = org.table('BigTable__c');
  const format = table.type.field('Name')?.autoNumber ?? '{0}';
  const at = org.clock.ms();
  for (let n = 1; n <= BIG_TABLE_ROWS; n += 1) {
    const row = {
      Id: table.nextId(),
      OwnerId: ownerId,
      IsDeleted: false,
      Name: autoNumber(format, n),
      CreatedDate: at,
      CreatedById: ownerId,
      LastModifiedDate: at,
      LastModifiedById: ownerId,
      SystemModstamp: at,
    };
    table.put(row, undefined);
  }
}
