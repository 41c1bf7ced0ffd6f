import { DmlError } from '../dml/dml-error.ts';
import type { Org } from '../store/org.ts';

/** The vendor charges two kilobytes for a record, whatever it holds. */
const RECORDS_PER_MB = 512;

/** What the records take, in megabytes. */
export function usedStorageMb(org: Org): number {
  return Math.ceil(storedRecords(org) / RECORDS_PER_MB);
}

/** A full org takes no further record; those it has can be changed and deleted. Code: the vendor's list of status codes. */
export function checkStorage(org: Org): void {
  if (storedRecords(org) < org.settings.dataStorageMb * RECORDS_PER_MB) return;
  throw new DmlError('STORAGE_LIMIT_EXCEEDED', 'storage limit exceeded');
}

function storedRecords(org: Org): number {
  let records = 0;
  for (const type of org.schema.objects)
    if (!type.definition.internal) records += org.table(type.name).liveCount();
  return records;
}
