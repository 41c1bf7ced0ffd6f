/**
 * Why: what is looked for often and is nearly always absent. Without these the sweeper reads every partner link twice a
 * second, and every approval every account and contact, to find none.
 * Objects: indexes crm_references_parked, partner_links_unlinked.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE INDEX crm_references_parked ON crm_references (connection_id, kind, key) WHERE state = 'parked';
    CREATE INDEX partner_links_unlinked ON partner_links (connection_id) WHERE crm_id IS NULL;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX partner_links_unlinked, crm_references_parked');
}
