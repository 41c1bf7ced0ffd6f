import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';

/** When the org's fiscal year starts (1 to 12) and whether it is named for the year it starts in; from its Organization row. */
export function fiscalYear(org: Org): { startMonth: number; namedByStart: boolean } {
  const table = org.table('Organization');
  const row: Row | undefined = table.get(table.ids[0] ?? '');
  const month = row?.['FiscalYearStartMonth'];
  return {
    startMonth: typeof month === 'number' && month >= 1 && month <= 12 ? month : 1,
    namedByStart: row?.['UsesStartDateAsFiscalYearName'] === true,
  };
}
