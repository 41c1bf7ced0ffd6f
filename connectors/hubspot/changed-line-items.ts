import type { CallOptions, ChangeHint, PollWindow } from '../../src/crm/connector.ts';
import type { Caller } from './call.ts';
import { readAssociations } from './read-associations.ts';
import { SearchAnswer } from './schema.ts';
import { searchPath } from './versions.ts';

const SITE = { stage: 'poll', write: false } as const;
const PAGE = 200;

/**
 * The deals whose products changed in [from, to): HubSpot does not count a change of a line item as one of its deal. One search
 * a page, ordered and continued by record id as polls of deals are, and one call for the deals of its items. An item that was
 * taken away is in no search.
 */
export async function changedLineItems(
  call: Caller,
  object: string,
  { from, to }: PollWindow,
  options: CallOptions,
): Promise<ChangeHint[]> {
  const deals = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const filters = [
      { propertyName: 'hs_lastmodifieddate', operator: 'GTE', value: String(from.getTime()) },
      { propertyName: 'hs_lastmodifieddate', operator: 'LT', value: String(to.getTime()) },
      ...(after === undefined ? [] : [{ propertyName: 'hs_object_id', operator: 'GT', value: after }]),
    ];
    const body = {
      filterGroups: [{ filters }],
      sorts: ['hs_object_id'],
      properties: ['hs_object_id'],
      limit: PAGE,
    };
    const request = { method: 'POST', path: searchPath('line_items'), body } as const;
    const { data } = await call(SITE, request, SearchAnswer, options);
    const ids = data.results.map(({ id }) => id);
    if (ids.length > 0) {
      const hanging = await readAssociations(call, SITE, { from: 'line_items', to: object, ids }, options);
      for (const ends of hanging.values()) for (const deal of ends.keys()) deals.add(deal);
    }
    after = ids.at(-1);
    if (after === undefined || (data.paging?.next === undefined && ids.length < PAGE)) break;
  }
  return [...deals].map((crmId) => ({ crmId, change: 'updated', fields: [], ours: false }));
}
