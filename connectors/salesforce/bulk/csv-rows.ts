import { stringify } from 'csv-stringify/sync';
import type { BulkTarget } from '../../../src/crm/bulk.ts';
import type { FieldValue, RecordWrite } from '../../../src/crm/connector.ts';
import { misuse } from '../errors.ts';
import { apiName } from '../soql.ts';

/** A cell that clears its field; an empty cell leaves the field as it is (facts 1.5). */
const CLEARED = '#N/A';

/** The columns that tell the rows of a job apart, in its results as well. */
export function identityOf(target: BulkTarget, record: RecordWrite): Record<string, string> {
  if (target.operation === 'upsert' && target.keyField !== undefined)
    return { [apiName(target.keyField)]: record.key };
  if (target.operation === 'update') {
    if (record.crmId === undefined)
      throw misuse(
        { stage: target.stage, write: true },
        `an update of ${record.key} without the record's id`,
      );
    return { Id: record.crmId };
  }
  return Object.fromEntries(
    Object.entries(record.fields)
      .filter(([name]) => /Id$/.test(name))
      .map(([name, value]) => [name, String(value)]),
  );
}

/** All records as one CSV: the columns of any of them, LF, quoted where needed. */
export function toCsv(target: BulkTarget, records: readonly RecordWrite[]): string {
  const identity = Object.keys(identityOf(target, records[0] ?? { key: '', crmId: '', fields: {} }));
  const columns = new Set(identity);
  for (const record of records) for (const name of Object.keys(record.fields)) columns.add(apiName(name));
  const header = [...columns];
  const rows = records.map((record) => {
    const own = identityOf(target, record);
    return header.map((name) => own[name] ?? toCell(record.fields[name]));
  });
  return stringify([header, ...rows], { record_delimiter: '\n' });
}

function toCell(value: FieldValue | undefined): string {
  if (value === undefined) return '';
  return value === null || value === '' ? CLEARED : String(value);
}
