/**
 * Why: opening a connection reads who we are and what the org's objects look like: half a dozen calls. A process that starts
 * again within minutes, as one does that is killed again and again, takes them from here.
 * Objects: connection_reads.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE connection_reads (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      name text NOT NULL,
      -- Of settings, credentials and login: what was read with others is not used.
      fingerprint text NOT NULL,
      value bytea NOT NULL,
      read_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, name)
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON connection_reads TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE connection_reads');
}
