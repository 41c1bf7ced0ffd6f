/**
 * Why: a CRM counts the calls of a whole org over 24 hours, and other programmes use them, too. What its answers say is
 * kept, so that writing pauses at a set share, reading goes on into a reserve, and people see when the day will be used up.
 * Objects: connection_usage, connection_usage_samples.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE connection_usage (
      connection_id text PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
      used integer NOT NULL,
      allowed integer NOT NULL CHECK (allowed > 0),
      read_at timestamptz NOT NULL,
      -- Writing is paused; expected to be possible again at free_at.
      over boolean NOT NULL DEFAULT false,
      free_at timestamptz
    );
    -- One every ten minutes, for a day: how the use grew.
    CREATE TABLE connection_usage_samples (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      at timestamptz NOT NULL,
      used integer NOT NULL,
      PRIMARY KEY (connection_id, at)
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON connection_usage, connection_usage_samples TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE connection_usage_samples, connection_usage');
}
