import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEmptyDatabase } from '../../../test/services/database.ts';
import type { TestDatabase } from '../../../test/services/database.ts';
import { openDatabase } from './database.ts';
import type { Database } from './database.ts';

describe('the database', () => {
  let test: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    test = await createEmptyDatabase();
    db = openDatabase({ url: test.url, maxConnections: 2, applicationName: 'database-test', role: null });
    await db.query('CREATE TABLE deals (id int PRIMARY KEY, amount bigint)');
  });

  afterAll(async () => {
    await db.close();
    await test.drop();
  });

  it('reads exact values exactly, and nulls as nulls', async () => {
    const [row] = await db.query(
      `SELECT 9007199254740993::int8 AS big, '0.10'::numeric AS rate, date '2026-03-29' AS day,
              timestamptz '2026-03-29 01:30:00+00' AS instant, array[1, null]::int8[] AS bigs,
              array['0.10']::numeric[] AS rates, array[date '2026-01-01'] AS days, null::int8 AS nothing`,
    );
    expect(row).toEqual({
      big: 9007199254740993n,
      rate: '0.10',
      day: '2026-03-29',
      instant: new Date('2026-03-29T01:30:00.000Z'),
      bigs: [1n, null],
      rates: ['0.10'],
      days: ['2026-01-01'],
      nothing: null,
    });
  });

  it('binds values, so that text cannot become SQL', async () => {
    const nasty = `'; DROP TABLE deals; --`;
    expect(await db.query('SELECT $1::text AS said', [nasty])).toEqual([{ said: nasty }]);
  });

  it('keeps a transaction that resolves and drops one that rejects', async () => {
    await db.transaction((tx) => tx.query('INSERT INTO deals VALUES (1, 100)'));
    await expect(
      db.transaction(async (tx) => {
        await tx.query('INSERT INTO deals VALUES (2, 200)');
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await db.query('SELECT id, amount FROM deals')).toEqual([{ id: 1, amount: 100n }]);
  });

  it('rejects when a failed statement was swallowed, because nothing was stored', async () => {
    await expect(
      db.transaction(async (tx) => {
        await tx.query('INSERT INTO deals VALUES (3, 300)');
        await tx.query('SELECT 1 / 0').catch(() => undefined);
      }),
    ).rejects.toThrow(/rolled back/);
    expect(await db.query('SELECT FROM deals WHERE id = 3')).toEqual([]);
  });

  it('refuses a query on a transaction that has ended', async () => {
    let kept: (() => Promise<unknown>) | undefined;
    await db.transaction(async (tx) => {
      kept = () => tx.query('SELECT 1');
    });
    await expect(kept?.()).rejects.toThrow(/has ended/);
  });

  it('rejects when the connection is lost inside a transaction, and goes on with a new one', async () => {
    await expect(
      db.transaction(async (tx) => {
        await tx.query('INSERT INTO deals VALUES (4, 400)');
        const [me] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await db.query('SELECT pg_terminate_backend($1)', [me?.pid]);
        await tx.query('SELECT 1');
      }),
    ).rejects.toThrow();
    expect(await db.query('SELECT FROM deals WHERE id = 4')).toEqual([]);
  });

  it('survives the loss of idle connections', async () => {
    await db.query('SELECT 1');
    await test.db.query('SELECT 1').catch(() => undefined);
    const other = openDatabase({ url: test.url, maxConnections: 1, applicationName: 'killer', role: null });
    await other.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE application_name = 'database-test' AND pid <> pg_backend_pid()`);
    await other.close();
    const answers = await Promise.allSettled([1, 2, 3].map((n) => db.query('SELECT $1::int AS n', [n])));
    expect(answers.filter((answer) => answer.status === 'fulfilled').length).toBeGreaterThan(0);
    expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('closes twice without complaint', async () => {
    const brief = openDatabase({ url: test.url, maxConnections: 1, applicationName: 'brief', role: null });
    await brief.close();
    await brief.close();
  });
});
