import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { openDatabase } from '../../src/platform/database/database.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { TEMPLATE_DATABASE } from './template.ts';

export interface TestDatabase {
  /** Owner URL: what the application gets as DATABASE_URL. */
  url: string;
  /** Opened as the application's role. */
  db: Database;
  /** Closes `db` and removes the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** A migrated database of one's own, cloned in well under a second. Safe in parallel workers. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return openTestDatabase(await cloneTemplate(TEMPLATE_DATABASE));
}

/** A database with nothing in it, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return openTestDatabase(await cloneTemplate('template1'));
}

function openTestDatabase(url: string): TestDatabase {
  const db = openDatabase({ url, maxConnections: 8, applicationName: 'tributary-test' });
  return {
    url,
    db,
    drop: async () => {
      await db.close();
      const name = new URL(url).pathname.slice(1);
      await withOwner((owner) =>
        owner.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`),
      );
    },
  };
}

async function cloneTemplate(template: string): Promise<string> {
  const failure = process.env['TRIBUTARY_TEST_DATABASE_FAILURE'];
  if (failure !== undefined && template === TEMPLATE_DATABASE)
    throw new Error(`no test databases: ${failure}`);
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  // Copying the files takes half of what writing each page through the log does.
  await withOwner((owner) =>
    owner.query(`CREATE DATABASE ${name} TEMPLATE ${pg.escapeIdentifier(template)} STRATEGY file_copy`),
  );
  const url = new URL(ownerUrl());
  url.pathname = `/${name}`;
  return url.toString();
}

async function withOwner<T>(work: (owner: pg.Client) => Promise<T>): Promise<T> {
  const owner = new pg.Client({ connectionString: ownerUrl() });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}

function ownerUrl(): string {
  const url = process.env['TRIBUTARY_TEST_PG_OWNER_URL'];
  if (url === undefined) throw new Error('no test services: run tests with "npm test", which starts them');
  return url;
}
