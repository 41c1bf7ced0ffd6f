import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ChangeHint, Connector } from '../../src/crm/connector.ts';
import type { StreamGap } from '../../src/crm/stream.ts';
import { manualClock } from '../../src/platform/clock.ts';
import {
  dealKey,
  openOrg,
  opportunity,
  until,
  within,
  type TestOrg,
} from '../../test/salesforce/open-org.ts';

let org: TestOrg;
beforeAll(async () => {
  org = await openOrg({ streamTiming: { keepaliveMs: 300, idleMs: 5000 } });
});
afterAll(() => org.close());
afterEach(() => org.calm());

interface Listener {
  hints: ChangeHint[];
  positions: string[];
  gaps: StreamGap[];
  /** Resolves when listening ended, with the error if there was one. */
  ended: Promise<unknown>;
  stop(): Promise<unknown>;
  about(id: string): ChangeHint[];
}

function listenTo(
  connector: Connector,
  position: string | null,
  storing?: () => Promise<void>,
  positionAt: Date | null = null,
): Listener {
  const abort = new AbortController();
  const [hints, positions, gaps]: [ChangeHint[], string[], StreamGap[]] = [[], [], []];
  const ended = (
    connector.listen?.({
      position,
      positionAt,
      signal: abort.signal,
      async store(some, at) {
        await storing?.();
        hints.push(...some);
        positions.push(at);
      },
      gap: (gap) => Promise.resolve(void gaps.push(gap)),
    }) ?? Promise.reject(new Error('cannot listen'))
  ).then(
    (end: unknown) => end,
    (error: unknown) => error,
  );
  return {
    hints,
    positions,
    gaps,
    ended,
    stop: () => {
      abort.abort();
      return ended;
    },
    about: (id) => hints.filter((hint) => hint.crmId === id),
  };
}

/** Listening from now on starts once the first keepalive has arrived. */
async function listening(position: string | null = null, connector = org.connector): Promise<Listener> {
  const listener = listenTo(connector, position);
  await until(
    () => listener.positions.length,
    (count) => count > 0,
  );
  return listener;
}

async function upsert(key: string, connector = org.connector, fields = opportunity()): Promise<string> {
  const request = {
    kind: 'deal',
    object: 'Opportunity',
    keyField: dealKey,
    operation: 'upsert',
    records: [{ key, fields }],
  } as const;
  const [outcome] = await connector.push(request, within());
  if (outcome?.status !== 'written') throw new Error('not written');
  return outcome.crmId;
}

describe('listen', () => {
  it('tells what a rep changed, and which fields', async () => {
    const id = await upsert('rep');
    const listener = await listening();
    await org.play('win', id);
    await org.play('update', id, { fields: { Amount: 77 } });
    await org.play('delete', id);
    await org.play('undelete', id);
    await until(
      () => listener.about(id).length,
      (count) => count === 4,
    );
    const seen = listener.about(id);
    expect(seen.map(({ change }) => change)).toEqual(['updated', 'updated', 'deleted', 'undeleted']);
    expect(seen[0]?.fields).toContain('StageName');
    expect(seen[1]?.fields).toContain('Amount');
    expect(seen[1]?.fields).not.toContain('LastModifiedDate');
    expect(seen.every(({ ours }) => !ours)).toBe(true);
    expect(await listener.stop()).toBeNull();
  });

  it('knows our own writes from those of another client', async () => {
    const listener = await listening();
    const ours = await upsert('ours');
    const theirs = await upsert('theirs', org.connect({ settings: { clientName: 'tributary-two' } }));
    await until(
      () => listener.about(theirs).length,
      (count) => count > 0,
    );
    expect(listener.about(ours)).toMatchObject([{ change: 'created', ours: true }]);
    expect(listener.about(theirs)).toMatchObject([{ change: 'created', ours: false }]);
    await listener.stop();
  });

  it('goes on from the stored position, missing nothing and repeating nothing', async () => {
    const first = await listening();
    const seen = await upsert('before the break');
    await until(
      () => first.about(seen).length,
      (count) => count === 1,
    );
    await first.stop();
    const missed = await upsert('during the break');
    const second = await listening(first.positions.at(-1) ?? null);
    await until(
      () => second.about(missed).length,
      (count) => count === 1,
    );
    expect(second.about(seen)).toEqual([]);
    await second.stop();
  });

  it('stores one batch at a time and asks for more only then', async () => {
    let [storing, most] = [0, 0];
    const listener = listenTo(org.connector, null, async () => {
      most = Math.max(most, (storing += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      storing -= 1;
    });
    await until(
      () => listener.positions.length,
      (count) => count > 0,
    );
    const records = Array.from({ length: 200 }, (_record, index) => ({
      key: `flow-${index}`,
      fields: opportunity(),
    }));
    for (const change of ['a', 'b']) {
      const renamed = records.map(({ key, fields }) => ({ key, fields: { ...fields, Name: change } }));
      await org.connector.push(
        { kind: 'deal', object: 'Opportunity', keyField: dealKey, operation: 'upsert', records: renamed },
        within(),
      );
    }
    await until(
      () => listener.hints.length,
      (count) => count >= 400,
    );
    expect(most).toBe(1);
    await listener.stop();
  });

  it('reports a damaged position as a gap and goes on from now', async () => {
    const listener = listenTo(org.connector, Buffer.from('garbage!').toString('base64'));
    await until(
      () => listener.positions.length,
      (count) => count > 0,
    );
    expect(listener.gaps).toHaveLength(1);
    const id = await upsert('after the gap');
    await until(
      () => listener.about(id).length,
      (count) => count === 1,
    );
    await listener.stop();
  });

  it('rejects when storing fails, without passing the unstored position', async () => {
    const before = await listening();
    await before.stop();
    const id = await upsert('stored at last');
    const failing = listenTo(org.connector, before.positions.at(-1) ?? null, () =>
      Promise.reject(new Error('database gone')),
    );
    expect(await failing.ended).toMatchObject({ message: 'database gone' });
    const again = await listening(before.positions.at(-1) ?? null);
    await until(
      () => again.about(id).length,
      (count) => count === 1,
    );
    await again.stop();
  });

  it('rejects when the session is revoked, and can be started again', async () => {
    const listener = await listening();
    await org.admin('POST', '/revoke-tokens');
    const id = await upsert('wakes the stream');
    expect(await listener.ended).toMatchObject({ name: 'SyncError', kind: 'unavailable', stage: 'listen' });
    const again = await listening(listener.positions.at(-1) ?? null);
    await until(
      () => again.about(id).length,
      (count) => count === 1,
    );
    await again.stop();
  });

  it('rejects when the stream cannot be opened', async () => {
    await org.fault({ match: { endpoint: 'GRPC Subscribe' }, fault: { kind: 'status', status: 503 } });
    const listener = listenTo(org.connector, null);
    expect(await listener.ended).toMatchObject({ name: 'SyncError', kind: 'unavailable', stage: 'listen' });
  });

  it('sends no token to a public endpoint from a sandbox connection', async () => {
    const connector = org.connect({ settings: { pubsubEndpoint: 'api.pubsub.salesforce.com:7443' } });
    expect(await listenTo(connector, null).ended).toMatchObject({ kind: 'bug' });
  });
});

/** As the vendor would publish it: no write of ours or a rep's caused it. */
function publish(event: object): Promise<unknown> {
  return org.admin('POST', '/events', { object: 'Opportunity', ...event });
}

describe('a gap', () => {
  it.each(['GAP_CREATE', 'GAP_UPDATE', 'GAP_DELETE', 'GAP_UNDELETE'])(
    '%s names records to be read, whatever changed in them',
    async (changeType) => {
      const [one, other] = [await upsert(`${changeType} one`), await upsert(`${changeType} other`)];
      const listener = await listening();
      await publish({ changeType, recordIds: [one, other], changeOrigin: 'x;client=tributary' });
      await until(
        () => listener.about(other).length,
        (count) => count > 0,
      );
      for (const id of [one, other])
        expect(listener.about(id)).toMatchObject([{ change: 'unknown', fields: [] }]);
      expect(listener.gaps).toEqual([]);
      await listener.stop();
    },
  );

  it.each([
    ['an overflow, which names no records', { changeType: 'GAP_OVERFLOW' }],
    ['a change to all records at once', { changeType: 'UPDATE' }],
  ])('%s is a gap without a time: all records are looked at', async (_what, event) => {
    const listener = await listening();
    await publish(event);
    await until(
      () => listener.gaps.length,
      (count) => count > 0,
    );
    expect(listener.gaps).toMatchObject([{ reason: expect.any(String) }]);
    expect(listener.gaps[0]?.since).toBeUndefined();
    await listener.stop();
  });

  it('is reported before a position behind it is stored', async () => {
    const order: string[] = [];
    const abort = new AbortController();
    const before = await listening();
    await before.stop();
    await publish({ changeType: 'GAP_OVERFLOW' });
    const ended = org.connector.listen?.({
      position: before.positions.at(-1) ?? null,
      positionAt: new Date(),
      signal: abort.signal,
      store: () => Promise.resolve(void order.push('position')),
      gap: () => new Promise((resolve) => setTimeout(resolve, 50)).then(() => void order.push('gap')),
    });
    await until(
      () => order,
      (seen) => seen.includes('position'),
    );
    expect(order.slice(0, 2)).toEqual(['gap', 'position']);
    abort.abort();
    await ended;
  });

  it('that could not be stored ends listening before the position moves', async () => {
    const before = await listening();
    await before.stop();
    await publish({ changeType: 'GAP_OVERFLOW' });
    const positions: string[] = [];
    const ended = org.connector.listen?.({
      position: before.positions.at(-1) ?? null,
      positionAt: new Date(),
      signal: new AbortController().signal,
      store: (_hints, at) => Promise.resolve(void positions.push(at)),
      gap: () => Promise.reject(new Error('database gone')),
    });
    await expect(ended).rejects.toThrow('database gone');
    expect(positions).toEqual([]);
  });

  it('an event of an unknown schema is polled for since the last stored position, and the stream goes on', async () => {
    const listener = await listening();
    await org.fault({
      match: { endpoint: 'GRPC GetSchema' },
      when: { times: 1 },
      fault: { kind: 'status', status: 404, code: 'schema.not.found' },
    });
    await upsert('unreadable');
    await until(
      () => listener.gaps.length,
      (count) => count > 0,
    );
    expect(listener.gaps[0]?.since).toBeInstanceOf(Date);
    const id = await upsert('readable again');
    await until(
      () => listener.about(id).length,
      (count) => count === 1,
    );
    await listener.stop();
  });
});

describe('an expired position', () => {
  const expired = Buffer.alloc(8, 1).toString('base64');
  const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);

  it('younger than the retention: everything kept is read again, and polled from then on', async () => {
    const id = await upsert('still retained');
    const at = hoursAgo(1);
    const listener = listenTo(org.connector, expired, undefined, at);
    await until(
      () => listener.about(id).length,
      (count) => count > 0,
    );
    expect(listener.gaps[0]).toMatchObject({ since: at });
    await listener.stop();
  });

  it('older than the retention: polled from then on, and heard from now', async () => {
    const id = await upsert('retained, but not asked for');
    const at = hoursAgo(80);
    const listener = listenTo(org.connector, expired, undefined, at);
    await until(
      () => listener.positions.length,
      (count) => count > 0,
    );
    expect(listener.gaps).toMatchObject([{ since: at }]);
    expect(listener.about(id)).toEqual([]);
    const next = await upsert('heard from now');
    await until(
      () => listener.about(next).length,
      (count) => count > 0,
    );
    await listener.stop();
  });
});

describe('a stream that is not served', () => {
  it.each([
    ['topic.not.found', /Change Data Capture/],
    ['concurrent.client.limit.exceeded', /clients/],
    ['subscription.limit.exceeded', /allowance/],
  ])('%s is told in plain words, with when to ask again', async (code, words) => {
    await org.fault({ match: { endpoint: 'GRPC Subscribe' }, fault: { kind: 'status', status: 400, code } });
    const end = await listenTo(org.connector, null).ended;
    expect(end).toMatchObject({ plain: expect.stringMatching(words), retryAfterMs: expect.any(Number) });
  });

  it('an object that is not selected is not served, without any fault injected', async () => {
    const fresh = await openOrg({ preset: 'fresh', streamTiming: { keepaliveMs: 100, idleMs: 5000 } });
    const end = await listenTo(fresh.connector, null).ended;
    expect(end).toMatchObject({ plain: expect.stringMatching(/not selected/) });
    await fresh.close();
  });

  it('is not even asked for when polls were chosen', () => {
    expect(org.connect({ settings: { notifications: 'poll' } }).listen).toBeUndefined();
  });
});

describe('a stream that the server ends in good order', () => {
  it('is opened again where it was, nothing missed and nothing reported', async () => {
    const listener = await listening();
    for (const round of ['first', 'second']) {
      await until(
        async () => ((await org.admin('GET', '/streams')) as unknown[]).length,
        (count) => count === 1,
      );
      await org.admin('POST', '/streams', {});
      const id = await upsert(`after the ${round} end`);
      await until(
        () => listener.about(id).length,
        (count) => count === 1,
      );
    }
    expect(listener.gaps).toEqual([]);
    expect(await listener.stop()).toBeNull();
  });
});

describe('a silent stream', () => {
  it('is given up when the sign of life that Salesforce promises stays out', async () => {
    const mute = await openOrg({ streamTiming: { keepaliveMs: 60_000, idleMs: 60_000 } });
    const connector = mute.connect({ settings: { streamSilenceSeconds: 0.5 } });
    expect(await listenTo(connector, null).ended).toMatchObject({
      name: 'SyncError',
      kind: 'unavailable',
      details: { vendorMessage: 'no sign of life from the event stream' },
    });
    await mute.close();
  });
});

describe('deletions', () => {
  it('tells what left the recycle bin, which no query finds', async () => {
    const clock = manualClock(new Date());
    const young = await openOrg({ clock, settings: { bulkHardDelete: true } });
    const [id] = await young.seed('Opportunity', { ...opportunity(), [dealKey]: 'gone for good' });
    clock.advance(120_000);
    const from = clock.now();
    clock.advance(120_000);
    await young.play('delete', id ?? '');
    clock.advance(120_000);
    const page = await young.connector.deletions?.('Opportunity', { from, to: clock.now() }, within());
    expect(page).toMatchObject({ hints: [{ crmId: id, change: 'deleted' }], complete: true });
    expect(page?.coveredTo.getTime()).toBeGreaterThan(from.getTime());
    await young.close();
  });

  it('asks nothing about less than a minute, and keeps the beginning for the next look', async () => {
    await org.forget();
    const from = new Date('2026-01-01T10:00:10Z');
    const to = new Date('2026-01-01T10:00:50Z');
    const page = await org.connector.deletions?.('Opportunity', { from, to }, within());
    expect(page).toEqual({ hints: [], coveredTo: from, complete: true });
    expect(await org.calls()).toEqual({});
  });
});

describe('a server that goes away', () => {
  it('ends listening with an error, and the process lives on', async () => {
    const short = await openOrg({ streamTiming: { keepaliveMs: 100, idleMs: 5000 } });
    const listener = listenTo(short.connector, null);
    await until(
      () => listener.positions.length,
      (count) => count > 0,
    );
    await short.close();
    expect(await listener.ended).toMatchObject({ name: 'SyncError', kind: 'unavailable' });
  });
});
