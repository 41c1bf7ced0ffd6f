import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { addConnection, now } from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import type { Sql } from '../platform/database/database.ts';
import type { NewInboxMessage } from './inbox.ts';
import { storeTogether } from './store-together.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

function message(connectionId: string, body: string): NewInboxMessage {
  return { connectionId, body: Buffer.from(body), receivedAt: now };
}

async function bodiesOf(connectionId: string): Promise<string[]> {
  const rows = await test.db.query<{ body: Buffer }>(
    'SELECT body FROM inbox_messages WHERE connection_id = $1 ORDER BY id',
    [connectionId],
  );
  return rows.map(({ body }) => body.toString());
}

it('stores in one statement what arrives while others are being stored, in the order of arrival', async () => {
  const connection = await addConnection(test.db);
  const together: number[] = [];
  const counting: Sql = {
    query: (text, params = []) => {
      together.push(params.length / 3);
      return test.db.query(text, params);
    },
  };
  const store = storeTogether(counting);
  const bodies = Array.from({ length: 25 }, (_none, index) => `body ${index}`);
  await Promise.all(bodies.map((body) => store(message(connection, body))));
  expect(await bodiesOf(connection)).toEqual(bodies);
  expect(together).toEqual([1, 20, 4]);
});

it('stores the neighbours of one that cannot be stored, and tells only that one', async () => {
  const connection = await addConnection(test.db);
  const store = storeTogether(test.db);
  const outcomes = await Promise.allSettled([
    store(message(connection, 'a')),
    store(message(connection, 'b')),
    store(message('deleted-meanwhile', 'c')),
    store(message(connection, 'd')),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect((await bodiesOf(connection)).sort()).toEqual(['a', 'b', 'd']);
});

it('tells all who wait when the database is away, and goes on afterwards', async () => {
  const connection = await addConnection(test.db);
  let isAway = true;
  const store = storeTogether({
    query: (text, params) =>
      isAway ? Promise.reject(new Error('connection refused')) : test.db.query(text, params),
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => store(message(connection, 'lost'))));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  isAway = false;
  await store(message(connection, 'kept'));
  expect(await bodiesOf(connection)).toEqual(['kept']);
});
