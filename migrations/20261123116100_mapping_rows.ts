/**
 * Why: an org's fields and picklist values come and go. A mapping row that the org cannot take pauses alone; which rows
 * worked once, which are paused since when, and which deals went without a field has to outlive a restart.
 * Objects: schema_watch, mapping_rows, owed_fields.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- When the org was described for what mapping_rows holds: a process with an older description changes nothing.
    CREATE TABLE schema_watch (
      connection_id text PRIMARY KEY REFERENCES connections (id) ON DELETE CASCADE,
      described_at timestamptz NOT NULL
    );

    CREATE TABLE mapping_rows (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      object text NOT NULL,
      field text NOT NULL,
      use text NOT NULL CHECK (use IN ('write', 'read', 'key', 'match')),
      -- When it last fitted; NULL: it never did.
      worked_at timestamptz,
      paused_since timestamptz,
      problem text,
      missing boolean NOT NULL DEFAULT false,
      PRIMARY KEY (connection_id, object, field, use)
    );

    -- Deals written without a field that was paused then; they get it when it is back.
    CREATE TABLE owed_fields (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      deal_id uuid NOT NULL REFERENCES deals (id),
      field text NOT NULL,
      since timestamptz NOT NULL,
      PRIMARY KEY (connection_id, deal_id, field)
    );
    CREATE INDEX owed_fields_by_field ON owed_fields (connection_id, field);
    GRANT SELECT, INSERT, UPDATE, DELETE ON schema_watch, mapping_rows, owed_fields TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE owed_fields, mapping_rows, schema_watch');
}
