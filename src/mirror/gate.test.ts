import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addConnection, minutesLater, now } from '../../test/fixtures/rows.ts';
import { createTestDatabase, type TestDatabase } from '../../test/services/database.ts';
import { claimSize, pauseConnection, readGate, reserveWrites, resumeConnections, type Gate } from './gate.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

async function gateOf(connection: string, at: Date = now): Promise<Gate> {
  const gate = await readGate(test.db, connection, at);
  if (!gate) throw new Error('no gate');
  return gate;
}

describe('the gate of a connection', () => {
  it('is open for a live connection, and there is none for an unknown one', async () => {
    expect(await gateOf(await addConnection(test.db))).toMatchObject({
      mode: 'live',
      closedBecause: null,
      paused: false,
    });
    expect(await readGate(test.db, 'nobody', now)).toBeNull();
  });

  it('closes for everything outgoing at the stop switch, which names who stopped it, but not for reading', async () => {
    const connection = await addConnection(test.db);
    await test.db.query(`UPDATE system_switches SET stopped = true, changed_by = 'Kim'`);
    const gate = await gateOf(connection);
    await test.db.query('UPDATE system_switches SET stopped = false');
    expect(gate).toMatchObject({ closedBecause: 'everything outgoing was stopped by Kim', paused: false });
    expect((await gateOf(connection)).closedBecause).toBeNull();
  });

  it('closes with the reason while paused, and opens by itself at the end', async () => {
    const connection = await addConnection(test.db);
    await pauseConnection(test.db, connection, minutesLater(5), 'too many calls');
    expect(await gateOf(connection, minutesLater(4))).toMatchObject({
      closedBecause: 'too many calls',
      paused: true,
    });
    expect(await gateOf(connection, minutesLater(5))).toMatchObject({ closedBecause: null, paused: false });
  });

  it('keeps the longer of two pauses, with its own reason', async () => {
    const connection = await addConnection(test.db);
    await pauseConnection(test.db, connection, minutesLater(60), 'quota used up');
    await pauseConnection(test.db, connection, minutesLater(1), 'too many calls');
    expect(await gateOf(connection, minutesLater(2))).toMatchObject({ closedBecause: 'quota used up' });
    await pauseConnection(test.db, connection, minutesLater(90), 'logged out');
    expect(await gateOf(connection, minutesLater(70))).toMatchObject({ closedBecause: 'logged out' });
    await resumeConnections(test.db);
    expect((await gateOf(connection)).closedBecause).toBeNull();
  });
});

describe('the hourly write cap', () => {
  it('is never exceeded, however many workers reserve at once', async () => {
    const gate = await gateOf(await addConnection(test.db, { hourly_write_cap: 100 }));
    const granted = await Promise.all(
      Array.from({ length: 24 }, () => reserveWrites(test.db, gate, 10, now)),
    );
    expect(granted.filter(Boolean).length).toBe(10);
  });

  it('pauses the connection to the next full hour, and counts anew from there', async () => {
    const connection = await addConnection(test.db, { hourly_write_cap: 10 });
    const gate = await gateOf(connection);
    expect(await reserveWrites(test.db, gate, 10, now)).toBe(true);
    expect(await reserveWrites(test.db, gate, 1, minutesLater(30))).toBe(false);
    expect(await gateOf(connection, minutesLater(59))).toMatchObject({
      closedBecause: 'the cap of 10 writes an hour is reached',
    });
    expect(await gateOf(connection, minutesLater(60))).toMatchObject({ closedBecause: null });
    expect(await reserveWrites(test.db, gate, 10, minutesLater(60))).toBe(true);
  });

  it('does not count what sends nothing, and does not bind a connection without one', async () => {
    const capped = await gateOf(await addConnection(test.db, { hourly_write_cap: 5 }));
    expect(await reserveWrites(test.db, capped, 5, now)).toBe(true);
    expect(await reserveWrites(test.db, capped, 0, now)).toBe(true);
    const free = await gateOf(await addConnection(test.db));
    expect(await reserveWrites(test.db, free, 1_000_000, now)).toBe(true);
  });

  it('bounds a claim, because a larger one would be refused every hour', async () => {
    const capped = await gateOf(await addConnection(test.db, { hourly_write_cap: 50 }));
    expect(claimSize(capped, 600, 200)).toEqual({ most: 50, batch: 50 });
    expect(await reserveWrites(test.db, capped, claimSize(capped, 600, 200).most, now)).toBe(true);
    expect(claimSize(capped, 30, 10)).toEqual({ most: 10, batch: 10 });
  });

  it('lets a claim span several batches where the cap has room for many of them', async () => {
    const roomy = await gateOf(await addConnection(test.db, { hourly_write_cap: 4_000 }));
    expect(claimSize(roomy, 600, 200)).toEqual({ most: 400, batch: 200 });
    expect(claimSize(await gateOf(await addConnection(test.db)), 600, 200)).toEqual({
      most: 600,
      batch: 200,
    });
  });

  it('is used up before it pauses: the last claim of the hour is cut to what is left', async () => {
    const connection = await addConnection(test.db, { hourly_write_cap: 5 });
    expect(await reserveWrites(test.db, await gateOf(connection), 3, now)).toBe(true);
    const gate = await gateOf(connection);
    expect(claimSize(gate, 600, 200)).toEqual({ most: 2, batch: 2 });
    expect(await reserveWrites(test.db, gate, 4, now)).toBe(false);
    expect(await gateOf(connection)).toMatchObject({ closedBecause: null });
    expect(await reserveWrites(test.db, gate, 2, now)).toBe(true);
    expect(claimSize(await gateOf(connection), 600, 200)).toEqual({ most: 1, batch: 1 });
    expect(await reserveWrites(test.db, gate, 1, now)).toBe(false);
    expect((await gateOf(connection)).closedBecause).toBe('the cap of 5 writes an hour is reached');
  });
});
