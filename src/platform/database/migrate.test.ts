import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEmptyDatabase, createTestDatabase } from '../../../test/services/database.ts';
import type { TestDatabase } from '../../../test/services/database.ts';
import { APPLICATION_ROLE, openDatabase } from './database.ts';
import { migrate, pendingMigrations, rollbackAll } from './migrate.ts';

describe('migrations', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createEmptyDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('go up, all the way down and up again, leaving the same schema', async () => {
    const files = (await readdir('migrations')).filter((file) => file.endsWith('.ts')).sort();
    const empty = await schemaOf(test);

    const first = await migrate(test.url);
    expect(first.applied).toEqual(files.map((file) => file.replace('.ts', '')));
    const full = await schemaOf(test);
    expect(full.length).toBeGreaterThan(empty.length);
    expect(await pendingMigrations(test.url)).toEqual([]);

    const down = await rollbackAll(test.url);
    expect(down.rolledBack.length).toBe(files.length);
    expect(await schemaOf(test)).toEqual(empty);

    await migrate(test.url);
    expect(await schemaOf(test)).toEqual(full);
  });

  it('run once when several processes start at the same time', async () => {
    const results = await Promise.all([1, 2, 3].map(() => migrate(test.url)));
    const files = (await readdir('migrations')).filter((file) => file.endsWith('.ts'));
    expect(results.flatMap((result) => result.applied).length).toBe(files.length);
  });

  it('are not blocked by a process that died while migrating', async () => {
    await migrate(test.url);
    const owner = openDatabase({ url: test.url, maxConnections: 1, applicationName: 'owner', role: null });
    await owner.query('UPDATE knex_migrations_lock SET is_locked = 1');
    await owner.close();
    expect(await migrate(test.url)).toEqual({ applied: [] });
  });
});

describe('the application role', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('is what the application works as, without the right to change the schema', async () => {
    expect(await test.db.query('SELECT current_user::text AS me')).toEqual([{ me: APPLICATION_ROLE }]);
    await expect(test.db.query('CREATE TABLE public.mine (id int)')).rejects.toThrow(/permission denied/);
    await expect(test.db.query('SELECT * FROM knex_migrations')).rejects.toThrow(/permission denied/);
    await expect(test.db.query('SELECT * FROM bullmq.job')).rejects.toThrow(/permission denied/);
  });
});

/** Tables, columns, constraints, indexes, functions and triggers outside PostgreSQL's own schemas and knex's tables. */
async function schemaOf(test: TestDatabase): Promise<unknown[]> {
  const owner = openDatabase({ url: test.url, maxConnections: 1, applicationName: 'schema', role: null });
  try {
    return await owner.query(
      `WITH ours AS (
         SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
       ), tables AS (
         SELECT c.oid, nspname, relname, relacl FROM pg_class c JOIN ours ON c.relnamespace = ours.oid
         WHERE relkind IN ('r', 'v', 'S', 'p') AND relname NOT LIKE 'knex_%'
       )
       SELECT 'column' AS what, nspname || '.' || relname || '.' || attname AS name, format_type(atttypid, atttypmod) AS detail
         FROM tables JOIN pg_attribute a ON a.attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
       UNION ALL SELECT 'rights', nspname || '.' || relname, relacl::text FROM tables
       UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN tables ON conrelid = tables.oid
       UNION ALL SELECT 'index', relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN tables ON indrelid = tables.oid
       UNION ALL SELECT 'function', proname, md5(prosrc) FROM pg_proc JOIN ours ON pronamespace = ours.oid
       UNION ALL SELECT 'trigger', tgname, tgrelid::regclass::text FROM pg_trigger JOIN tables ON tgrelid = tables.oid AND NOT tgisinternal
       ORDER BY 1, 2, 3`,
    );
  } finally {
    await owner.close();
  }
}
