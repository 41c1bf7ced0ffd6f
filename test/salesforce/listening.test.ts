import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { listCards, type StoredCard } from '../../src/platform/cards/cards.ts';
import { closeReadGaps } from '../../src/observations/stream-gaps.ts';
import { listenToChanges } from '../../workers/listen-changes.ts';
import { observeRecords } from '../../workers/observe-records.ts';
import { pollChanges } from '../../workers/poll-changes.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { connectOrg, type ConnectedOrg } from './connected-org.ts';
import { until } from './open-org.ts';

let system: ConnectedOrg;
const stopping: (() => Promise<void>)[] = [];
beforeAll(async () => {
  system = await connectOrg();
}, 60_000);
afterAll(() => system?.close());
afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop();
  await system.org.calm();
});

/** A process that listens; told to stop, or at the end of the test. */
function listener(context: ObservingContext = system.context()): () => Promise<void> {
  const abort = new AbortController();
  const running = listenToChanges(context, system.connectionId, abort.signal);
  const stop = async (): Promise<void> => {
    abort.abort();
    await running;
  };
  stopping.push(stop);
  return stop;
}

async function poll(context: ObservingContext = system.context()): Promise<void> {
  await pollChanges(context, { connectionId: system.connectionId });
}

/** Time passes for us and for the org. */
async function later(ms: number): Promise<void> {
  system.clock.advance(ms);
  await system.org.admin('POST', '/clock', { advanceMs: ms });
}

/** All that happened so far is known; the next poll is a whole interval away. */
async function settle(): Promise<void> {
  await later(2_000);
  await poll(system.context({ pollIntervalMs: 0 }));
  await observe();
}

/** Reads all that is due. What we wrote ourselves rests for some seconds before. */
async function observe(): Promise<void> {
  system.clock.advance(5_000);
  await observeRecords(system.context(), { connectionId: system.connectionId });
}

async function position(): Promise<string> {
  const rows = await system.db.query<{ value: string }>(
    "SELECT value FROM cursors WHERE connection_id = $1 AND name = 'stream'",
    [system.connectionId],
  );
  return rows[0]?.value ?? '';
}

function untilListening(): Promise<string> {
  return until(position, (value) => value !== '' && value !== 'AAAAAAAAAAE=');
}

async function cards(kind: string): Promise<StoredCard[]> {
  return listCards(system.db, { connectionId: system.connectionId, kind, withClosed: true });
}

async function dueOf(crmIds: readonly string[]): Promise<string[]> {
  const rows = await system.db.query<{ crm_id: string }>(
    'SELECT crm_id FROM observed_records WHERE crm_id = ANY($1) AND due_at IS NOT NULL ORDER BY 1',
    [crmIds],
  );
  return rows.map(({ crm_id }) => crm_id);
}

async function epochsOf(dealId: string): Promise<unknown[]> {
  return system.db.query('SELECT epoch, live, ended_by FROM won_epochs WHERE deal_id = $1 ORDER BY epoch', [
    dealId,
  ]);
}

describe('a gap in the stream', () => {
  it('that names no records has every mirrored record read, says so, and is closed by the last read', async () => {
    const deals = await system.mirrored(3);
    listener();
    await untilListening();
    await observe();
    await closeReadGaps(system.db, system.clock.now());
    await system.org.admin('POST', '/events', { changeType: 'GAP_OVERFLOW' });
    const open = await until(
      () => listCards(system.db, { connectionId: system.connectionId, kind: 'stream-gap' }),
      ({ length }) => length === 1,
    );
    expect(open[0]).toMatchObject({
      plain: expect.stringMatching(/too many changes .* All 3 mirrored records are read again/),
      details: { records: 3 },
    });
    expect(await dueOf(deals.map(({ crmId }) => crmId))).toHaveLength(3);
    await closeReadGaps(system.db, system.clock.now());
    expect((await cards('stream-gap')).at(-1)?.closedAt).toBeNull();
    await observe();
    await closeReadGaps(system.db, system.clock.now());
    expect((await cards('stream-gap')).at(-1)).toMatchObject({
      closedAt: expect.any(Date),
      plain: expect.stringContaining('Done: 3 records were read again.'),
    });
  });

  it('after an expired position is polled for from when it was stored, without waiting for the next poll', async () => {
    const [missed, untouched] = await system.mirrored(2);
    await settle();
    // As after some days without a worker: the position is long gone.
    const storedAt = new Date(system.clock.now().getTime() - 90 * 3_600_000);
    await system.org.play('win', missed?.crmId ?? '');
    await later(2_000);
    await system.db.query(
      "UPDATE cursors SET value = 'AAAAAAAAAAE=', updated_at = $2 WHERE connection_id = $1 AND name = 'stream'",
      [system.connectionId, storedAt],
    );
    // The poll itself would not look back any more: only the gap does.
    await system.db.query("UPDATE cursors SET value = $2 WHERE connection_id = $1 AND name = 'poll'", [
      system.connectionId,
      new Date(system.clock.now().getTime() + 300_000).toISOString(),
    ]);
    listener();
    await untilListening();
    const [said] = await listCards(system.db, { connectionId: system.connectionId, kind: 'stream-gap' });
    expect(said?.details).toMatchObject({ from: storedAt.toISOString() });
    await poll();
    await observe();
    await closeReadGaps(system.db, system.clock.now());
    expect(await epochsOf(missed?.dealId ?? '')).toEqual([{ epoch: 1, live: true, ended_by: null }]);
    expect(await epochsOf(untouched?.dealId ?? '')).toEqual([]);
    expect((await cards('stream-gap')).at(-1)).toMatchObject({
      closedAt: expect.any(Date),
      plain: expect.stringMatching(/Done: \d+ records were read again/),
    });
  });
});

describe('an org without change events', () => {
  it('is polled more often and says so, and goes back to the stream by itself', async () => {
    const [deal] = await system.mirrored(1);
    await settle();
    await system.org.fault({
      match: { endpoint: 'GRPC Subscribe' },
      fault: { kind: 'status', status: 404, code: 'topic.not.found' },
    });
    listener();
    const [card] = await until(
      () => listCards(system.db, { connectionId: system.connectionId, kind: 'listening' }),
      ({ length }) => length === 1,
    );
    expect(card).toMatchObject({
      plain: expect.stringMatching(/not selected for Change Data Capture.*polled every 30 s/),
      alerts: false,
    });
    await system.org.play('win', deal?.crmId ?? '');
    await later(12_000);
    await poll();
    await observe();
    expect(await epochsOf(deal?.dealId ?? '')).toEqual([]);
    await later(14_000);
    await poll();
    await observe();
    expect(await epochsOf(deal?.dealId ?? '')).toHaveLength(1);

    await system.org.calm();
    await later(10 * 60_000);
    await until(
      () => listCards(system.db, { connectionId: system.connectionId, kind: 'listening' }),
      ({ length }) => length === 0,
    );
    expect(((await system.org.admin('GET', '/streams')) as unknown[]).length).toBe(1);
  });

  it('misses no win between two polls: won, reopened and won again are two epochs, the second one live', async () => {
    const [deal] = await system.mirrored(1);
    await settle();
    for (const action of ['win', 'reopen', 'win']) await system.org.play(action, deal?.crmId ?? '');
    await later(301_000);
    await poll();
    await observe();
    expect(await epochsOf(deal?.dealId ?? '')).toEqual([
      { epoch: 1, live: false, ended_by: 'reopened' },
      { epoch: 2, live: true, ended_by: null },
    ]);
  });
});

describe('two processes', () => {
  it('hold one subscription between them; the other takes over when the first one goes', async () => {
    const stopFirst = listener();
    await until(
      async () => ((await system.org.admin('GET', '/streams')) as unknown[]).length,
      (count) => count === 1,
    );
    listener();
    const [deal] = await system.mirrored(1);
    await system.org.play('win', deal?.crmId ?? '');
    await until(
      () => dueOf([deal?.crmId ?? '']),
      ({ length }) => length === 1,
    );
    expect(((await system.org.admin('GET', '/streams')) as unknown[]).length).toBe(1);
    await stopFirst();
    await until(
      async () => ((await system.org.admin('GET', '/streams')) as unknown[]).length,
      (count) => count === 1,
    );
  });
});

describe('a process that was killed', () => {
  it('leaves a subscription that another one takes over when its lease ends, not before', async () => {
    await system.db.query(
      `UPDATE cursors SET lease_token = gen_random_uuid(), leased_until = clock_timestamp() + interval '2 seconds'
        WHERE connection_id = $1 AND name = 'stream'`,
      [system.connectionId],
    );
    const isTakenOver = async (): Promise<boolean> => {
      const rows = await system.db.query(
        "SELECT 1 FROM cursors WHERE connection_id = $1 AND name = 'stream' AND lease_token IS NOT NULL AND leased_until > clock_timestamp() + interval '1 minute'",
        [system.connectionId],
      );
      return rows.length > 0;
    };
    listener();
    const streams = async (): Promise<number> =>
      ((await system.org.admin('GET', '/streams')) as unknown[]).length;
    const seen: number[] = [];
    await until(
      async () => {
        if (!(await isTakenOver())) seen.push(await streams());
        return streams();
      },
      (count) => count === 1,
    );
    expect(seen[0]).toBe(0);
    expect(await isTakenOver()).toBe(true);
  });
});

describe('the choice of a person', () => {
  async function withChoice(notifications: 'stream' | 'poll') {
    const other = await connectOrg({ settings: { notifications } });
    const code = 'topic.not.found';
    await other.org.fault({
      match: { endpoint: 'GRPC Subscribe' },
      fault: { kind: 'status', status: 404, code },
    });
    const abort = new AbortController();
    const running = listenToChanges(other.context(), other.connectionId, abort.signal);
    const [listening] = await until(
      () => other.db.query<{ mode: string }>('SELECT mode FROM listening'),
      ({ length }) => length === 1,
    );
    abort.abort();
    await running;
    const said = await listCards(other.db, { connectionId: other.connectionId, kind: 'listening' });
    const asked = (await other.org.calls())['GRPC Subscribe'] ?? 0;
    await other.close();
    return { mode: listening?.mode, alerts: said.map(({ alerts }) => alerts), asked };
  }

  it('for the stream alone makes its absence an alert, and polls no more often', async () => {
    expect(await withChoice('stream')).toMatchObject({ mode: 'stream', alerts: [true] });
  });

  it('for polls alone asks for no stream, and nothing is the matter', async () => {
    expect(await withChoice('poll')).toEqual({ mode: 'poll', alerts: [], asked: 0 });
  });
});

describe('a record deleted for good between two polls', () => {
  it('is found in the log of deletions, and its win ends', async () => {
    const [deal] = await system.mirrored(1);
    await poll();
    await system.org.play('win', deal?.crmId ?? '');
    await later(301_000);
    await poll();
    await observe();
    expect(await epochsOf(deal?.dealId ?? '')).toMatchObject([{ live: true }]);
    // Deleted, and gone from the recycle bin 16 days later: no query finds it.
    await system.org.play('delete', deal?.crmId ?? '');
    await later(16 * 24 * 3_600_000);
    await poll();
    await observe();
    expect(await epochsOf(deal?.dealId ?? '')).toMatchObject([{ live: false, ended_by: 'deleted' }]);
  });
});
