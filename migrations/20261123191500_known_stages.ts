/**
 * What the stages of a connection meant when they were last seen. HubSpot does not tell of a stage that was archived, while the
 * histories of deals go on naming it: without this a deal won in such a stage would look reopened, and its commission would be
 * taken back.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE known_stages (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      stage text NOT NULL,
      closed boolean NOT NULL,
      won boolean NOT NULL,
      seen_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, stage)
    )`);
  await knex.raw('GRANT SELECT, INSERT, UPDATE, DELETE ON known_stages TO tributary_app');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE known_stages');
}
