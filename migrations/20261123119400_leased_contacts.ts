/**
 * Why: writing a contact locks its account, as writing a deal does. Workers leave alone the contacts and deals of a customer
 * whom another claim has in hand, and find such customers by this index.
 * Objects: index crm_references_leased.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    'CREATE INDEX crm_references_leased ON crm_references (connection_id, account_key) WHERE leased_until IS NOT NULL AND account_key IS NOT NULL',
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX crm_references_leased');
}
