import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { addConnection, addDealRows, addMirrorRows, addPartnerRow } from '../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../test/services/database.ts';
import type { ListenRequest, StreamRefusal } from '../src/crm/stream.ts';
import { SyncError } from '../src/crm/sync-error.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { systemClock } from '../src/platform/clock.ts';
import { silentLogger } from '../src/platform/logging.ts';
import { sleepUnlessAborted } from '../src/platform/sleep.ts';
import type { ObservingContext } from './context.ts';
import { listenToChanges } from './listen-changes.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

it('a listener that is told to stop while it is still connecting stops, and leaves its lease to others', async () => {
  const connection = await addConnection(test.db);
  const stop = new AbortController();
  const context = listening(() => {
    stop.abort();
    return untilAborted;
  });
  await listenToChanges(context, connection, stop.signal);
  const cursors = await test.db.query('SELECT lease_token FROM cursors WHERE connection_id = $1', [
    connection,
  ]);
  expect(cursors).toEqual([{ lease_token: null }]);
});

it('a listener whose login was refused does not try again before the pause is over', async () => {
  const connection = await addConnection(test.db);
  const stop = new AbortController();
  let opened = 0;
  const context = listening(() => {
    opened++;
    throw new SyncError({
      kind: 'auth-expired',
      stage: 'connect',
      vendor: 'acme',
      plain: 'the login was refused',
    });
  });
  const running = listenToChanges(context, connection, stop.signal);
  await sleepUnlessAborted(2_500, stop.signal);
  stop.abort();
  await running;
  expect(opened).toBe(1);
});

it('a listener that knows no position has every mirrored record read: what the stream showed before is lost', async () => {
  const connection = await addConnection(test.db);
  const deals = await addDealRows(test.db, await addPartnerRow(test.db), 2);
  await addMirrorRows(test.db, connection, deals, (index) => ({ crm_id: `r${index}`, state: 'mirrored' }));
  let stop = new AbortController();
  const context = listening(() => {
    stop.abort();
    return untilAborted;
  }, connection);
  const due = (): Promise<unknown[]> =>
    test.db.query(
      'SELECT crm_id, due_seq FROM observed_records WHERE connection_id = $1 AND due_at IS NOT NULL ORDER BY 1',
      [connection],
    );
  await listenToChanges(context, connection, stop.signal);
  const everyRecord = [
    { crm_id: 'r0', due_seq: 1n },
    { crm_id: 'r1', due_seq: 1n },
  ];
  expect(await due()).toEqual(everyRecord);

  await test.db.query("UPDATE cursors SET value = 'known' WHERE connection_id = $1", [connection]);
  stop = new AbortController();
  await listenToChanges(context, connection, stop.signal);
  expect(await due()).toEqual(everyRecord);
});

/** A stream on which nothing happens until it is told to end. */
function untilAborted({ signal }: ListenRequest): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

/** Only what listening needs: a connection that is opened, and its stream. */
function listening(
  open: () => (request: ListenRequest) => Promise<StreamRefusal | null>,
  id = 'unused',
): ObservingContext {
  const connections = {
    open: async () => ({ id, connector: { listen: open() } }) as unknown as WiredConnection,
  };
  const context: Partial<Record<keyof ObservingContext, unknown>> = {
    db: test.db,
    clock: systemClock,
    logger: silentLogger,
    random: Math.random,
    connections,
    queues: { wake: () => Promise.resolve() },
  };
  return context as unknown as ObservingContext;
}
