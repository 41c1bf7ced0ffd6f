import type { CallOptions, ChangeHint } from '../../src/crm/connector.ts';
import type { DeletionsPage } from '../../src/crm/stream.ts';
import type { SalesforceClient } from './client.ts';
import { DeletedRecords } from './schema.ts';
import { apiName } from './soql.ts';
import { DATA_PATH } from './versions.ts';

const purpose = { stage: 'poll', write: false } as const;
const MINUTE = 60_000;
/** "startDate cannot be more than 30 days ago" (the vendor's reference of getDeleted). */
const REACH_MS = 29 * 24 * 60 * MINUTE;

/**
 * Deletions from the org's delete log, which also knows what left the recycle bin: a query finds those records nowhere.
 * Whole minutes, because the vendor ignores seconds; what was deleted in the minute that runs is told next time.
 */
export async function deletions(
  client: SalesforceClient,
  object: string,
  window: { from: Date; to: Date },
  options: CallOptions,
): Promise<DeletionsPage> {
  const earliest = window.to.getTime() - REACH_MS;
  const start = wholeMinute(Math.max(window.from.getTime(), earliest));
  const end = wholeMinute(window.to.getTime());
  if (end.getTime() - start.getTime() < MINUTE) return { hints: [], coveredTo: window.from, complete: true };
  const span = `start=${encodeURIComponent(start.toISOString())}&end=${encodeURIComponent(end.toISOString())}`;
  const path = `${DATA_PATH}/sobjects/${apiName(object)}/deleted?${span}`;
  const answer = await client.read(DeletedRecords, { ...purpose, method: 'GET', path }, options);
  const complete = answer.earliestDateAvailable <= start && window.from.getTime() >= earliest;
  return { hints: answer.deletedRecords.map(toHint), coveredTo: answer.latestDateCovered, complete };
}

function wholeMinute(ms: number): Date {
  return new Date(Math.floor(ms / MINUTE) * MINUTE);
}

function toHint({ id }: { id: string }): ChangeHint {
  return { crmId: id, change: 'deleted', fields: [], ours: false };
}
