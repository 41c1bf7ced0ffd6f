import type { CallOptions, ChangeHint } from '../../src/crm/connector.ts';
import type { DeletionsPage } from '../../src/crm/stream.ts';
import type { Caller } from './call.ts';
import { ArchivedAnswer } from './schema.ts';
import { instantOf } from './stage-history.ts';
import { archivedPath } from './versions.ts';

const SITE = { stage: 'poll', write: false } as const;
const HOUR = 3_600_000;
/** HubSpot keeps what was archived for 90 days (facts: Merge/archive); a day less, for a page takes its time. */
const KEPT_MS = 89 * 24 * HOUR;
/** Pages of a hundred. A portal that archives more than this in three months is read record by record instead. */
const MOST_PAGES = 200;

/**
 * What was archived in the window, out of the list of everything that is: searches do not know it, and a notification that got
 * lost is not repeated. The list cannot be asked for a time, so it is read once an hour.
 */
export async function deletions(
  call: Caller,
  object: string,
  { from, to }: { from: Date; to: Date },
  options: CallOptions,
): Promise<DeletionsPage> {
  if (to.getTime() - from.getTime() < HOUR) return { hints: [], coveredTo: from, complete: true };
  const hints: ChangeHint[] = [];
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const path = archivedPath(object, after);
    const { data } = await call(SITE, { method: 'GET', path }, ArchivedAnswer, options);
    for (const { id, archivedAt } of data.results)
      if (isSince(archivedAt, from)) hints.push({ crmId: id, change: 'deleted', fields: [], ours: false });
    after = data.paging?.next?.after;
    if (after === undefined)
      return { hints, coveredTo: to, complete: to.getTime() - from.getTime() < KEPT_MS };
  }
  return { hints, coveredTo: to, complete: false };
}

/** One whose time HubSpot does not say is looked at, too. */
function isSince(archivedAt: string | undefined, from: Date): boolean {
  const at = archivedAt === undefined ? null : instantOf(archivedAt);
  return at === null || at >= from;
}
