/**
 * Why: what waits for an account or a contact is looked up by that key. With the connection as first column each of these
 * indexes also fits a look-up of the other kind, and with statistics from before a large import the planner took the
 * wrong one and read all that waits, once per key: 10,000 deals took half a minute instead of seconds.
 * Objects: indexes of crm_references and mirrors.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP INDEX crm_references_waiting, mirrors_by_account, mirrors_by_contact;
    CREATE INDEX crm_references_waiting ON crm_references (account_key, connection_id) WHERE state = 'waiting';
    CREATE INDEX mirrors_by_account ON mirrors (account_key, connection_id) WHERE state = 'waiting';
    CREATE INDEX mirrors_by_contact ON mirrors (contact_key, connection_id) WHERE state = 'waiting';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP INDEX crm_references_waiting, mirrors_by_account, mirrors_by_contact;
    CREATE INDEX crm_references_waiting ON crm_references (connection_id, account_key) WHERE state = 'waiting';
    CREATE INDEX mirrors_by_account ON mirrors (connection_id, account_key) WHERE state = 'waiting';
    CREATE INDEX mirrors_by_contact ON mirrors (connection_id, contact_key) WHERE state = 'waiting';
  `);
}
