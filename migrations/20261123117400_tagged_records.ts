/**
 * Why: a copied deal carries the partner's tag and earns nothing. It is shown to a person once; who says that it may stay
 * so is not asked again.
 * Objects: tagged_dismissals.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE tagged_dismissals (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      crm_id text NOT NULL,
      dismissed_by text NOT NULL,
      dismissed_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, crm_id)
    );
    GRANT SELECT, INSERT, UPDATE, DELETE ON tagged_dismissals TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE tagged_dismissals');
}
