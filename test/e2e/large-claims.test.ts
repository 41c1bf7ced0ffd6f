/** A claim of several batches: full calls, and nothing of a good call lost or of an unsent one touched when one fails. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decideDeals } from '../../src/deals/decide-deals.ts';
import { acceptIntake } from '../../src/deals/intake.ts';
import { newDeals, pause, startSystem, type RunningSystem } from './running-system.ts';
import { until } from './tributary-process.ts';

const upsert = 'POST /crm/v3/objects/deals/batch/upsert';
const count = 300;
let system: RunningSystem;

beforeAll(async () => {
  system = await startSystem({
    // One slot, so that one claim may take all there is.
    beforeWork: async (db) => {
      await db.query("DELETE FROM connection_slots WHERE lane = 'push' AND slot > 1");
      await db.query("UPDATE system_switches SET stopped = true, changed_by = 'test'");
    },
  });
}, 240_000);
afterAll(() => system?.close());
afterEach(() => system.admin('hubspot').clearFaults());

async function setStopped(stopped: boolean): Promise<void> {
  await system.db.query("UPDATE system_switches SET stopped = $1, changed_by = 'test'", [stopped]);
}

/** Approved while everything is stopped, then released at once. */
async function approveMany(): Promise<string[]> {
  await setStopped(true);
  const { db, deals } = system.app();
  const items = newDeals(count, ['hubspot']).map(({ crm: _crm, ...registration }) => ({ registration }));
  const results = await db.transaction((tx) => acceptIntake(tx, { name: 'prm', actor: 'prm' }, items, deals));
  const ids = results.map((result) => ('dealId' in result ? result.dealId : ''));
  await decideDeals(db, ids, { decision: 'approve', by: 'test' }, deals);
  await system.admin('hubspot').remove('/requests');
  return ids;
}

async function callsOf(endpoint: string): Promise<number> {
  return (await system.admin('hubspot').requestSummary())[endpoint]?.calls ?? 0;
}

async function inState(ids: readonly string[], state: string): Promise<number> {
  const rows = await system.db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM mirrors WHERE deal_id = ANY($1::uuid[]) AND state = $2',
    [ids, state],
  );
  return rows[0]?.count ?? 0;
}

function untilAllMirrored(ids: readonly string[]): Promise<unknown> {
  return until(
    'every deal is mirrored',
    async () => (await inState(ids, 'mirrored')) === ids.length || undefined,
    60_000,
  );
}

async function recordsPerDeal(ids: readonly string[]): Promise<number[]> {
  const wanted = new Set(ids);
  const perDeal = new Map(ids.map((id) => [id, 0]));
  for (const record of await system.admin('hubspot').records('deals')) {
    const { properties } = record as { properties?: Record<string, unknown> };
    const id = String((properties ?? record)['tributary_deal_id'] ?? '');
    if (wanted.has(id)) perDeal.set(id, (perDeal.get(id) ?? 0) + 1);
  }
  return [...perDeal.values()];
}

async function writesByOutcome(ids: readonly string[]): Promise<Record<string, number>> {
  const rows = await system.db.query<{ outcome: string; count: number }>(
    'SELECT outcome, count(*)::int AS count FROM crm_writes WHERE deal_id = ANY($1::uuid[]) GROUP BY outcome',
    [ids],
  );
  return Object.fromEntries(rows.map((row) => [row.outcome, row.count]));
}

describe('a claim of several batches', () => {
  it('takes as few calls as the vendor allows, for the deals and for their associations', async () => {
    const ids = await approveMany();
    await setStopped(false);
    await untilAllMirrored(ids);
    expect(await callsOf(upsert)).toBe(3);
    // Deals of a customer who is in a claim that is still being recorded come with the next one.
    expect(await callsOf('POST /crm/v4/associations/deals/companies/batch/create')).toBeLessThanOrEqual(2);
    expect(await callsOf('POST /crm/v4/associations/deals/contacts/batch/create')).toBeLessThanOrEqual(2);
    expect(await writesByOutcome(ids)).toEqual({ written: count });
  }, 240_000);

  it('keeps what its good calls wrote when one of them gets no answer, and has not touched the rest', async () => {
    const ids = await approveMany();
    const lost = {
      match: { endpoint: upsert },
      when: { nth: 2 },
      fault: { kind: 'reset', at: 'after-commit' },
    };
    await system.admin('hubspot').post('/faults', { rules: [lost] });
    await setStopped(false);
    await untilAllMirrored(ids);
    // Of the hundred nobody knew what became; each of the others was written once.
    expect(await writesByOutcome(ids)).toEqual({ ambiguous: 100, written: count });
    expect(await recordsPerDeal(ids)).toEqual(ids.map(() => 1));
  }, 240_000);

  it('ends between two calls when everything is stopped, and leaves what was not sent as it was', async () => {
    const ids = await approveMany();
    const slow = { match: { endpoint: upsert }, fault: { kind: 'delay', ms: 700 } };
    await system.admin('hubspot').post('/faults', { rules: [slow] });
    await setStopped(false);
    await until('the first call is answered', async () => (await callsOf(upsert)) > 0 || undefined, 60_000);
    await setStopped(true);
    await until('the claim is over', async () => (await leased(ids)) === 0 || undefined, 30_000);
    await pause(300);
    // One more may have been on its way when the switch was thrown.
    const sent = await callsOf(upsert);
    expect(sent).toBeLessThanOrEqual(2);
    expect(await inState(ids, 'mirrored')).toBe(sent * 100);
    const untouched = await system.db.query(
      "SELECT 1 FROM mirrors WHERE deal_id = ANY($1::uuid[]) AND state = 'due' AND attempts = 0 AND NOT suspect AND last_error IS NULL",
      [ids],
    );
    expect(untouched).toHaveLength(count - sent * 100);
    await setStopped(false);
    await untilAllMirrored(ids);
    expect(await recordsPerDeal(ids)).toEqual(ids.map(() => 1));
  }, 240_000);
});

async function leased(ids: readonly string[]): Promise<number> {
  const rows = await system.db.query(
    'SELECT 1 FROM mirrors WHERE deal_id = ANY($1::uuid[]) AND leased_until IS NOT NULL',
    [ids],
  );
  return rows.length;
}
