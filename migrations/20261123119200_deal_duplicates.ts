/**
 * Why: a duplicate rule of the CRM may stop a deal as it may stop an account. Which records it found is shown to a person,
 * and what the person said of it (this one, once) is kept until it is used.
 * Objects: deal_duplicates.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE deal_duplicates (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      deal_id uuid NOT NULL REFERENCES deals (id) ON DELETE CASCADE,
      candidates jsonb NOT NULL,
      found_at timestamptz NOT NULL,
      -- {crmId: null, allowDuplicate?: true, by, at}: the last word of a person.
      choice jsonb,
      PRIMARY KEY (connection_id, deal_id)
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON deal_duplicates TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE deal_duplicates');
}
