import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';

const KEPT_MS = 15 * 24 * 3600 * 1000;

/** Whether a deleted record has left the recycle bin: after 15 days of the sandbox clock it is gone for good, for `queryAll`, too. */
export function isPurged(org: Org, row: Row): boolean {
  return row['IsDeleted'] === true && org.clock.ms() - Number(row['SystemModstamp']) > KEPT_MS;
}
