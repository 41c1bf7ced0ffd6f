/**
 * Why: where several accounts of the CRM match equally well a person chooses one, or none of them. The choice is kept with
 * who made it, so that the next look does not ask again.
 * Objects: crm_references.choice.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- {"crmId": text or null for a new record, "by": text, "at": timestamp}
    ALTER TABLE crm_references ADD COLUMN choice jsonb;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE crm_references DROP COLUMN choice;
  `);
}
