/**
 * Why: opening a connection reads who we are and what the org's objects look like: half a dozen calls. A process that starts
 * again within minutes, as one does that is killed again and again, takes them from here. And a customer who was looked for
 * in the CRM just before the worker was killed is not looked for again.
 * Objects: connection_reads; crm_references.looked_at.
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
    ALTER TABLE crm_references ADD COLUMN looked_at timestamptz;
    GRANT SELECT, INSERT, UPDATE, DELETE ON connection_reads TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE crm_references DROP COLUMN looked_at; DROP TABLE connection_reads');
}
