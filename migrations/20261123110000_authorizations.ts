/**
 * Why: a person connects a CRM by logging in with a browser. Between our sending them there and their coming back we keep
 * what proves that it is the same errand, for minutes, sealed. And every process has to notice a new login at once, so a
 * connection counts them.
 * Objects: authorizations; connections.login_epoch.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE authorizations (
      id uuid PRIMARY KEY,
      connection_id text NOT NULL,
      -- SHA-256 of the secret half of the state: what lies here cannot be sent back to us.
      state_digest bytea NOT NULL,
      -- The code verifier, the app and its secret.
      key_id text NOT NULL,
      iv bytea NOT NULL,
      ciphertext bytea NOT NULL,
      tag bytea NOT NULL,
      created_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL
    );
    CREATE INDEX authorizations_expiry ON authorizations (expires_at);

    -- Raised whenever a connection gets another login, never by the rotation of a token: what a process has open of an
    -- older one is opened anew.
    ALTER TABLE connections ADD COLUMN login_epoch integer NOT NULL DEFAULT 0;
    GRANT SELECT, INSERT, DELETE ON authorizations TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE connections DROP COLUMN login_epoch;
    DROP TABLE authorizations;
  `);
}
