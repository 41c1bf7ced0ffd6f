/**
 * Why: a deal has exactly one note of ours in the CRM. Which record that is and what it says is kept, so that it is changed in
 * place, written only when it would say something else, and left alone when somebody deleted it.
 * Objects: deal_notes.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE deal_notes (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      deal_id uuid NOT NULL REFERENCES deals (id),
      -- The CRM's object it is kept in; a note never moves to another one.
      object text NOT NULL,
      -- NULL: somebody deleted it in the CRM, which is respected.
      crm_id text,
      hash text NOT NULL,
      written_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, deal_id)
    );
    GRANT SELECT, INSERT, UPDATE ON deal_notes TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE deal_notes');
}
