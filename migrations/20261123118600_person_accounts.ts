/**
 * Why: where the mapping says how persons are created, a customer that is a person is told by the contact's e-mail address
 * instead of a name that others have, too. Which connections do so has to be known when a deal is approved.
 * Objects: connections.persons.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE connections ADD COLUMN persons boolean NOT NULL DEFAULT false');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE connections DROP COLUMN persons');
}
