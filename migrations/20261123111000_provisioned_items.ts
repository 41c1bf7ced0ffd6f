/**
 * Why: deprovisioning removes what provisioning made, and only that. Fields and permission sets bear a mark in their
 * description; what cannot bear one (a selection of change events, a picklist value) is remembered here.
 * Objects: provisioned_items.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE provisioned_items (
      connection_id text NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
      -- As plans name it: "change events of Opportunity".
      item text NOT NULL,
      made_by text NOT NULL,
      made_at timestamptz NOT NULL,
      PRIMARY KEY (connection_id, item)
    );
    GRANT SELECT, INSERT, DELETE ON provisioned_items TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE provisioned_items');
}
