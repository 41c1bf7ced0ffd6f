import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { listCards, type StoredCard } from '../../src/platform/cards/cards.ts';
import { readGate } from '../../src/mirror/gate.ts';
import { listenToChanges } from '../../workers/listen-changes.ts';
import { observeRecords } from '../../workers/observe-records.ts';
import { until } from '../salesforce/open-org.ts';
import { connectPortal, type ConnectedPortal } from './connected-portal.ts';

let system: ConnectedPortal;
const stopping: (() => Promise<void>)[] = [];
beforeAll(async () => {
  system = await connectPortal({ notifications: 'journal', journalPollSeconds: 0.05 });
}, 60_000);
afterAll(() => system?.close());
afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop();
});

/** A process that listens; told to stop, or at the end of the test. */
function listener(): () => Promise<void> {
  const abort = new AbortController();
  const running = listenToChanges(system.context(), system.connectionId, abort.signal);
  const stop = async (): Promise<void> => {
    abort.abort();
    await running;
  };
  stopping.push(stop);
  return stop;
}

async function position(): Promise<string> {
  const rows = await system.db.query<{ value: string }>(
    "SELECT value FROM cursors WHERE connection_id = $1 AND name = 'stream'",
    [system.connectionId],
  );
  return rows[0]?.value ?? '';
}

async function later(ms: number): Promise<void> {
  system.clock.advance(ms);
  await system.portal.admin('POST', '/clock', { advanceMs: ms });
}

/** Reads all that is due. */
async function observe(): Promise<void> {
  system.clock.advance(5_000);
  await observeRecords(system.context(), { connectionId: system.connectionId });
}

const win = (crmId: string): Promise<unknown> =>
  system.portal.admin('POST', '/play', [{ action: 'win', id: crmId }]);

async function heard(crmId: string): Promise<{ via: string; change: string }[]> {
  return system.db.query("SELECT via, change FROM change_hints WHERE crm_id = $1 AND via = 'stream'", [
    crmId,
  ]);
}

async function wonEpochs(dealId: string): Promise<unknown[]> {
  return system.db.query('SELECT epoch FROM won_epochs WHERE deal_id = $1 AND live', [dealId]);
}

const cards = (kind: string): Promise<StoredCard[]> =>
  listCards(system.db, { connectionId: system.connectionId, kind, withClosed: true });

describe("following HubSpot's webhooks journal", () => {
  it('hears a win without a receiver, stores how far it is, and goes on from there', async () => {
    const [first, second] = await system.mirrored(2);
    if (!first || !second) throw new Error('no deals');
    const stop = listener();
    await until(position, (value) => value === 'earliest');
    await observe();
    await win(first.crmId);
    await until(
      () => heard(first.crmId),
      ({ length }) => length > 0,
    );
    await observe();
    expect(await wonEpochs(first.dealId)).toHaveLength(1);
    const reached = await until(position, (value) => value !== 'earliest');
    await stop();

    await win(second.crmId);
    const before = (await heard(first.crmId)).length;
    listener();
    await until(position, (value) => value !== reached);
    await observe();
    expect(await wonEpochs(second.dealId)).toHaveLength(1);
    expect(await heard(first.crmId)).toHaveLength(before);
    expect(await cards('listening')).toEqual([]);
  }, 60_000);

  it('says so when its position has expired, and has every mirrored record read', async () => {
    const [deal] = await system.mirrored(1);
    if (!deal) throw new Error('no deal');
    listener();
    const known = await until(position, (value) => value !== '' && value !== 'earliest');
    await stopping.pop()?.();
    await observe();
    const before = (await cards('stream-gap')).length;
    await win(deal.crmId);
    await later(4 * 24 * 3_600_000);
    listener();
    const gaps = await until(
      () => cards('stream-gap'),
      ({ length }) => length > before,
    );
    expect(gaps.map(({ plain }) => plain).join()).toMatch(
      /the stored position of the webhooks journal has expired .* mirrored records are read again/,
    );
    await until(position, (value) => value !== known);
    await observe();
    expect(await wonEpochs(deal.dealId)).toHaveLength(1);
  }, 60_000);

  it('pauses the connection with a card when the app was taken out of the portal, and keeps its place', async () => {
    const [deal] = await system.mirrored(1);
    if (!deal) throw new Error('no deal');
    listener();
    await win(deal.crmId);
    await until(
      () => heard(deal.crmId),
      ({ length }) => length > 0,
    );
    const before = await position();
    const paused = (): Promise<boolean> =>
      readGate(system.db, system.connectionId, system.clock.now()).then((gate) => gate?.paused === true);
    expect(await paused()).toBe(false);
    await system.portal.admin('POST', '/uninstall');
    await until(paused, (is) => is);
    const open = await listCards(system.db, { connectionId: system.connectionId });
    expect(open.map(({ plain }) => plain).join()).toMatch(/refresh token/);
    // The news itself is behind us: an app that is put back goes on, and is not paused by it again.
    expect(await position()).not.toBe(before);
  }, 60_000);
});
