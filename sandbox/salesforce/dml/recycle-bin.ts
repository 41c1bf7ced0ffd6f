import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';

const KEPT_MS = 15 * 24 * 3600 * 1000;

/** On the rows of a hard delete. No field of the org. */
export const PURGED = '$purged';

/** Whether a deleted record has left the recycle bin: after 15 days of the sandbox clock it is gone for good, for `queryAll`, too; at once when it was hard-deleted. */
export function isPurged(org: Org, row: Row): boolean {
  if (row['IsDeleted'] !== true) return false;
  return row[PURGED] === true || org.clock.ms() - Number(row['SystemModstamp']) > KEPT_MS;
}
