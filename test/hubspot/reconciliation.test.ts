import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { pollChanges } from '../../workers/poll-changes.ts';
import { connectPortal, type ConnectedPortal } from './connected-portal.ts';

/** Of HubSpot it is 10,000. */
const REACH = 200;
const DEALS = 2 * REACH + 50;
const LAG_MS = 30_000;

let system: ConnectedPortal;
beforeAll(async () => {
  system = await connectPortal({}, { searchReach: REACH, searchLagMs: LAG_MS });
}, 60_000);
afterAll(() => system?.close());

async function later(ms: number): Promise<void> {
  system.clock.advance(ms);
  await system.portal.admin('POST', '/clock', { advanceMs: ms });
}

async function poll(afterPage: () => Promise<void> = async () => undefined): Promise<Set<string>> {
  const since = system.clock.now();
  const queues = { wake: afterPage };
  const context = system.context({ pollIntervalMs: 0, pollLagMs: 0, pollOverlapMs: 2 * LAG_MS, queues });
  await pollChanges(context, { connectionId: system.connectionId });
  const rows = await system.db.query<{ crm_id: string }>(
    "SELECT DISTINCT crm_id FROM change_hints WHERE connection_id = $1 AND via = 'poll' AND heard_at >= $2",
    [system.connectionId, since],
  );
  return new Set(rows.map(({ crm_id }) => crm_id));
}

const rename = (crmId: string): Promise<unknown> =>
  system.portal.call('PATCH', `/crm/v3/objects/deals/${crmId}`, { properties: { dealname: 'Changed' } });

it('finds every change of a window that holds more than a search can be paged, also while they go on', async () => {
  const deals = (await system.mirrored(DEALS)).map(({ crmId }) => crmId);
  await later(LAG_MS + 1_000);
  const beyond = { limit: 10, after: String(REACH) };
  expect((await system.portal.call('POST', '/crm/v3/objects/deals/search', beyond)).status).toBe(400);

  // After the first page one that was on it changes, and one that is still to come: it leaves the window.
  const [paged = '', coming = ''] = [deals[0], deals.at(-1)];
  let pages = 0;
  const found = await poll(async () => {
    pages += 1;
    if (pages === 1) await Promise.all([rename(paged), rename(coming)]);
  });
  expect(pages).toBeGreaterThan(2);
  expect(deals.filter((crmId) => !found.has(crmId))).toEqual([]);

  // The index shows them only now; the windows overlap by more than it lags.
  await later(LAG_MS + 1_000);
  const next = await poll();
  expect(next.has(paged) && next.has(coming)).toBe(true);
}, 60_000);

it('finds a change at the next poll that the index did not show at the last', async () => {
  const [deal] = await system.mirrored(1);
  if (!deal) throw new Error('no deal');
  await later(3 * LAG_MS);
  await poll();
  await rename(deal.crmId);
  await later(1_000);
  expect((await poll()).has(deal.crmId)).toBe(false);
  await later(LAG_MS);
  expect((await poll()).has(deal.crmId)).toBe(true);
}, 60_000);
