import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addConnection, expireLeases } from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { leaseSlot, releaseSlot, setSlots } from './slots.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

async function withSlots(count: number): Promise<string> {
  const connection = await addConnection(test.db);
  await setSlots(test.db, connection, 'push', count);
  return connection;
}

describe('the slots of a connection', () => {
  it('let in as many as there are slots, however many ask at once', async () => {
    const connection = await withSlots(2);
    const slots = await Promise.all(Array.from({ length: 12 }, () => leaseSlot(test.db, connection, 'push')));
    const taken = slots.filter((slot) => slot !== null);
    expect(taken.map((slot) => slot.slot).sort()).toEqual([1, 2]);
  });

  it('let in the next when one is released, and only its holder can release it', async () => {
    const connection = await withSlots(1);
    const held = await leaseSlot(test.db, connection, 'push');
    if (!held) throw new Error('no slot');
    await releaseSlot(test.db, { ...held, token: '00000000-0000-4000-8000-000000000000' });
    expect(await leaseSlot(test.db, connection, 'push')).toBeNull();
    await releaseSlot(test.db, held);
    expect(await leaseSlot(test.db, connection, 'push')).not.toBeNull();
  });

  it('of a worker that died are free again once its lease ran out, and its late release frees nothing', async () => {
    const connection = await withSlots(1);
    const dead = await leaseSlot(test.db, connection, 'push');
    await expireLeases(test.db, 'connection_slots', connection);
    expect(await leaseSlot(test.db, connection, 'push')).not.toBeNull();
    if (dead) await releaseSlot(test.db, dead);
    expect(await leaseSlot(test.db, connection, 'push')).toBeNull();
  });

  it('are apart for pushing and observing', async () => {
    const connection = await withSlots(1);
    await setSlots(test.db, connection, 'observe', 1);
    expect(await leaseSlot(test.db, connection, 'push')).not.toBeNull();
    expect(await leaseSlot(test.db, connection, 'observe')).not.toBeNull();
    expect(await leaseSlot(test.db, connection, 'observe')).toBeNull();
  });

  it('can be made more and fewer', async () => {
    const connection = await withSlots(3);
    await setSlots(test.db, connection, 'push', 1);
    expect((await leaseSlot(test.db, connection, 'push'))?.slot).toBe(1);
    expect(await leaseSlot(test.db, connection, 'push')).toBeNull();
    await setSlots(test.db, connection, 'push', 2);
    expect((await leaseSlot(test.db, connection, 'push'))?.slot).toBe(2);
  });

  it('do not exist for a connection that was given none', async () => {
    expect(await leaseSlot(test.db, await addConnection(test.db), 'push')).toBeNull();
  });
});
