import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ChangeHint, Connector } from '../../src/crm/connector.ts';
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
  gaps: string[];
  /** Resolves when listening ended, with the error if there was one. */
  ended: Promise<unknown>;
  stop(): Promise<unknown>;
  about(id: string): ChangeHint[];
}

function listenTo(connector: Connector, position: string | null, storing?: () => Promise<void>): Listener {
  const abort = new AbortController();
  const [hints, positions, gaps]: [ChangeHint[], string[], string[]] = [[], [], []];
  const ended = (
    connector.listen?.({
      position,
      signal: abort.signal,
      async store(some, at) {
        await storing?.();
        hints.push(...some);
        positions.push(at);
      },
      gap: (reason) => Promise.resolve(void gaps.push(reason)),
    }) ?? Promise.reject(new Error('cannot listen'))
  ).then(
    () => null,
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
