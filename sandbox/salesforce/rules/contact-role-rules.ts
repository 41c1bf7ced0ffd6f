import type { RecordRules } from './contract.ts';

/** An opportunity has one primary contact: a new one takes the place of the old. */
export const contactRoleRules: RecordRules = {
  followUp(org, transaction, after) {
    if (after['IsPrimary'] !== true) return;
    const table = org.table('OpportunityContactRole');
    for (const id of [...(table.lookup('OpportunityId', after['OpportunityId'] as string) ?? [])]) {
      const row = table.get(id);
      if (id === after['Id'] || row === undefined || row['IsDeleted'] === true || row['IsPrimary'] !== true)
        continue;
      const values = { IsPrimary: false };
      transaction.write({
        type: table.type,
        op: 'update',
        before: row,
        values,
        written: ['IsPrimary'],
        automation: true,
      });
    }
  },
};
