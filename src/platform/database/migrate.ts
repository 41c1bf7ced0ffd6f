import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runMigrations } from 'bullmq';
import knexModule from 'knex';
import type { Knex } from 'knex';
import pg from 'pg';

/** What a file in `migrations/` exports. Each direction runs in one transaction of its own. */
export interface Migration {
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../../migrations', import.meta.url));

/** Any number no one else uses on this database; all processes that migrate take the same one. */
const MIGRATION_LOCK = 7_420_261_123;

/**
 * Brings the database up to date: our migrations, then BullMQ's own (schema `bullmq`), so that the queue's
 * PostgreSQL backend is ready. `ownerUrl` names the owner, never the application's role. Any number of processes
 * may start at once: they take turns, and the later ones find nothing to do. The queue connects as the owner too,
 * so the application's role gets no rights in schema `bullmq`.
 */
export async function migrate(ownerUrl: string): Promise<{ applied: string[] }> {
  return withMigrationLock(ownerUrl, async (client) => {
    const applied = await withMigrator(ownerUrl, async (migrator) => {
      const [, names] = (await migrator.latest()) as [number, string[]];
      return names;
    });
    await runMigrations(client);
    return { applied };
  });
}

/** Takes every migration back, newest first, and removes BullMQ's schema. Everything stored is lost. */
export async function rollbackAll(ownerUrl: string): Promise<{ rolledBack: string[] }> {
  return withMigrationLock(ownerUrl, async (client) => {
    await client.query('DROP SCHEMA IF EXISTS bullmq CASCADE');
    const rolledBack = await withMigrator(ownerUrl, async (migrator) => {
      const [, names] = (await migrator.rollback(undefined, true)) as [number, string[]];
      return names;
    });
    return { rolledBack };
  });
}

/** Names of migrations that exist as files but have not run, in order. For `tributary doctor`. */
export async function pendingMigrations(ownerUrl: string): Promise<string[]> {
  return withMigrator(ownerUrl, async (migrator) => {
    const [, pending] = (await migrator.list()) as [unknown, string[]];
    return pending;
  });
}

async function withMigrationLock<T>(ownerUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'tributary-migrate' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return await work(client);
  } finally {
    // Ending the session frees the lock, also when the session is what broke.
    await client.end();
  }
}

async function withMigrator<T>(ownerUrl: string, work: (migrator: Knex.Migrator) => Promise<T>): Promise<T> {
  let failed = '';
  const note = (message: unknown): void => {
    failed ||= /migration file "([^"]+)"/.exec(String(message))?.[1] ?? '';
  };
  const connection = knexModule.knex({
    client: 'pg',
    log: { warn: note, error: note, debug: () => undefined, deprecate: () => undefined },
    connection: { connectionString: ownerUrl, application_name: 'tributary-migrate' },
    pool: { min: 0, max: 2 },
    migrations: { migrationSource: new MigrationFolder(MIGRATIONS_FOLDER) },
  });
  try {
    // knex keeps its lock in a row, which a killed process leaves behind; the advisory lock we hold already says
    // that nobody else is migrating.
    await connection.migrate.forceFreeMigrationsLock();
    return await work(connection.migrate);
  } catch (error) {
    throw new Error(`migration ${failed || '(before the first)'} failed: ${reasonOf(error)}`, {
      cause: error,
    });
  } finally {
    await connection.destroy();
  }
}

/** knex puts the whole SQL in front of the database's sentence; what helps is the sentence and where it points. */
function reasonOf(error: unknown): string {
  const { message, position } = error as { message: string; position?: string };
  const split = message.lastIndexOf(' - ');
  if (position === undefined || split < 0) return message;
  const near = message
    .slice(0, split)
    .slice(Math.max(Number(position) - 1, 0))
    .trimStart();
  return `${message.slice(split + 3)}, near: ${near.split('\n')[0] ?? ''}`;
}

/** Reads `migrations/*.ts`. knex's own reader insists on `require` and stores names with their extension. */
class MigrationFolder implements Knex.MigrationSource<string> {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async getMigrations(): Promise<string[]> {
    const files = await readdir(this.#folder);
    return files.filter((file) => /^\d{14}_[a-z0-9_]+\.ts$/.test(file)).sort();
  }

  getMigrationName(file: string): string {
    return file.replace(/\.ts$/, '');
  }

  async getMigration(file: string): Promise<Knex.Migration> {
    return (await importTypeScript(pathToFileURL(path.join(this.#folder, file)).href)) as Migration;
  }
}

/** A compiled command reads no TypeScript until it has to: only a database that lacks a migration makes it. */
async function importTypeScript(url: string): Promise<unknown> {
  try {
    return (await import(url)) as unknown;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error;
    const { tsImport } = await import('tsx/esm/api');
    return (await tsImport(url, url)) as unknown;
  }
}
