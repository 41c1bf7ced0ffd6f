import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addConnection, now } from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { connectionsWithUnparsed, markParsed, storeInboxMessages, takeUnparsed } from './inbox.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

async function withMessages(...bodies: string[]): Promise<string> {
  const connection = await addConnection(test.db);
  for (const body of bodies)
    await storeInboxMessages(test.db, [
      { connectionId: connection, body: Buffer.from(body), receivedAt: now },
    ]);
  return connection;
}

describe('the inbox', () => {
  it('keeps a body byte for byte, valid text or not', async () => {
    const connection = await addConnection(test.db);
    const body = Buffer.from([0, 255, 123, 10, 0xc3, 0x28]);
    await storeInboxMessages(test.db, [{ connectionId: connection, body, receivedAt: now }]);
    const [message] = await test.db.transaction((tx) => takeUnparsed(tx, connection, 10));
    expect(message?.body).toEqual(body);
  });

  it('gives each body to one worker, oldest first', async () => {
    const connection = await withMessages('a', 'b', 'c');
    await test.db.transaction(async (mine) => {
      expect((await takeUnparsed(mine, connection, 2)).map(({ body }) => body.toString())).toEqual([
        'a',
        'b',
      ]);
      const others = await test.db.transaction((other) => takeUnparsed(other, connection, 2));
      expect(others.map(({ body }) => body.toString())).toEqual(['c']);
    });
  });

  it('gives a body again that a worker took and did not finish', async () => {
    const connection = await withMessages('a');
    const dying = test.db.transaction(async (tx) => {
      const taken = await takeUnparsed(tx, connection, 1);
      await markParsed(
        tx,
        taken.map(({ id }) => ({ id, bad: [] })),
        now,
      );
      throw new Error('killed');
    });
    await expect(dying).rejects.toThrow('killed');
    expect(await connectionsWithUnparsed(test.db)).toContain(connection);
    expect((await test.db.transaction((tx) => takeUnparsed(tx, connection, 1))).length).toBe(1);
  });

  it('keeps bad elements with their reasons, and is done with the body', async () => {
    const connection = await withMessages('a', 'b');
    const bad = [{ element: { objectId: 'x' }, reason: 'objectId is not a number' }];
    await test.db.transaction(async (tx) => {
      const [first, second] = await takeUnparsed(tx, connection, 2);
      if (first && second)
        await markParsed(
          tx,
          [
            { id: first.id, bad },
            { id: second.id, bad: [] },
          ],
          now,
        );
    });
    expect(await connectionsWithUnparsed(test.db)).not.toContain(connection);
    const rows = await test.db.query(
      'SELECT bad_elements, parsed_at FROM inbox_messages WHERE connection_id = $1 ORDER BY id',
      [connection],
    );
    expect(rows).toEqual([
      { bad_elements: bad, parsed_at: now },
      { bad_elements: [], parsed_at: now },
    ]);
  });
});
