import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { addConnection, expireLeases, minutesLater, now } from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import {
  leaseCursor,
  moveCursor,
  releaseCursor,
  renewCursor,
  touchCursor,
  type CursorLease,
} from './cursors.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

let connection: string;
beforeEach(async () => {
  connection = await addConnection(test.db);
});

async function take(): Promise<CursorLease> {
  const lease = await leaseCursor(test.db, connection, 'poll', 60_000);
  if (!lease) throw new Error('the cursor is taken');
  return lease;
}

describe('a cursor', () => {
  it('begins empty and is held by one process alone, however many ask at once', async () => {
    const leases = await Promise.all(
      Array.from({ length: 8 }, () => leaseCursor(test.db, connection, 'poll', 60_000)),
    );
    const held = leases.filter((lease) => lease !== null);
    expect(held.map((lease) => lease.value)).toEqual(['']);
  });

  it('is where the last holder left it', async () => {
    const lease = await take();
    await moveCursor(test.db, lease, 'position-1', now);
    await releaseCursor(test.db, lease);
    expect(await take()).toMatchObject({ value: 'position-1', updatedAt: now });
  });

  it('moves with the hints it stands for, or not at all', async () => {
    const lease = await take();
    const failing = test.db.transaction(async (tx) => {
      await moveCursor(tx, lease, 'too far', now);
      throw new Error('the hints could not be stored');
    });
    await expect(failing).rejects.toThrow('the hints');
    await releaseCursor(test.db, lease);
    expect((await take()).value).toBe('');
  });

  it('cannot be moved, renewed, touched or released by a holder whose lease another one took', async () => {
    const slow = await take();
    await expireLeases(test.db, 'cursors', connection);
    const fast = await take();
    await moveCursor(test.db, fast, 'right', now);
    await expect(moveCursor(test.db, slow, 'wrong', now)).rejects.toThrow(
      'another process took over the poll cursor',
    );
    expect(await renewCursor(test.db, slow, 60_000)).toBe(false);
    await touchCursor(test.db, slow, minutesLater(9));
    await releaseCursor(test.db, slow);
    expect(await leaseCursor(test.db, connection, 'poll', 60_000)).toBeNull();
    await releaseCursor(test.db, fast);
    expect(await take()).toMatchObject({ value: 'right', updatedAt: now });
  });

  it('stays held while it is renewed', async () => {
    const lease = await take();
    await expireLeases(test.db, 'cursors', connection);
    expect(await renewCursor(test.db, lease, 60_000)).toBe(true);
    expect(await leaseCursor(test.db, connection, 'poll', 60_000)).toBeNull();
  });

  it('remembers a failed try without moving', async () => {
    const lease = await take();
    await moveCursor(test.db, lease, 'here', now);
    await touchCursor(test.db, lease, minutesLater(5));
    await releaseCursor(test.db, lease);
    expect(await take()).toMatchObject({ value: 'here', updatedAt: minutesLater(5) });
  });
});
