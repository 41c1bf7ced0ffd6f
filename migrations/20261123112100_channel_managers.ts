/**
 * Why: the rep who finds a partner's deal in the CRM has to know whom to ask. Each partner may have a channel manager, shown on
 * its deals.
 * Objects: partners.channel_manager_name, partners.channel_manager_email.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    `ALTER TABLE partners ADD COLUMN channel_manager_name text, ADD COLUMN channel_manager_email text`,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE partners DROP COLUMN channel_manager_email, DROP COLUMN channel_manager_name');
}
